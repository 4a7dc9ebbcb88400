/**
 * Git: a repository on a server, for checks of its pull requests. Implements `GitPort`.
 *
 * One bare mirror for each repository, kept between checks under its number, which survives renames. A commit is fetched
 * when it is first asked for. Everything comes from the base repository: GitHub keeps the commits of a pull request
 * there (`refs/pull/<n>/head`), so it does not matter whether the fork is still there, or private.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import type { GitPort } from "../workflow/ports.ts";
import { checkOut, keptBelow } from "./check-out.ts";
import { changedFiles, contentChanges, history, isAncestor, readFileAt } from "./git.ts";
import { git } from "./git-command.ts";
import {
  type Credential,
  FETCH_LIMITS,
  type FetchLimits,
  fetchCommits,
  joinPacks,
  openMirror,
  type RemoteMirror,
} from "./remote-fetch.ts";
import type { Repository } from "./repository.ts";
import { readSourceTree } from "./source-tree.ts";

export interface RemoteGitOptions {
  /** Asked for before each fetch: tokens live for an hour. */
  readonly credential: (signal: AbortSignal) => Promise<Credential>;
  /** GitHub's number of the repository. */
  readonly repositoryId: number;
  /** Mirrors and checkouts are kept below it, in `git/`. */
  readonly dataDirectory: string;
  /** Checkouts that are not kept go here. The caller removes it when the run ends. */
  readonly temporaryDirectory: string;
  readonly limits?: FetchLimits;
  readonly signal: AbortSignal;
}

/** @throws EnvironmentError git-failed, git-busy; calls throw what `remote-fetch.ts` throws as well */
export async function createRemoteGit(options: RemoteGitOptions): Promise<GitPort> {
  const { credential, temporaryDirectory, dataDirectory, repositoryId } = options;
  const mirrors = join(dataDirectory, "git");
  await mkdir(mirrors, { recursive: true, mode: 0o700 });
  const mirror = await openMirror(
    join(mirrors, `${repositoryId}.git`),
    options.limits ?? FETCH_LIMITS,
    options.signal,
  );
  const repository = await describe(mirror, options.signal);
  const ensure = async (commits: readonly string[], signal: AbortSignal) => {
    const missing = await missingOf(commits, mirror, signal);
    if (missing.length === 0) return;
    await fetchCommits(mirror, missing, await credential(signal), signal);
    await joinPacks(mirror, signal);
  };

  const { directory } = mirror;
  const keptDirectory = keptBelow(dataDirectory);
  return {
    async resolve(revision, signal) {
      if (!isHash(revision)) throw notAHash(revision);
      await ensure([revision], signal);
      return revision;
    },
    async checkout(commit, signal) {
      await ensure([commit], signal);
      return checkOut(commit, { repository, mirror: directory, temporaryDirectory, keptDirectory }, signal);
    },
    async changedFiles(base, head, signal) {
      await ensure([base, head], signal);
      return changedFiles({ base, head }, repository, directory, signal);
    },
    async contentChanges(base, head, signal) {
      await ensure([base, head], signal);
      return contentChanges({ base, head }, repository, directory, signal);
    },
    async readFile(commit, path, signal) {
      await ensure([commit], signal);
      return readFileAt(commit, path, repository, directory, signal);
    },
    async sourceTree(checkout, signal) {
      await ensure([checkout.commit], signal);
      return readSourceTree(checkout, repository, directory, signal);
    },
    async history(commit, most, signal) {
      await ensure([commit], signal);
      return history(commit, most, repository, directory, signal);
    },
    async isAncestor(ancestor, descendant, signal) {
      await ensure([ancestor, descendant], signal);
      if (await isAncestor(ancestor, descendant, repository, directory, signal)) return true;
      throw new EnvironmentError(
        "history-unknown",
        `whether ${ancestor.slice(0, 12)} is behind ${descendant.slice(0, 12)} is not known: the history between them is not fetched`,
        "Only the commits that are compared are fetched, with their parents.",
      );
    },
  };
}

/** A commit that is there has all its files: git takes a pack in whole or not at all. */
async function missingOf(
  commits: readonly string[],
  { directory }: RemoteMirror,
  signal: AbortSignal,
): Promise<readonly string[]> {
  for (const commit of commits) if (!isHash(commit)) throw notAHash(commit);
  const wanted = [...new Set(commits)].sort();
  const asked = await git([`--git-dir=${directory}`, "cat-file", "--batch-check"], {
    signal,
    input: wanted.map((commit) => `${commit}^{commit}\n`).join(""),
  });
  if (asked.exitCode !== 0) throw broken(directory);
  const answers = asked.stdout.split("\n");
  return wanted.filter((_, index) => !/^[0-9a-f]+ commit /.test(answers[index] ?? ""));
}

/** As `check-out.ts` and its kin want it, for their messages. A mirror is always shallow, and that is nobody's mistake. */
async function describe({ directory }: RemoteMirror, signal: AbortSignal): Promise<Repository> {
  const asked = await git([`--git-dir=${directory}`, "rev-parse", "--show-object-format"], { signal });
  if (asked.exitCode !== 0) throw broken(directory);
  return {
    directory,
    gitDirectory: directory,
    commonDirectory: directory,
    bare: true,
    objectFormat: asked.stdout.trim(),
    shallow: undefined,
    partial: false,
  };
}

function isHash(revision: string): boolean {
  return /^[0-9a-f]{40}(?:[0-9a-f]{24})?$/.test(revision);
}

function notAHash(revision: string): UserError {
  return new UserError(
    "unknown-revision",
    `${JSON.stringify(revision.slice(0, 100))} is no full commit hash`,
    "Pull requests are compared by the commits that GitHub names.",
  );
}

function broken(directory: string): EnvironmentError {
  return new EnvironmentError(
    "git-failed",
    `the mirror ${JSON.stringify(directory)} cannot be read`,
    "Check it with git fsck, or remove it: it is fetched again.",
  );
}
