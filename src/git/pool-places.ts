/**
 * The directory of kept checkouts: taking one, giving it back, letting go what is too much.
 *
 * Each of these is a rename: no two processes ever have the same one, and there are no locks to be left over. What is
 * in use says in its name whose it is (`own-names.ts`), so that what a killed run left is known as that.
 */
import { randomUUID } from "node:crypto";
import { lstat, mkdir, readdir, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { bootId, ownerOf, ownName } from "../own-names.ts";
import { byRecency, type Conditions, type Kept, KeptRecord, keptName, surplus } from "./kept-worktrees.ts";
import { filesIn, type Place, recordOf, removePlace } from "./worktree.ts";

export interface WorktreePool {
  readonly directory: string;
  readonly conditions: Conditions;
  /** For lists of files while they are compared. */
  readonly temporaryDirectory: string;
}

/** undefined where nothing can be kept: no such directory can be made, or the system does not tell what we need. */
export async function openPool(
  directory: string,
  objectFormat: string,
  temporaryDirectory: string,
): Promise<WorktreePool | undefined> {
  const [umask, boot] = await Promise.all([readUmask(), bootId()]);
  if (umask === undefined || boot === undefined) return undefined;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
  } catch {
    return undefined;
  }
  return { directory, conditions: { objectFormat, umask, boot }, temporaryDirectory };
}

/** `process.umask()` sets it for a moment. https://man7.org/linux/man-pages/man5/proc_pid_status.5.html */
async function readUmask(): Promise<number | undefined> {
  const status = await readFile("/proc/self/status", "utf8").catch(() => "");
  const [, octal] = /^Umask:\s*([0-7]+)$/m.exec(status) ?? [];
  return octal === undefined ? undefined : Number.parseInt(octal, 8);
}

/** A new empty place, the caller's until given back; undefined where the directory cannot be written to. */
export async function newPlace(pool: WorktreePool): Promise<Place | undefined> {
  const place = { directory: join(pool.directory, await takenName()) };
  try {
    await mkdir(place.directory, { mode: 0o700 });
    await mkdir(filesIn(place));
    return place;
  } catch {
    await removePlace(place).catch(() => undefined);
    return undefined;
  }
}

/** Into the pool, under the time of now. False if that failed; then it is the caller's still. */
export async function giveBack(place: Place, pool: WorktreePool): Promise<boolean> {
  const name = keptName(Date.now(), unique());
  return rename(place.directory, join(pool.directory, name)).then(
    () => true,
    () => false,
  );
}

/** Removes what is too much, and what killed runs left. Slow: for when the work is done. */
export async function tidyPool(pool: WorktreePool): Promise<void> {
  const names = await readdir(pool.directory).catch(() => []);
  const leftOver: string[] = [];
  for (const name of names) if (await isLeftOver(name)) leftOver.push(name);
  await removeNamed([...surplus(names), ...leftOver], pool);
}

/** For a full disk. @returns whether anything was there to remove */
export async function emptyPool(pool: WorktreePool): Promise<boolean> {
  const names = byRecency(await readdir(pool.directory).catch(() => []));
  return (await removeNamed(names, pool)) > 0;
}

const TAKEN = "in-use-";

/** Claimed first, so that nobody takes what is half removed. @returns how many were ours to remove */
async function removeNamed(names: readonly string[], pool: WorktreePool): Promise<number> {
  let removed = 0;
  for (const name of names) {
    const place = await claim(name, pool);
    if (place === undefined) continue;
    await removePlace(place).catch(() => undefined);
    removed += 1;
  }
  return removed;
}

async function takenName(): Promise<string> {
  return `${await ownName(TAKEN)}${Date.now()}_${unique()}`;
}

/** Of another container or boot there is no telling whether its process lives; no check takes this long. */
const SURELY_DEAD_MS = 3 * 24 * 60 * 60_000;

async function isLeftOver(name: string): Promise<boolean> {
  const owner = await ownerOf(TAKEN, name);
  if (owner !== "elsewhere") return owner === "abandoned";
  const takenAt = Number(/-(\d+)_\w+$/.exec(name)?.[1]);
  return Date.now() - takenAt > SURELY_DEAD_MS;
}

/** The last used one first. Those without a record, or with one that nobody here wrote, are left to `tidyPool`. */
export async function listKept(pool: WorktreePool): Promise<readonly Kept[]> {
  const names = byRecency(await readdir(pool.directory).catch(() => []));
  const kept = await Promise.all(
    names.map(async (name) => {
      const record = await readRecord({ directory: join(pool.directory, name) });
      return record === undefined ? [] : [{ name, record }];
    }),
  );
  return kept.flat();
}

/** A record has some 400 bytes. */
const MOST_RECORD_BYTES = 10_000;

async function readRecord(place: Place): Promise<KeptRecord | undefined> {
  try {
    const file = recordOf(place);
    if ((await lstat(file)).size > MOST_RECORD_BYTES) return undefined;
    return KeptRecord.safeParse(JSON.parse(await readFile(file, "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** Renamed to a name of ours; undefined where another process was faster, or it is no directory of ours. */
export async function claim(name: string, pool: WorktreePool): Promise<Place | undefined> {
  const [from, to] = [join(pool.directory, name), join(pool.directory, await takenName())];
  try {
    const found = await lstat(from);
    if (!found.isDirectory() || found.uid !== process.getuid?.()) return undefined;
    await rename(from, to);
    return { directory: to };
  } catch {
    return undefined;
  }
}

function unique(): string {
  return randomUUID().replaceAll("-", "");
}
