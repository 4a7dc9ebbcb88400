import { execFileSync, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { createRemoteGit, type RemoteGitOptions } from "../../src/git/remote.ts";
import { FETCH_LIMITS } from "../../src/git/remote-fetch.ts";
import { startHttpRemote, TOKEN } from "./http-remote.ts";
import { commitFiles, gitIn, temporaryDirectory, writeFiles } from "./repositories.ts";

const signal = new AbortController().signal;

/** A server with `owner/name.git`: main, and pull request 1 from a fork with its test merge. */
async function pullRequest() {
  const root = temporaryDirectory();
  const work = join(root, "work");
  gitIn(root, "init", "--quiet", "--initial-branch=main", "work");
  for (let n = 0; n < 5; n += 1) commitFiles(work, { "old.nix": `${n}`, [`file-${n}`]: noise(2_000) });
  const base = commitFiles(work, { "kernel.nix": "1\n" }, "base");
  gitIn(work, "checkout", "--quiet", "-b", "theirs");
  const head = commitFiles(work, { "kernel.nix": "2\n", "new.nix": "1\n" }, "change");
  gitIn(work, "checkout", "--quiet", "--detach", "main");
  gitIn(work, "merge", "--quiet", "--no-ff", "-m", "test merge", "theirs");
  const merge = gitIn(work, "rev-parse", "HEAD");
  const bare = join(root, "owner", "name.git");
  gitIn(root, "clone", "--quiet", "--bare", "work", bare);
  // As on GitHub, whatever became of the fork: its commits are here, under names of the pull request only.
  gitIn(work, "push", "--quiet", bare, `${head}:refs/pull/1/head`, `${merge}:refs/pull/1/merge`);
  gitIn(bare, "branch", "--quiet", "-D", "theirs");
  const remote = await startHttpRemote(root);
  const data = temporaryDirectory();
  const open = (options: Partial<RemoteGitOptions> = {}) =>
    createRemoteGit({
      credential: async () => ({ url: remote.url("owner/name.git"), token: TOKEN }),
      repositoryId: 7,
      dataDirectory: data,
      temporaryDirectory: temporaryDirectory(),
      signal,
      ...options,
    });
  return { base, head, merge, work, bare, remote, data, open };
}

/** Text that does not compress. */
function noise(bytes: number): string {
  return randomBytes(bytes).toString("base64");
}

async function failure(promise: Promise<unknown>): Promise<EnvironmentError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EnvironmentError);
  return error as EnvironmentError;
}

describe("a pull request on a server", () => {
  it("is laid out, compared and read by its commits", async () => {
    const { base, head, merge, open } = await pullRequest();
    const git = await open();

    await using tree = await git.checkout(merge, signal);

    expect(readdirSync(tree.directory)).toContain("new.nix");
    expect(await git.changedFiles(base, merge, signal)).toEqual(["kernel.nix", "new.nix"]);
    expect(await git.readFile(base, "kernel.nix", signal)).toBe("1\n");
    expect(await git.readFile(head, "kernel.nix", signal)).toBe("2\n");
    expect(await git.resolve(head, signal)).toBe(head);
    expect(await git.isAncestor(base, merge, signal)).toBe(true);
  });

  it("is kept as files in the data directory, and changed into the next commit", async () => {
    const { base, merge, data, open } = await pullRequest();
    const git = await open();
    const visit = async (commit: string) => {
      await using tree = await git.checkout(commit, signal);
      return { files: readdirSync(tree.directory), inode: statSync(join(tree.directory, "file-0")).ino };
    };

    const first = await visit(base);
    const second = await visit(merge);

    expect(second.files).toEqual(expect.arrayContaining(["kernel.nix", "new.nix"]));
    expect(first.files).not.toContain("new.nix");
    expect(second.inode).toBe(first.inode);
    expect(readdirSync(join(data, "git", "worktrees"))).toEqual([expect.stringMatching(/^kept-/)]);
  });

  it("says that a history it did not fetch is not known", async () => {
    const { work, base, open } = await pullRequest();
    const git = await open();

    const error = await failure(git.isAncestor(gitIn(work, "rev-parse", `${base}~4`), base, signal));

    expect(error.code).toBe("history-unknown");
  });

  it("is fetched once, and then only what is new", async () => {
    const { merge, work, bare, remote, open } = await pullRequest();
    await (await open()).resolve(merge, signal);
    const first = remote.sent();
    const asked = remote.requests.length;

    await (await open()).resolve(merge, signal);
    expect(remote.requests).toHaveLength(asked);

    gitIn(work, "checkout", "--quiet", "theirs");
    const pushed = commitFiles(work, { "kernel.nix": "3\n" });
    gitIn(work, "push", "--quiet", bare, `${pushed}:refs/pull/1/head`);
    await (await open()).resolve(pushed, signal);
    expect(remote.sent() - first).toBeLessThan(first / 2);
  });

  it("is fetched once by two at the same time", async () => {
    const { base, merge, open } = await pullRequest();
    const [one, other] = await Promise.all([open(), open()]);

    const [a, b] = await Promise.all([
      one.changedFiles(base, merge, signal),
      other.changedFiles(base, merge, signal),
    ]);

    expect(a).toEqual(b);
  });

  it("is found where a force push has taken it from every branch", async () => {
    const { head, work, bare, open } = await pullRequest();
    gitIn(work, "checkout", "--quiet", "theirs");
    const other = commitFiles(work, { "kernel.nix": "other\n" });
    gitIn(work, "push", "--quiet", "--force", bare, `${other}:refs/pull/1/head`);
    gitIn(bare, "update-ref", "-d", "refs/pull/1/merge");
    const git = await open();

    // The server still has it; where it has not, that is said (below).
    expect(await git.readFile(head, "kernel.nix", signal)).toBe("2\n");
  });
});

describe("the token", () => {
  it("stands in no argument, address, file or configuration", async () => {
    const { merge, data, remote, open } = await pullRequest();
    let seen = "";
    remote.fault = () => {
      seen += execFileSync("sh", ["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
      return false;
    };

    await (await open()).resolve(merge, signal);

    expect(seen).toContain("fetch");
    expect(seen).not.toContain(TOKEN);
    const found = spawnSync("grep", ["-rlF", "token.with", data], { encoding: "utf8" });
    expect(found.stdout).toBe("");
    expect(found.status).toBe(1);
  });

  it("is asked for before each fetch and not before", async () => {
    const { merge, head, remote, open } = await pullRequest();
    let asked = 0;
    const credential = async () => {
      asked += 1;
      return { url: remote.url("owner/name.git"), token: TOKEN };
    };
    const git = await open({ credential });

    expect(asked).toBe(0);
    await git.resolve(merge, signal);
    await git.resolve(head, signal);
    expect(asked).toBe(1);
  });

  it("follows no redirect to another host", async () => {
    const { merge, remote, open } = await pullRequest();
    let carried: string | undefined;
    const elsewhere = await startHttpRemote(temporaryDirectory());
    elsewhere.fault = (request, response) => {
      carried ??= request.headers.authorization;
      response.writeHead(401, { "www-authenticate": 'Basic realm="x"' }).end();
      return true;
    };
    remote.fault = (request, response) => {
      response.writeHead(302, { location: `${elsewhere.url("")}${request.url?.slice(1)}` }).end();
      return true;
    };

    const error = await failure((await open()).resolve(merge, signal));

    expect(error.code).toBe("git-refused");
    expect(carried).toBeUndefined();
  });

  it("goes nowhere in the open but to this machine", async () => {
    const { merge, open } = await pullRequest();
    const git = await open({
      credential: async () => ({ url: "http://git.example.org/a/b.git", token: TOKEN }),
    });

    expect((await failure(git.resolve(merge, signal))).code).toBe("git-unavailable");
  });
});

describe("what goes wrong is told apart", () => {
  it("a wrong token", async () => {
    const { merge, remote, open } = await pullRequest();
    const git = await open({
      credential: async () => ({ url: remote.url("owner/name.git"), token: "wrong" }),
    });

    const error = await failure(git.resolve(merge, signal));

    expect(error).toMatchObject({ code: "git-refused", retryable: false });
  });

  it("a commit that is not there", async () => {
    const { open } = await pullRequest();

    expect(await failure((await open()).resolve("a".repeat(40), signal))).toMatchObject({
      code: "git-gone",
      // It may have been replaced since GitHub named it.
      retryable: true,
    });
  });

  it("a repository that is not there", async () => {
    const { merge, remote, open } = await pullRequest();
    const git = await open({ credential: async () => ({ url: remote.url("owner/gone.git"), token: TOKEN }) });

    expect((await failure(git.resolve(merge, signal))).code).toBe("git-gone");
  });

  it("a server that fails, or is not there", async () => {
    const { merge, remote, open } = await pullRequest();
    remote.fault = (_, response) => {
      response.writeHead(502).end();
      return true;
    };
    const nobody = await open({
      credential: async () => ({ url: "http://127.0.0.1:9/a/b.git", token: TOKEN }),
    });

    expect(await failure((await open()).resolve(merge, signal))).toMatchObject({
      code: "git-unavailable",
      retryable: true,
    });
    expect((await failure(nobody.resolve(merge, signal))).code).toBe("git-unavailable");
  });

  it("a server that says nothing", async () => {
    const { merge, remote, open } = await pullRequest();
    remote.fault = () => true;
    const git = await open({ limits: { ...FETCH_LIMITS, seconds: 1, waitSeconds: 1 } });

    const error = await failure(git.resolve(merge, signal));

    expect(error).toMatchObject({ code: "git-unavailable", retryable: true });
    expect(error.message).toContain("1 s");
  });

  it("a pack that is too large, and leaves nothing behind", async () => {
    const { work, bare, data, open } = await pullRequest();
    const large = commitFiles(work, { large: noise(300_000) });
    gitIn(work, "push", "--quiet", bare, `${large}:refs/pull/1/head`);
    const git = await open({ limits: { ...FETCH_LIMITS, bytes: 100_000 } });

    expect((await failure(git.resolve(large, signal))).code).toBe("git-too-large");
    expect(existsSync(join(data, "git", "7.git", "refs", "modprobot", large))).toBe(false);
  });

  it("another process that keeps the lock", async () => {
    const { merge, data, open } = await pullRequest();
    const git = await open({ limits: { ...FETCH_LIMITS, waitSeconds: 1 } });
    const holder = execHolder(join(data, "git", "7.git.lock"));

    const error = await failure(git.resolve(merge, signal));
    holder.kill();

    expect(error).toMatchObject({ code: "git-busy", retryable: true });
  });

  it("names that are no hashes", async () => {
    const { open } = await pullRequest();
    const git = await open();

    for (const name of ["main", "--upload-pack=touch /tmp/x", "HEAD", `${"a".repeat(40)}^`])
      await expect(git.resolve(name, signal)).rejects.toMatchObject({ code: "unknown-revision" });
  });

  it("ends when told to", async () => {
    const { merge, remote, open } = await pullRequest();
    remote.fault = () => true;
    const git = await open();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 300);

    await expect(git.resolve(merge, controller.signal)).rejects.toBeInstanceOf(Interrupted);
  });
});

it("takes no malformed objects", async () => {
  const { work, bare, open } = await pullRequest();
  writeFiles(work, { x: "1" });
  const blob = gitIn(work, "hash-object", "-w", "x");
  const tree = execFileSync("git", ["-C", work, "mktree"], {
    input: `100644 blob ${blob}\t.git\n`,
    encoding: "utf8",
  }).trim();
  const evil = gitIn(work, "commit-tree", "-m", "evil", tree);
  gitIn(work, "push", "--quiet", "--force", bare, `${evil}:refs/pull/1/head`);

  const error = await failure((await open()).resolve(evil, signal));

  expect(error.code).toBe("git-refused");
  expect(error.message).toContain("malformed");
});

it("goes on after a fetch that was killed", async () => {
  const { merge, data, open } = await pullRequest();
  const git = await open();
  const mirror = join(data, "git", "7.git");
  writeFileSync(join(mirror, "shallow.lock"), "");
  writeFileSync(join(mirror, "packed-refs.lock"), "");

  expect(await git.resolve(merge, signal)).toBe(merge);
  expect(existsSync(join(mirror, "shallow.lock"))).toBe(false);
});

it("keeps its mirror to itself", async () => {
  const { merge, data, open } = await pullRequest();
  await (await open()).resolve(merge, signal);

  expect(readFileSync(join(data, "git", "7.git", "config"), "utf8")).not.toMatch(
    /url|extraheader|credential/,
  );
  expect(execFileSync("stat", ["-c", "%a", join(data, "git")], { encoding: "utf8" }).trim()).toBe("700");
});

function execHolder(lock: string) {
  return spawn("flock", ["--exclusive", "--no-fork", lock, "sleep", "20"]);
}
