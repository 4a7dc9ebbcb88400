/**
 * A commit as files.
 *
 * Written with an index of its own and without a `.git`: nothing is registered anywhere that a killed run could
 * leave behind, and what is evaluated sees the tree and nothing else. Links are made as links and never followed
 * here; submodules stay empty directories, Large File Storage pointers stay pointers.
 */
import { mkdir, mkdtemp, rm, statfs } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import { type RunResult, run } from "../process.ts";
import type { Checkout } from "../workflow/ports.ts";
import { git, gitSaid } from "./git-command.ts";
import type { Repository } from "./repository.ts";

export interface CheckOutPlaces {
  readonly repository: Repository;
  readonly mirror: string;
  readonly temporaryDirectory: string;
}

/** @throws UserError shallow-clone, partial-clone; EnvironmentError disk-full, git-failed */
export async function checkOut(
  commit: string,
  { repository, mirror, temporaryDirectory }: CheckOutPlaces,
  signal: AbortSignal,
): Promise<Checkout & AsyncDisposable> {
  const place = await mkdtemp(join(temporaryDirectory, "checkout-"));
  const release = () => remove(place);
  try {
    const directory = join(place, "tree");
    await mkdir(directory);
    const tree = await treeOf(commit, repository, mirror, signal);
    const laidOut = await git(
      [`--git-dir=${mirror}`, `--work-tree=${directory}`, "read-tree", "--reset", "-u", tree],
      {
        signal,
        cwd: directory,
        env: { GIT_INDEX_FILE: join(place, "index") },
      },
    );
    if (laidOut.exitCode !== 0) {
      throw (await isDiskFull(laidOut, place))
        ? diskFull(commit, temporaryDirectory)
        : failed(commit, laidOut, repository);
    }
    return { commit, tree, directory, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** By a program: Node takes twice the time for as many files. What that leaves, if anything, goes here. */
async function remove(place: string): Promise<void> {
  const unstoppable = new AbortController().signal;
  await run("rm", ["-rf", "--", place], { signal: unstoppable }).catch(() => undefined);
  await rm(place, { recursive: true, force: true, maxRetries: 3 });
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
async function isDiskFull({ stderr }: RunResult, place: string): Promise<boolean> {
  if (/No space left on device|Disk quota exceeded/.test(stderr)) return true;
  if (!/unable to (?:write|create)|could not write/.test(stderr)) return false;
  const { bavail, bsize } = await statfs(place);
  return bavail * bsize < LITTLE_BYTES;
}

function diskFull(commit: string, place: string): EnvironmentError {
  return new EnvironmentError(
    "disk-full",
    `the disk of ${JSON.stringify(place)} is full: the files of commit ${commit.slice(0, 12)} do not fit`,
    "Free some space there, or choose another place with the environment variable TMPDIR.",
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
