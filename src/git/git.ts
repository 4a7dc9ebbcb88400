/**
 * Git: a local repository, read for a check. Implements `GitPort`.
 *
 * The caller's repository is never written to, and nothing in it is ever run (`git-command.ts`, `mirror.ts`).
 * Whether two revisions make sense together is not decided here.
 */
import { join } from "node:path";
import { EnvironmentError } from "../errors.ts";
import type { GitPort, Version } from "../workflow/ports.ts";
import { checkOut, failed } from "./check-out.ts";
import { git } from "./git-command.ts";
import { makeMirror } from "./mirror.ts";
import { refuseDirty } from "./refuse-dirty.ts";
import { findRepository, type Repository } from "./repository.ts";
import { resolveRevision } from "./revision.ts";
import { readSourceTree } from "./source-tree.ts";

export interface GitAdapterOptions {
  /** Absolute path of a clone's top directory, or of a bare repository. */
  readonly repository: string;
  /** Checkouts that are not kept go here. The caller removes it when the run ends. */
  readonly temporaryDirectory: string;
  /** Where checkouts are kept for later ones (`check-out.ts`); created when needed. Without it none is. */
  readonly keptDirectory?: string;
  /** Look at commits although tracked files differ from the last one. */
  readonly allowDirty?: boolean;
  readonly signal: AbortSignal;
}

/** @throws UserError repository-missing, not-a-repository, repository-unreadable, repository-empty, dirty-repository */
export async function createGit(options: GitAdapterOptions): Promise<GitPort> {
  const { temporaryDirectory, keptDirectory, signal } = options;
  const repository = await findRepository(options.repository, signal);
  const mirror = await makeMirror(repository, temporaryDirectory, signal);
  if (options.allowDirty !== true)
    await refuseDirty(repository, mirror, join(temporaryDirectory, "index"), signal);
  return {
    resolve: (revision, signal) => resolveRevision(repository, revision, signal),
    checkout: (commit, signal) =>
      checkOut(commit, { repository, mirror, temporaryDirectory, keptDirectory }, signal),
    changedFiles: (base, head, signal) => changedFiles({ base, head }, repository, mirror, signal),
    contentChanges: (base, head, signal) => contentChanges({ base, head }, repository, mirror, signal),
    readFile: (commit, path, signal) => readFileAt(commit, path, repository, mirror, signal),
    sourceTree: (checkout, signal) => readSourceTree(checkout, repository, mirror, signal),
    isAncestor: (ancestor, descendant, signal) =>
      isAncestor(ancestor, descendant, repository, mirror, signal),
    history: (commit, most, signal) => history(commit, most, repository, mirror, signal),
  };
}

/** Room for the names of some 500,000 files; nixpkgs has 45,000. */
const MOST_NAME_BYTES = 64 * 2 ** 20;

interface Commits {
  readonly base: string;
  readonly head: string;
}

export async function changedFiles(
  commits: Commits,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const listed = await diffTree("--name-only", commits, repository, mirror, signal);
  return listed.filter((file) => file !== "").sort();
}

/** A regular file is one before and after, with the same permissions. */
const SAME_KIND = /^:(100\d{3}) \1 [0-9a-f]+ [0-9a-f]+ M$/;

export async function contentChanges(
  commits: Commits,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<readonly string[] | undefined> {
  // What differs, and the file, in turns (https://git-scm.com/docs/diff-format#_raw_output_format).
  const listed = (await diffTree("--raw", commits, repository, mirror, signal)).slice(0, -1);
  const isContents = listed.every((field, at) => at % 2 === 1 || SAME_KIND.test(field));
  return isContents ? listed.filter((_, at) => at % 2 === 1).sort() : undefined;
}

/** What git lists, field by field; an empty one at the end. */
async function diffTree(
  form: "--name-only" | "--raw",
  { base, head }: Commits,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const flags = ["-r", "-z", form, "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const result = await git(
    [`--git-dir=${mirror}`, "diff-tree", ...flags, "--end-of-options", base, head, "--"],
    {
      signal,
      keepBytes: MOST_NAME_BYTES,
    },
  );
  if (result.exitCode !== 0) throw failed(head, result, repository);
  if (result.stdoutDropped > 0) {
    throw new EnvironmentError(
      "too-many-files",
      `the names of the files changed between ${base.slice(0, 12)} and ${head.slice(0, 12)} take more than ${MOST_NAME_BYTES / 2 ** 20} MiB`,
      "Compare two commits that are closer to each other.",
    );
  }
  return result.stdout.split("\0");
}

const MOST_FILE_BYTES = 16 * 2 ** 20;

/** Links, submodules, directories and files over 16 MiB are no text. */
export async function readFileAt(
  commit: string,
  path: string,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  // git itself refuses these as mistakes of the caller; a tree has no such names.
  if (path.includes("\0") || path.split("/").some((name) => name === "" || name === "." || name === ".."))
    return undefined;
  const listed = await git(
    [`--git-dir=${mirror}`, "ls-tree", "-z", "--full-tree", "--long", commit, "--", path],
    { signal },
  );
  if (listed.exitCode !== 0) throw failed(commit, listed, repository);
  const [, hash, size] = /^100\d{3} blob ([0-9a-f]+) +(\d+)\t[^\0]*\0$/.exec(listed.stdout) ?? [];
  if (hash === undefined || Number(size) > MOST_FILE_BYTES) return undefined;
  const blob = await git([`--git-dir=${mirror}`, "cat-file", "blob", hash], {
    signal,
    keepBytes: MOST_FILE_BYTES,
  });
  if (blob.exitCode !== 0) throw failed(commit, blob, repository);
  return blob.stdout;
}

export async function isAncestor(
  ancestor: string,
  descendant: string,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<boolean> {
  const result = await git([`--git-dir=${mirror}`, "merge-base", "--is-ancestor", ancestor, descendant], {
    signal,
  });
  if (result.exitCode === 0) return true;
  // In a shallow clone "no" may only mean that the history between them is not here.
  if (result.exitCode === 1 && repository.shallow === undefined) return false;
  throw failed(descendant, result, repository);
}

/** By first parents: those are what a branch was, one after the other. */
export async function history(
  commit: string,
  most: number,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<readonly Version[]> {
  const result = await git(
    [
      `--git-dir=${mirror}`,
      "rev-list",
      "--first-parent",
      `--max-count=${most}`,
      "--format=%T",
      "--end-of-options",
      commit,
    ],
    { signal },
  );
  if (result.exitCode !== 0) throw failed(commit, result, repository);
  return [...result.stdout.matchAll(/^commit ([0-9a-f]+)\n([0-9a-f]+)$/gm)].map(
    ([, commit = "", tree = ""]) => ({ commit, tree }),
  );
}
