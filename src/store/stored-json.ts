/**
 * JSON on its way into the database and back. What is large is compressed here: the database would do it as well, ten times
 * slower, on the one thread of the embedded one, while everybody else waits.
 */
import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";

/** Shorter texts are stored as they are. PostgreSQL begins to compress at 2 KB. */
const SMALL = 2_000;
/** No JSON begins like this. */
const COMPRESSED = "zstd:";
/** The fastest. */
const OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** @param value `undefined` is stored as null */
export function storeJson(value: unknown): string {
  const text = JSON.stringify(value ?? null);
  return text.length < SMALL ? text : COMPRESSED + zstdCompressSync(text, OPTIONS).toString("base64");
}

/** Also what was stored before anything was compressed. */
export function readJson(stored: string): unknown {
  if (!stored.startsWith(COMPRESSED)) return JSON.parse(stored);
  return JSON.parse(
    zstdDecompressSync(Buffer.from(stored.slice(COMPRESSED.length), "base64")).toString("utf8"),
  );
}
