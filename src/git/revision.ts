/** Revisions: from what the caller wrote to a commit, or to why there is none. */
import { didYouMean } from "../domain/near-misses.ts";
import { UserError } from "../errors.ts";
import { git } from "./git-command.ts";
import type { Repository } from "./repository.ts";

const LONGEST = 1_000;

/** @throws UserError unknown-revision */
export async function resolveRevision(
  repository: Repository,
  revision: string,
  signal: AbortSignal,
): Promise<string> {
  // A name may not begin with a dash anyway (git check-ref-format), so whoever wrote this forgot a value.
  if (revision === "" || revision.startsWith("-") || revision.length > LONGEST || /\p{Cc}/u.test(revision)) {
    const shown = JSON.stringify(revision.slice(0, 100));
    throw new UserError(
      "unknown-revision",
      `${shown} is no revision`,
      "Name a branch, a tag or a commit, for example --base main --head my-branch.",
    );
  }
  const asked = await git(
    [
      `--git-dir=${repository.gitDirectory}`,
      "rev-parse",
      "--verify",
      "--quiet",
      "--end-of-options",
      `${revision}^{commit}`,
    ],
    { signal },
  );
  const commit = asked.stdout.trim();
  if (asked.exitCode === 0 && /^[0-9a-f]{40,64}$/.test(commit)) return commit;
  throw await unknown(repository, revision, signal);
}

async function unknown(repository: Repository, revision: string, signal: AbortSignal): Promise<UserError> {
  const listed = await git(
    [`--git-dir=${repository.gitDirectory}`, "for-each-ref", "--count=10000", "--format=%(refname:short)"],
    { signal },
  );
  const names = listed.stdout.split("\n").filter((name) => name !== "");
  const where = JSON.stringify(repository.directory);
  return new UserError(
    "unknown-revision",
    `the repository ${where} has no commit ${JSON.stringify(revision)}${didYouMean(revision, names)}`,
    howToGet(repository),
  );
}

function howToGet({ shallow, partial }: Repository): string {
  const lines = ["Name a branch, a tag or a commit that is there (git branch --all), or fetch it first."];
  if (shallow !== undefined)
    lines.push("This is a shallow clone, older commits are missing: git fetch --unshallow.");
  if (partial)
    lines.push("This is a partial clone, some objects are missing: git fetch --refetch --no-filter.");
  return lines.join("\n");
}
