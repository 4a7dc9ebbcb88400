/**
 * The repository the caller named: is it one, can it be read, and is it in a state to be checked?
 *
 * Every answer that is no is the caller's to mend (`UserError`) and says how. Uncommitted changes are
 * `refuse-dirty.ts`.
 */
import { constants } from "node:fs";
import { access, readFile, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { UserError } from "../errors.ts";
import { git, gitSaid } from "./git-command.ts";

export interface Repository {
  /** As the caller named it. */
  readonly directory: string;
  /** Of this working tree: `HEAD` and index. */
  readonly gitDirectory: string;
  /** Shared by all working trees: objects, branches, configuration. */
  readonly commonDirectory: string;
  readonly bare: boolean;
  readonly objectFormat: string;
  /** Text of the list of commits whose parents are not here; undefined for a whole clone. */
  readonly shallow: string | undefined;
  /** Some objects were left on the server. */
  readonly partial: boolean;
}

/** @throws UserError repository-missing, not-a-repository, repository-unreadable, repository-empty */
export async function findRepository(directory: string, signal: AbortSignal): Promise<Repository> {
  await requireDirectory(directory);
  const gitDirectory = await findGitDirectory(directory, signal);
  const ask = (...flags: string[]) =>
    git([`--git-dir=${gitDirectory}`, "rev-parse", ...flags], { signal, cwd: directory });
  // Asked by itself: a path may hold line ends.
  const [common, facts, partial] = await Promise.all([
    ask("--git-common-dir"),
    ask("--show-object-format", "--is-bare-repository"),
    isPartial(gitDirectory, signal),
  ]);
  const [objectFormat, bare] = facts.stdout.split("\n");
  if (common.exitCode !== 0 || facts.exitCode !== 0 || objectFormat === undefined) {
    throw unreadable(directory, gitSaid(common.exitCode === 0 ? facts : common));
  }
  const commonDirectory = resolve(directory, common.stdout.replace(/\n$/, ""));
  await access(join(commonDirectory, "objects"), constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw unreadable(directory, String(cause));
  });
  const repository: Repository = {
    directory,
    gitDirectory,
    commonDirectory,
    bare: bare === "true",
    objectFormat,
    shallow: await readFile(join(commonDirectory, "shallow"), "utf8").catch(() => undefined),
    partial,
  };
  await requireCommits(repository, signal);
  return repository;
}

async function requireDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EACCES") throw unreadable(directory, cause.message);
    throw missing(directory);
  });
  if (!found.isDirectory()) throw missing(directory);
  await access(directory, constants.R_OK | constants.X_OK).catch((cause: unknown) => {
    throw unreadable(directory, String(cause));
  });
}

/** Its `.git`, or itself where it is a bare repository. Never that of a directory above: nobody named that one. */
async function findGitDirectory(directory: string, signal: AbortSignal): Promise<string> {
  const candidates = [join(directory, ".git"), directory];
  for (const candidate of candidates) {
    const asked = await git(["rev-parse", "--resolve-git-dir", candidate], { signal, cwd: directory });
    if (asked.exitCode === 0) return resolve(directory, asked.stdout.replace(/\n$/, ""));
  }
  await access(join(directory, ".git", "HEAD"), constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "EACCES") throw unreadable(directory, cause.message);
  });
  const above = await git(["rev-parse", "--show-toplevel"], { signal, cwd: directory });
  const top = above.exitCode === 0 ? above.stdout.replace(/\n$/, "") : "";
  throw new UserError(
    "not-a-repository",
    `${JSON.stringify(directory)} is not a git repository`,
    top === ""
      ? "Name the top directory of a local clone with --repo."
      : `It lies inside of the repository ${JSON.stringify(top)}; name that one with --repo if it is meant.`,
  );
}

async function isPartial(gitDirectory: string, signal: AbortSignal): Promise<boolean> {
  const names = "^(extensions\\.partialclone|remote\\..*\\.promisor)$";
  const asked = await git(
    [`--git-dir=${gitDirectory}`, "config", "--local", "--name-only", "--get-regexp", names],
    { signal },
  );
  return asked.exitCode === 0;
}

async function requireCommits(repository: Repository, signal: AbortSignal): Promise<void> {
  const ask = (...words: string[]) => git([`--git-dir=${repository.gitDirectory}`, ...words], { signal });
  const head = await ask("rev-parse", "--verify", "--quiet", "HEAD");
  if (head.exitCode === 0) return;
  const any = await ask("rev-list", "--all", "--max-count=1");
  if (any.stdout !== "") return;
  if (any.exitCode !== 0) throw unreadable(repository.directory, gitSaid(any));
  throw new UserError(
    "repository-empty",
    `the repository ${JSON.stringify(repository.directory)} has no commits`,
    "modprobot compares two commits: commit the state before the change and the change itself.",
  );
}

function missing(directory: string): UserError {
  return new UserError(
    "repository-missing",
    `the directory ${JSON.stringify(directory)} does not exist`,
    "Name the top directory of a local clone with --repo.",
  );
}

function unreadable(directory: string, saw: string): UserError {
  return new UserError(
    "repository-unreadable",
    `the repository ${JSON.stringify(directory)} cannot be read: ${saw}`,
    "Run modprobot as a user who may read it, or check that the clone is whole: git fsck.",
  );
}
