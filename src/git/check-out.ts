/**
 * A commit as files.
 *
 * Written with an index of its own and without a `.git`: nothing is registered anywhere that a killed run could
 * leave behind, and what is evaluated sees the tree and nothing else. Links are made as links and never followed
 * here; submodules stay empty directories, Large File Storage pointers stay pointers.
 */
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import type { RunResult } from "../process.ts";
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
  const release = () => rm(place, { recursive: true, force: true, maxRetries: 3 });
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
    if (laidOut.exitCode !== 0) throw failed(commit, laidOut, repository);
    return { commit, tree, directory, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
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

/** Why git could not read or write a commit, told by what the repository is rather than by git's words. */
export function failed(commit: string, result: RunResult, repository: Repository): Error {
  const short = commit.slice(0, 12);
  if (/No space left on device|Disk quota exceeded/.test(result.stderr)) {
    return new EnvironmentError(
      "disk-full",
      `the disk is full: the files of commit ${short} do not fit`,
      "Free some space, or choose another place with the environment variable TMPDIR.",
    );
  }
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
