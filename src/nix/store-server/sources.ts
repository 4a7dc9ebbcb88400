/**
 * What an evaluation's store holds besides derivations, one JSON text a line: sources and texts do not tell by themselves
 * how their path was made, and without that no other store believes in them.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { StorePath } from "../../domain/evaluation.ts";

/** Below the root of the store. A store without it was written by Nix itself. */
export const SOURCES = "sources";

export interface SourceRecord {
  readonly path: StorePath;
  /** As Nix spells it: `text:sha256:…`, `fixed:r:sha256:…`. */
  readonly contentAddress: string;
  readonly references: readonly StorePath[];
}

/** `undefined` where Nix itself wrote the store, which then has a database. */
export async function readSources(
  storeRoot: string,
): Promise<ReadonlyMap<StorePath, SourceRecord> | undefined> {
  const text = await readFile(join(storeRoot, SOURCES), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const records = text.split("\n").filter((line) => line !== "");
  return new Map(
    records.map((line) => {
      const record = JSON.parse(line) as SourceRecord;
      return [record.path, record];
    }),
  );
}
