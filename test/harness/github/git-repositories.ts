/**
 * The git side of the fake GitHub: bare repositories, forks, and the refs of pull requests.
 *
 * As on GitHub, `refs/pull/N/head` follows pushes at once and outlives the fork, while `refs/pull/N/merge` is made
 * when somebody asks for the pull request and stays stale on conflict.
 */
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const execute = promisify(execFile);

const ENVIRONMENT = {
  PATH: process.env["PATH"],
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "GitHub",
  GIT_AUTHOR_EMAIL: "noreply@github.com",
  GIT_COMMITTER_NAME: "GitHub",
  GIT_COMMITTER_EMAIL: "noreply@github.com",
};

export interface GitResult {
  readonly status: number;
  readonly stdout: string;
}

/** A git command in a directory; its exit status is the caller's to judge. */
export async function tryGit(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<GitResult> {
  try {
    const { stdout } = await execute("git", ["-C", directory, ...args], {
      env: { ...ENVIRONMENT, ...env },
      maxBuffer: 64 * 1024 * 1024,
    });
    return { status: 0, stdout };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    if (typeof code !== "number") throw error;
    return { status: code, stdout: stdout || (stderr ?? "") };
  }
}

/** @throws where git fails */
export async function git(
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { status, stdout } = await tryGit(directory, args, env);
  if (status !== 0) throw new Error(`git ${args.join(" ")} in ${directory}: ${stdout}`);
  return stdout.trim();
}

/** What GitHub's git server allows: pushes over http, fetching any commit it has, partial clones. */
const SETTINGS = `[core]
	repositoryformatversion = 0
	bare = true
[http]
	receivepack = true
[uploadpack]
	allowAnySHA1InWant = true
	allowFilter = true
[receive]
	hideRefs = refs/pull
[gc]
	auto = 0
`;

export interface TestMerge {
  readonly mergeable: boolean;
  /** Undefined on conflict. */
  readonly sha?: string;
}

export interface GitRepositories {
  /** Where `git http-backend` looks; a repository is `<id>.git` below it. */
  readonly root: string;
  directory(id: number): string;
  create(id: number): Promise<void>;
  /** With all branches of its parent. */
  fork(id: number, parent: number): Promise<void>;
  remove(id: number): Promise<void>;
  branches(id: number): Promise<ReadonlyMap<string, string>>;
  hasCommit(id: number, sha: string): Promise<boolean>;
  /** Sets `refs/pull/N/head` to a commit of the head repository. */
  setPullHead(base: number, number: number, head: number, sha: string): Promise<void>;
  /** Merges with the real git; sets `refs/pull/N/merge` unless they conflict. */
  testMerge(id: number, number: number, baseSha: string, headSha: string): Promise<TestMerge>;
}

export async function createGitRepositories(root: string): Promise<GitRepositories> {
  await mkdir(root, { recursive: true });
  const directory = (id: number) => join(root, `${id}.git`);

  const create = async (id: number) => {
    await git(root, ["init", "--quiet", "--bare", "--initial-branch=main", "--template=", directory(id)]);
    await writeFile(join(directory(id), "config"), SETTINGS);
  };

  return {
    root,
    directory,
    create,
    async fork(id, parent) {
      await create(id);
      await git(directory(id), ["fetch", "--quiet", directory(parent), "refs/heads/*:refs/heads/*"]);
    },
    remove: (id) => rm(directory(id), { recursive: true, force: true }),
    async branches(id) {
      const text = await git(directory(id), [
        "for-each-ref",
        "--format=%(refname:lstrip=2) %(objectname)",
        "refs/heads",
      ]);
      const pairs = text.split("\n").filter((line) => line !== "");
      return new Map(pairs.map((line): [string, string] => [line.slice(0, -41), line.slice(-40)]));
    },
    async hasCommit(id, sha) {
      return (await tryGit(directory(id), ["cat-file", "-e", `${sha}^{commit}`])).status === 0;
    },
    async setPullHead(base, number, head, sha) {
      if (head !== base) await git(directory(base), ["fetch", "--quiet", directory(head), sha]);
      await git(directory(base), ["update-ref", `refs/pull/${number}/head`, sha]);
    },
    async testMerge(id, number, baseSha, headSha) {
      const merged = await tryGit(directory(id), ["merge-tree", "--write-tree", baseSha, headSha]);
      if (merged.status > 1) throw new Error(`git merge-tree failed: ${merged.stdout}`);
      if (merged.status === 1) return { mergeable: false };
      const tree = merged.stdout.split("\n")[0] ?? "";
      const message = `Merge ${headSha} into ${baseSha}`;
      const parents = ["-p", baseSha, "-p", headSha];
      const sha = await git(directory(id), ["commit-tree", tree, ...parents, "-m", message]);
      await git(directory(id), ["update-ref", `refs/pull/${number}/merge`, sha]);
      return { mergeable: true, sha };
    },
  };
}
