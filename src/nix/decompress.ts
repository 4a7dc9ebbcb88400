/**
 * Decompression with a limit: a few bytes of a pull request's output must not become all of this machine's memory.
 *
 * gzip and zstd are Node's own. xz is not, so files go to xz(1), many to a call, with the limit set on what it may write.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, zstdDecompress } from "node:zlib";
import type { Compression } from "../domain/kernel-facts.ts";
import { EnvironmentError } from "../errors.ts";
import { run } from "../process.ts";

const gunzipBytes = promisify(gunzip);
const zstdBytes = promisify(zstdDecompress);

/** Files to one call of xz. Together with the limit, how much disk a hostile set of files can take for a moment. */
const XZ_FILES = 64;

export interface Decompressor {
  /** `undefined`: damaged, larger than the limit, or (xz) no program for it. */
  one(kind: Compression, bytes: Buffer, limit: number): Promise<Buffer | undefined>;
  many(kind: Compression, files: readonly Buffer[], limit: number): Promise<(Buffer | undefined)[]>;
}

export function createDecompressor(temporaryDirectory: string, signal: AbortSignal): Decompressor {
  const many: Decompressor["many"] = async (kind, files, limit) => {
    if (kind === "xz") return unxz(files, limit, temporaryDirectory, signal);
    return Promise.all(files.map((bytes) => inProcess(kind, bytes, limit)));
  };
  return {
    many,
    one: async (kind, bytes, limit) => (await many(kind, [bytes], limit))[0],
  };
}

async function inProcess(
  kind: Exclude<Compression, "xz">,
  bytes: Buffer,
  limit: number,
): Promise<Buffer | undefined> {
  if (kind === "none") return bytes.length > limit ? undefined : bytes;
  try {
    return await (kind === "gz" ? gunzipBytes : zstdBytes)(bytes, {
      maxOutputLength: limit,
      chunkSize: 1024 * 1024,
    });
  } catch {
    return undefined;
  }
}

async function unxz(
  files: readonly Buffer[],
  limit: number,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<(Buffer | undefined)[]> {
  const contents: (Buffer | undefined)[] = [];
  for (let at = 0; at < files.length; at += XZ_FILES) {
    contents.push(...(await unxzChunk(files.slice(at, at + XZ_FILES), limit, temporaryDirectory, signal)));
  }
  return contents;
}

async function unxzChunk(
  files: readonly Buffer[],
  limit: number,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<(Buffer | undefined)[]> {
  const directory = await mkdtemp(join(temporaryDirectory, "xz-"));
  try {
    const names = files.map((_, index) => String(index));
    await Promise.all(files.map((bytes, index) => writeFile(join(directory, `${index}.xz`), bytes)));
    const args = [`--fsize=${limit}`, "--", "xz", "--decompress", "--quiet", "--memlimit-decompress=256MiB"];
    // Its exit status says that one file or another is damaged; which, is seen by what is there afterwards.
    await run("prlimit", [...args, ...names.map((name) => `${name}.xz`)], { signal, cwd: directory });
    return await Promise.all(names.map((name) => readFile(join(directory, name)).catch(() => undefined)));
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "program-missing")
      return files.map(() => undefined);
    throw error;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
