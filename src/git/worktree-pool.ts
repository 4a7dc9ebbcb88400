/**
 * Checkouts that are kept, so that the next one only writes the files that differ.
 *
 * Nothing kept is believed: what `find` says of all files is compared with what it said when git had laid them out, so
 * whatever was changed, added or replaced since means that it is thrown away. One that is being changed has no record,
 * and without a record none is used. What cannot be used costs time, never an error.
 *
 * Several repositories may share a pool: what a tree's files are follows from its object name.
 */
import { createHash } from "node:crypto";
import { rename, rm, writeFile } from "node:fs/promises";
import { changeableTo, holding, type Kept, type KeptRecord } from "./kept-worktrees.ts";
import { listFiles, listTree } from "./listings.ts";
import { claim, giveBack, listKept, type WorktreePool } from "./pool-places.ts";
import { attributesDigest, isExactly, type TreeEntry } from "./tree-listing.ts";
import { type Place, readTree, recordOf } from "./worktree.ts";

export interface Wanted {
  /** Object name. */
  readonly tree: string;
  /** Git directory that has its objects. */
  readonly mirror: string;
}

/**
 * A kept checkout that holds the tree, or was changed into it; undefined if there is none.
 *
 * @param dropped gets the places that turned out to be useless: the caller's, to be removed after the work
 * @throws Interrupted
 */
export async function takeKept(
  wanted: Wanted,
  pool: WorktreePool,
  dropped: Place[],
  signal: AbortSignal,
): Promise<Place | undefined> {
  const kept = await listKept(pool);
  for (const one of holding(wanted.tree, kept, pool.conditions)) {
    const place = await claimIntact(one, pool, dropped, signal);
    if (place !== undefined) return place;
  }
  if (kept.length === 0) return undefined;
  const entries = await listTree(wanted, pool.temporaryDirectory, signal);
  if (entries === undefined) return undefined;
  const attributes = attributesDigest(entries);
  for (const one of changeableTo({ ...wanted, attributes }, kept, pool.conditions)) {
    const place = await claimIntact(one, pool, dropped, signal);
    if (place === undefined) continue;
    if (await change(place, wanted, entries, pool, dropped, signal)) return place;
  }
  return undefined;
}

/** Notes that a place git has just laid out is whole. False where it cannot be kept; it may do for this once. */
export async function sealFresh(
  place: Place,
  wanted: Wanted,
  pool: WorktreePool,
  signal: AbortSignal,
): Promise<boolean> {
  const entries = await listTree(wanted, pool.temporaryDirectory, signal);
  return entries !== undefined && (await seal(place, wanted, entries, pool, signal));
}

async function claimIntact(
  { name, record }: Kept,
  pool: WorktreePool,
  dropped: Place[],
  signal: AbortSignal,
): Promise<Place | undefined> {
  const place = await claim(name, pool);
  if (place === undefined) return undefined;
  try {
    const found = await listFiles(place, pool.temporaryDirectory, signal);
    if (found !== undefined && digestOf(found) === record.listing) return place;
  } catch (interrupted) {
    // Nothing is known against it.
    if (!(await giveBack(place, pool))) dropped.push(place);
    throw interrupted;
  }
  dropped.push(place);
  return undefined;
}

async function change(
  place: Place,
  wanted: Wanted,
  entries: readonly TreeEntry[],
  pool: WorktreePool,
  dropped: Place[],
  signal: AbortSignal,
): Promise<boolean> {
  let whole = false;
  try {
    await rm(recordOf(place), { force: true });
    const { exitCode } = await readTree(wanted.tree, place, wanted.mirror, signal);
    whole = exitCode === 0 && (await seal(place, wanted, entries, pool, signal));
  } finally {
    if (!whole) dropped.push(place);
  }
  return whole;
}

async function seal(
  place: Place,
  { tree }: Wanted,
  entries: readonly TreeEntry[],
  { conditions, temporaryDirectory }: WorktreePool,
  signal: AbortSignal,
): Promise<boolean> {
  const found = await listFiles(place, temporaryDirectory, signal);
  if (found === undefined || !isExactly(entries, found, conditions.umask)) return false;
  const record: KeptRecord = {
    format: 1,
    tree,
    ...conditions,
    attributes: attributesDigest(entries),
    listing: digestOf(found),
  };
  const file = recordOf(place);
  const draft = `${file}.new`;
  try {
    await writeFile(draft, JSON.stringify(record));
    await rename(draft, file);
    return true;
  } catch {
    return false;
  }
}

/** The order counts: a file system that lists in another one costs a checkout. */
function digestOf(found: Buffer): string {
  return createHash("sha256").update(found).digest("hex");
}
