/**
 * Takes over what another evaluation wrote, by hard links: nothing of it is ever changed, so both have it, whichever is
 * removed first.
 */
import { appendFile, link, lstat, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { StorePath } from "../domain/evaluation.ts";
import { packNumbers } from "./pack/pack-reader.ts";
import { NIX_DERIVATIONS } from "./saved-evaluation.ts";
import { readSources, SOURCES } from "./store-server/sources.ts";

/** @returns the number after the last one; `undefined` where it could not be done, and nothing of it is left */
export async function linkPacks(from: string, to: string): Promise<number | undefined> {
  try {
    await mkdir(to, { recursive: true });
    const names = await readdir(from);
    for (const name of names) await link(join(from, name), join(to, name));
    return Math.max(-1, ...packNumbers(names)) + 1;
  } catch {
    // Removed meanwhile, or a file system without links: it can be done without.
    await rm(to, { recursive: true, force: true });
    return undefined;
  }
}

/** @param from root of a store that a server wrote @throws errors of the file system */
export async function linkSources(from: string, to: string): Promise<void> {
  const [theirs, ours] = await Promise.all([readSources(from), readSources(to)]);
  await mkdir(join(to, NIX_DERIVATIONS), { recursive: true });
  const lines: string[] = [];
  for (const [path, record] of theirs ?? new Map<StorePath, never>()) {
    if (ours?.has(path)) continue;
    await linkTree(Buffer.from(join(from, path)), Buffer.from(join(to, path)));
    lines.push(`${JSON.stringify(record)}\n`);
  }
  await appendFile(join(to, SOURCES), lines.join(""));
}

/** Directories are made, everything else is linked, links as well. Names may be no valid text. */
async function linkTree(from: Buffer, to: Buffer): Promise<void> {
  if (!(await lstat(from)).isDirectory()) return link(from, to);
  await mkdir(to, 0o755);
  for (const name of await readdir(from, { encoding: "buffer" }))
    await linkTree(below(from, name), below(to, name));
}

const SLASH = Buffer.from("/");
const below = (place: Buffer, name: Buffer) => Buffer.concat([place, SLASH, name]);
