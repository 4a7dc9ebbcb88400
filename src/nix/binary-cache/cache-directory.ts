/**
 * A directory in memory where evaluators leave binary caches, one for each run.
 *
 * In memory, since each path is two files for a moment, which costs a disk more than it costs to evaluate them. They are taken
 * away while the evaluation goes on (`intake.ts`), so it stays small; where there is little room to begin with, or where it
 * gets scarce, there is another way (`store-server/`).
 */
import { mkdir, mkdtemp, readdir, rename, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { ownerOf, ownName } from "../../own-names.ts";

/** Shared memory as files, on every Linux (https://man7.org/linux/man-pages/man7/shm_overview.7.html). */
const SHARED_MEMORY = "/dev/shm";
/** `TMPFS_MAGIC` of https://man7.org/linux/man-pages/man2/statfs.2.html */
const TMPFS = 0x01021994;
const PREFIX = "modprobot-caches-";

/** What has to be free at the beginning, and what is left to others. */
const ROOM_BYTES = 1024 ** 3;
const FLOOR_BYTES = 512 * 1024 ** 2;

export interface CacheDirectory extends AsyncDisposable {
  readonly path: string;
  /** False where it has grown so much that others want for room. */
  hasRoom(): Promise<boolean>;
}

/** Of an evaluator's cache, once it has ended. */
export const ENDED = ".ended";

/** @returns `undefined` where the machine has no such memory, or little of it left */
export async function openCacheDirectory(within = SHARED_MEMORY): Promise<CacheDirectory | undefined> {
  if ((await freeBytes(within)) < ROOM_BYTES) return undefined;
  try {
    await removeAbandoned(within);
    const path = await mkdtemp(join(within, await ownName(PREFIX)));
    return {
      path,
      hasRoom: async () => (await freeBytes(within)) >= FLOOR_BYTES,
      [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }),
    };
  } catch {
    return undefined;
  }
}

/** A place of its own for one run of the evaluator, to be disposed of once that writes nothing any more. */
export async function openCache(directory: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(directory, "run-"));
  await mkdir(join(path, ARCHIVES));
  return { path, [Symbol.asyncDispose]: () => rename(path, `${path}${ENDED}`) };
}

/** Below a cache. */
export const ARCHIVES = "nar";

async function freeBytes(directory: string): Promise<number> {
  const status = await statfs(directory).catch(() => undefined);
  return status?.type === TMPFS ? status.bavail * status.bsize : 0;
}

/** By runs of ours that were killed. */
async function removeAbandoned(within: string): Promise<void> {
  for (const name of await readdir(within))
    if ((await ownerOf(PREFIX, name)) === "abandoned")
      await rm(join(within, name), { recursive: true, force: true });
}
