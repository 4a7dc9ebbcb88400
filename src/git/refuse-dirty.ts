/**
 * Uncommitted changes. Only commits are checked; whoever has changes usually means them, so they are refused
 * rather than silently left out. Files git does not track are nobody's business.
 *
 * Compared with a configuration of ours and a copy of the index, since git runs a repository's own filters on
 * the files it compares, and writes to its index.
 */
import { copyFile, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError, UserError } from "../errors.ts";
import { git, gitSaid } from "./git-command.ts";
import type { Repository } from "./repository.ts";

const SHOWN = 10;

/**
 * @param mirror see `mirror.ts`
 * @param indexCopy file to write the copy to
 * @throws UserError dirty-repository
 */
export async function refuseDirty(
  repository: Repository,
  mirror: string,
  indexCopy: string,
  signal: AbortSignal,
): Promise<void> {
  if (repository.bare) return;
  const head = await git(
    [`--git-dir=${repository.gitDirectory}`, "rev-parse", "--verify", "--quiet", "HEAD^{tree}"],
    { signal },
  );
  if (head.exitCode !== 0) return;
  const tree = head.stdout.trim();
  await copyIndex(repository, indexCopy);
  const options = {
    signal,
    cwd: repository.directory,
    env: { GIT_INDEX_FILE: indexCopy },
    keepBytes: 16 * 2 ** 20,
  };
  const fileMode = await hasFileModes(repository, signal);
  const asked = [
    "-c",
    `core.fileMode=${fileMode}`,
    `--git-dir=${mirror}`,
    `--work-tree=${repository.directory}`,
  ];
  const flags = [
    "--name-only",
    "-z",
    "--no-renames",
    "--ignore-submodules",
    "--no-ext-diff",
    "--no-textconv",
  ];
  const staged = git([...asked, "diff-index", "--cached", ...flags, tree, "--"], options);
  // Files whose time stamps moved are looked into first; what is then left differs. Where nothing is, it says so by its status.
  const refreshed = git([...asked, "update-index", "--refresh"], options);
  await Promise.allSettled([staged, refreshed]);
  const isFresh = (await refreshed).exitCode === 0;
  const unstaged = isFresh ? undefined : await git([...asked, "diff-files", ...flags], options);
  const results = unstaged === undefined ? [await staged] : [unstaged, await staged];
  for (const result of results) {
    if (result.exitCode !== 0) {
      throw new EnvironmentError(
        "git-failed",
        `git could not compare the working tree of ${JSON.stringify(repository.directory)} with its last commit: ${gitSaid(result)}`,
        "Check the clone with git fsck and git status, or use --allow-dirty to look at the two commits only.",
      );
    }
  }
  const files = [...new Set(results.flatMap(({ stdout }) => stdout.split("\0")))]
    .filter((file) => file !== "")
    .sort();
  if (files.length > 0) throw dirty(repository.directory, files);
}

async function hasFileModes(repository: Repository, signal: AbortSignal): Promise<boolean> {
  const asked = await git(
    [`--git-dir=${repository.gitDirectory}`, "config", "--local", "--type=bool", "--get", "core.fileMode"],
    { signal },
  );
  return asked.stdout.trim() !== "false";
}

function dirty(directory: string, files: readonly string[]): UserError {
  const shown = files.slice(0, SHOWN).map((file) => JSON.stringify(file));
  const more = files.length > SHOWN ? [`and ${files.length - SHOWN} more`] : [];
  return new UserError(
    "dirty-repository",
    `the repository ${JSON.stringify(directory)} has uncommitted changes to ${files.length} tracked ${files.length === 1 ? "file" : "files"}`,
    [
      ...shown,
      ...more,
      "Only commits are checked. Commit the changes or put them away with git stash; --allow-dirty checks the two commits without them.",
    ].join("\n"),
  );
}

/**
 * Without an index (a clone made with --no-checkout) everything counts as deleted, and rightly so. The copy is as
 * old as the original, or older: git looks into files that are not clearly older than the index that lists them
 * (https://git-scm.com/docs/racy-git).
 */
async function copyIndex(repository: Repository, copy: string): Promise<void> {
  const index = join(repository.gitDirectory, "index");
  const found = await stat(index).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  if (found === undefined) return;
  await copyFile(index, copy);
  const seconds = Math.floor(found.mtimeMs / 1000);
  await utimes(copy, seconds, seconds);
}
