/**
 * Revisions of somebody's clone, checked out elsewhere: a repository of our own that borrows the clone's objects, so that the
 * clone itself is only read. What a bench adds is in that repository alone, and goes with it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { plainEnvironment } from "./environment.ts";

export interface Revisions {
  /** Full commit hash. @throws with git's words where there is no such revision */
  resolve(revision: string): string;
  /** A directory with the files of a commit, a working tree of the borrowing repository. */
  checkOut(commit: string): string;
  /** A commit on top of another, with one more file. */
  withFile(commit: string, path: string, text: string): string;
  /** The first .nix file that a commit changes. @throws where it changes none */
  changedFile(base: string, head: string): string;
  /** The same as a commit with a comment in one of its .nix files: another tree, of which nothing evaluates differently. */
  withComment(commit: string, file: string, comment: string): string;
  /** First line of the message. */
  subject(commit: string): string;
}

export function borrowRevisions(clone: string, scratch: string): Revisions {
  const own = join(scratch, "repository");
  git(scratch, ["init", "--quiet", own]);
  const partOf = (name: string) => resolve(clone, git(clone, ["rev-parse", "--git-path", name]));
  mkdirSync(join(own, ".git/objects/info"), { recursive: true });
  writeFileSync(join(own, ".git/objects/info/alternates"), `${partOf("objects")}\n`);
  if (existsSync(partOf("shallow")))
    writeFileSync(join(own, ".git/shallow"), readFileSync(partOf("shallow")));

  const trees = new Map<string, string>();
  const withFile = (commit: string, path: string, text: string) => {
    const index = { GIT_INDEX_FILE: join(scratch, "index") };
    const blob = git(own, ["hash-object", "-w", "--stdin"], {}, text);
    git(own, ["read-tree", commit], index);
    git(own, ["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`], index);
    const tree = git(own, ["write-tree"], index);
    return git(own, ["commit-tree", tree, "-p", commit, "-m", `with ${path}`]);
  };
  return {
    resolve: (revision) => git(clone, ["rev-parse", "--verify", "--quiet", `${revision}^{commit}`]),
    checkOut(commit) {
      const known = trees.get(commit);
      if (known !== undefined) return known;
      const directory = join(scratch, `tree-${commit.slice(0, 12)}`);
      git(own, ["worktree", "add", "--quiet", "--detach", directory, commit]);
      trees.set(commit, directory);
      return directory;
    },
    withFile,
    changedFile(base, head) {
      const changed = git(own, ["diff", "--name-only", "--diff-filter=M", base, head, "--"]).split("\n");
      const file = changed.find((name) => name.endsWith(".nix"));
      if (file === undefined)
        throw new Error(`${head} changes no .nix file; name other commits with --base and --head`);
      return file;
    },
    withComment: (commit, file, comment) =>
      withFile(commit, file, `${git(own, ["show", `${commit}:${file}`])}\n# ${comment}\n`),
    subject: (commit) => git(own, ["log", "-1", "--format=%s", commit]),
  };
}

/** Of nobody, so that it works for everybody and a commit's hash depends on its contents alone. */
const AUTHOR = Object.fromEntries(
  ["AUTHOR", "COMMITTER"].flatMap((who) => [
    [`GIT_${who}_NAME`, "bench"],
    [`GIT_${who}_EMAIL`, "bench@example.org"],
    [`GIT_${who}_DATE`, "2025-01-01T00:00:00Z"],
  ]),
);

/** @returns standard output without the end of its last line */
export function git(
  directory: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input = "",
): string {
  // Whoever measures a clone trusts it, whoever owns it.
  return execFileSync("git", ["-C", directory, "-c", "safe.directory=*", ...args], {
    env: { ...plainEnvironment(directory), ...AUTHOR, GIT_CONFIG_NOSYSTEM: "1", ...environment },
    input,
    encoding: "utf8",
    maxBuffer: 64 * 2 ** 20,
    stdio: ["pipe", "pipe", "inherit"],
  }).trimEnd();
}
