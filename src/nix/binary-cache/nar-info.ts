/**
 * What a binary cache says of a path (https://nix.dev/manual/nix/latest/protocols/binary-cache): lines of `Key: value` in a
 * file of its own. Pure. What it claims is checked by whoever takes the path in.
 */
import type { StorePath } from "../../domain/evaluation.ts";
import { isStorePath, STORE_DIRECTORY } from "../store-path.ts";
import type { ContentMethod } from "../store-server/content-address.ts";

export interface NarInfo {
  readonly path: StorePath;
  /** Of the archive, below `nar/`. */
  readonly archive: string;
  readonly method: ContentMethod;
  readonly references: readonly StorePath[];
}

/** Names of the files they are in; one that is being written has another. */
export const NAR_INFO_FILE = /^[0-9a-z]{32}\.narinfo$/;
/** Uncompressed: `?compression=none` */
const ARCHIVE = /^nar\/([0-9a-z]{52}\.nar)$/;

/** The second word of a content address (`renderContentAddress`) tells what was hashed. */
const METHODS: readonly (readonly [prefix: string, method: ContentMethod])[] = [
  ["text:sha256:", "text"],
  ["fixed:r:sha256:", "nar"],
  ["fixed:sha256:", "flat"],
];

/** `undefined` where it is none, or of a path that is not content-addressed. */
export function parseNarInfo(text: string): NarInfo | undefined {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(": ");
    if (colon > 0) fields.set(line.slice(0, colon), line.slice(colon + 2));
  }
  const path = fields.get("StorePath") ?? "";
  const archive = ARCHIVE.exec(fields.get("URL") ?? "")?.[1];
  const address = fields.get("CA") ?? "";
  const method = METHODS.find(([prefix]) => address.startsWith(prefix))?.[1];
  if (!isStorePath(path) || archive === undefined || method === undefined) return undefined;
  const references = (fields.get("References") ?? "")
    .split(" ")
    .filter((name) => name !== "")
    .map((name) => `${STORE_DIRECTORY}/${name}` as StorePath);
  return { path, archive, method, references };
}
