/**
 * A commit as files.
 *
 * Written with an index of its own and without a `.git`, so that what is evaluated sees the tree and nothing else, and
 * nothing is registered anywhere that a killed run could leave behind. Made of one that was kept, where there is one
 * (`worktree-pool.ts`), or afresh. Links are made as links and never followed
 * here; submodules stay empty directories, Large File Storage pointers stay pointers.
 */
import { mkdir, mkdtemp, statfs } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import type { RunResult } from "../process.ts";
import type { Checkout } from "../workflow/ports.ts";
import { git, gitSaid } from "./git-command.ts";
import { emptyPool, giveBack, newPlace, openPool, tidyPool, type WorktreePool } from "./pool-places.ts";
import type { Repository } from "./repository.ts";
import { filesIn, type Place, readTree, removePlace } from "./worktree.ts";
import { sealFresh, takeKept, type Wanted } from "./worktree-pool.ts";

export interface CheckOutPlaces {
  readonly repository: Repository;
  readonly mirror: string;
  readonly temporaryDirectory: string;
  /**
   * Checkouts are made in it and kept, for later ones to be made of. Without it, or where it cannot be used, they are
   * made in `temporaryDirectory` and removed.
   */
  readonly keptDirectory?: string | undefined;
}

/** Where checkouts are kept in the data directory; one place for all repositories. */
export function keptBelow(dataDirectory: string): string {
  return join(dataDirectory, "git", "worktrees");
}

/** @throws UserError shallow-clone, partial-clone; EnvironmentError disk-full, git-failed; Interrupted */
export async function checkOut(
  commit: string,
  places: CheckOutPlaces,
  signal: AbortSignal,
): Promise<Checkout & AsyncDisposable> {
  const { repository, mirror, temporaryDirectory, keptDirectory } = places;
  const wanted = { commit, tree: await treeOf(commit, repository, mirror, signal), mirror };
  const pool =
    keptDirectory === undefined
      ? undefined
      : await openPool(keptDirectory, repository.objectFormat, temporaryDirectory);
  const laidOut =
    (pool === undefined ? undefined : await fromPool(wanted, pool, repository, signal)) ??
    (await inTemporaryDirectory(wanted, places, signal));
  return {
    commit,
    tree: wanted.tree,
    directory: filesIn(laidOut.place),
    [Symbol.asyncDispose]: laidOut.release,
  };
}

type WantedCommit = Wanted & { readonly commit: string };

interface LaidOut {
  readonly place: Place;
  release(): Promise<void>;
}

async function inTemporaryDirectory(
  wanted: WantedCommit,
  { repository, temporaryDirectory }: CheckOutPlaces,
  signal: AbortSignal,
): Promise<LaidOut> {
  const place = { directory: await mkdtemp(join(temporaryDirectory, "checkout-")) };
  try {
    await mkdir(filesIn(place));
    const laidOut = await readTree(wanted.tree, place, wanted.mirror, signal);
    if (laidOut.exitCode !== 0) {
      throw (await isDiskFull(laidOut, place))
        ? diskFull(wanted.commit, temporaryDirectory, "the environment variable TMPDIR")
        : failed(wanted.commit, laidOut, repository);
    }
    return { place, release: () => removePlace(place) };
  } catch (error) {
    await removePlace(place);
    throw error;
  }
}

/** undefined where the pool cannot be written to. */
async function fromPool(
  wanted: WantedCommit,
  pool: WorktreePool,
  repository: Repository,
  signal: AbortSignal,
): Promise<LaidOut | undefined> {
  const dropped: Place[] = [];
  try {
    const place =
      (await takeKept(wanted, pool, dropped, signal)) ??
      (await layOutInPool(wanted, pool, dropped, repository, signal));
    if (place === undefined) {
      await removeAll(dropped);
      return undefined;
    }
    const release = async () => {
      if (!dropped.includes(place) && !(await giveBack(place, pool))) dropped.push(place);
      await removeAll(dropped);
      await tidyPool(pool);
    };
    return { place, release };
  } catch (error) {
    await removeAll(dropped);
    throw error;
  }
}

/** Afresh. Left among `dropped` where it cannot be kept. */
async function layOutInPool(
  wanted: WantedCommit,
  pool: WorktreePool,
  dropped: Place[],
  repository: Repository,
  signal: AbortSignal,
): Promise<Place | undefined> {
  const place = await newPlace(pool);
  if (place === undefined) return undefined;
  const useless = dropped.length;
  dropped.push(place);
  const laidOut = await readTree(wanted.tree, place, wanted.mirror, signal);
  if (laidOut.exitCode === 0) {
    if (await sealFresh(place, wanted, pool, signal)) dropped.pop();
    return place;
  }
  if (!(await isDiskFull(laidOut, place))) throw failed(wanted.commit, laidOut, repository);
  // What is kept to save time must not be what there is no room for.
  await removeAll(dropped.splice(0));
  if (!(await emptyPool(pool)) && useless === 0) throw diskFull(wanted.commit, pool.directory, "--data");
  return layOutInPool(wanted, pool, dropped, repository, signal);
}

async function removeAll(places: readonly Place[]): Promise<void> {
  for (const place of places) await removePlace(place);
}

async function treeOf(
  commit: string,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<string> {
  const asked = await git(
    [`--git-dir=${mirror}`, "rev-parse", "--verify", "--end-of-options", `${commit}^{tree}`],
    { signal },
  );
  if (asked.exitCode !== 0) throw failed(commit, asked, repository);
  return asked.stdout.trim();
}

/** Less than this free after a failed write, and the disk is what failed. */
const LITTLE_BYTES = 16 * 2 ** 20;

/** git says "unable to write file" for every reason, so the disk is asked. */
async function isDiskFull({ stderr }: RunResult, { directory }: Place): Promise<boolean> {
  if (/No space left on device|Disk quota exceeded/.test(stderr)) return true;
  if (!/unable to (?:write|create)|could not write/.test(stderr)) return false;
  const { bavail, bsize } = await statfs(directory);
  return bavail * bsize < LITTLE_BYTES;
}

function diskFull(commit: string, place: string, setting: string): EnvironmentError {
  return new EnvironmentError(
    "disk-full",
    `the disk of ${JSON.stringify(place)} is full: the files of commit ${commit.slice(0, 12)} do not fit`,
    `Free some space there, or choose another place with ${setting}.`,
  );
}

/** Why git could not read a commit, told by what the repository is rather than by git's words. */
export function failed(commit: string, result: RunResult, repository: Repository): Error {
  const short = commit.slice(0, 12);
  if (repository.partial) {
    return new UserError(
      "partial-clone",
      `parts of commit ${short} are not in the clone ${JSON.stringify(repository.directory)}: it is a partial clone`,
      "Fetch everything first: git fetch --refetch --no-filter. Nothing is fetched during a check.",
    );
  }
  if (repository.shallow !== undefined) {
    return new UserError(
      "shallow-clone",
      `the history around commit ${short} is not in the clone ${JSON.stringify(repository.directory)}: it is a shallow clone`,
      "Fetch it first: git fetch --unshallow.",
    );
  }
  return new EnvironmentError(
    "git-failed",
    `git could not read commit ${short}: ${gitSaid(result)}`,
    `Check the clone with git fsck: ${JSON.stringify(repository.directory)}.`,
  );
}
