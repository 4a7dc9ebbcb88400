/**
 * What a store path is made of: its name, its contents, and what it refers to
 * (https://nix.dev/manual/nix/latest/protocols/store-path). Everything an evaluation writes is content-addressed, so every
 * path here is computed, and none is taken on trust.
 */
import { hash } from "node:crypto";
import type { StorePath } from "../../domain/evaluation.ts";
import { STORE_DIRECTORY } from "../store-path.ts";

/** `text`: a derivation or `toFile`. `nar`: a tree, hashed as an archive. `flat`: a file, hashed alone. */
export type ContentMethod = "text" | "nar" | "flat";

const PREFIXES: Readonly<Record<ContentMethod, string>> = {
  text: "text:sha256:",
  nar: "fixed:r:sha256:",
  flat: "fixed:sha256:",
};

export interface Content {
  readonly method: ContentMethod;
  /** SHA-256 of the file, or of the archive for `nar`, in hexadecimal. */
  readonly digest: string;
  /** Sorted, each once. */
  readonly references: readonly StorePath[];
}

/** `undefined` for a flat file with references, which Nix has no path for. */
export function storePathOf(name: string, { method, digest, references }: Content): StorePath | undefined {
  switch (method) {
    case "text":
      return pathOf(["text", ...references].join(":"), digest, name);
    case "nar":
      return pathOf(["source", ...references].join(":"), digest, name);
    case "flat":
      if (references.length > 0) return undefined;
      return pathOf("output:out", hash("sha256", `fixed:out:sha256:${digest}:`), name);
  }
}

/** The `ca` field of a path's description. */
export function renderContentAddress({ method, digest }: Omit<Content, "references">): string {
  return PREFIXES[method] + base32(Buffer.from(digest, "hex"));
}

function pathOf(type: string, digest: string, name: string): StorePath {
  const whole = hash("sha256", `${type}:sha256:${digest}:${STORE_DIRECTORY}:${name}`, "buffer");
  return `${STORE_DIRECTORY}/${base32(folded(whole))}-${name}` as StorePath;
}

const PATH_HASH_BYTES = 20;

/** SHA-256 shortened as Nix does it: what is beyond 20 bytes is XORed onto the beginning. */
function folded(digest: Buffer): Buffer {
  const short = Buffer.alloc(PATH_HASH_BYTES);
  for (let at = 0; at < digest.length; at += 1) {
    const to = at % PATH_HASH_BYTES;
    short[to] = (short[to] ?? 0) ^ (digest[at] ?? 0);
  }
  return short;
}

const ALPHABET = "0123456789abcdfghijklmnpqrsvwxyz";

/** Nix's base 32: least significant bits last, so the text reads backwards. */
export function base32(bytes: Buffer): string {
  let text = "";
  for (let at = Math.ceil((bytes.length * 8) / 5) - 1; at >= 0; at -= 1) {
    const bit = at * 5;
    const byte = bit >> 3;
    const pair = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8);
    text += ALPHABET[(pair >> (bit & 7)) & 31];
  }
  return text;
}
