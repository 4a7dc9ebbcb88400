import { execFileSync } from "node:child_process";
import {
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { EnvironmentError, Interrupted, UserError } from "../../src/errors.ts";
import { createGit } from "../../src/git/git.ts";
import {
  commitFiles,
  emptyRepository,
  gitIn,
  repositoryOf,
  temporaryDirectory,
  writeFiles,
} from "./repositories.ts";

const signal = new AbortController().signal;

function open(repository: string, allowDirty = false) {
  return createGit({ repository, temporaryDirectory: temporaryDirectory(), allowDirty, signal });
}

async function userError(promise: Promise<unknown>): Promise<UserError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return error as UserError;
}

describe("a repository that cannot be checked is refused with what to do", () => {
  it("is not there", async () => {
    const error = await userError(open("/nonexistent/repository"));

    expect(error.code).toBe("repository-missing");
    expect(error.message).toContain("/nonexistent/repository");
  });

  it("is a file", async () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");

    expect((await userError(open(file))).code).toBe("repository-missing");
  });

  it("is a plain directory", async () => {
    expect((await userError(open(temporaryDirectory()))).code).toBe("not-a-repository");
  });

  it("is a directory inside of a repository, which is named", async () => {
    const repository = repositoryOf({ "pkgs/a.nix": "1" });

    const error = await userError(open(join(repository, "pkgs")));

    expect(error.code).toBe("not-a-repository");
    expect(error.details).toContain(repository);
  });

  it("has no commits", async () => {
    expect((await userError(open(emptyRepository()))).code).toBe("repository-empty");
  });

  it("has lost its objects", async () => {
    const repository = repositoryOf({ a: "1" });
    execFileSync("rm", ["-rf", join(repository, ".git", "objects")]);

    expect((await userError(open(repository))).code).toMatch(/repository-unreadable|not-a-repository/);
  });
});

describe("uncommitted changes", () => {
  it.each([
    { name: "a changed file", files: { a: "other" }, stage: false },
    { name: "a changed file of the same length", files: { a: "2" }, stage: false },
    { name: "a removed file", files: { a: null }, stage: false },
    { name: "a staged new file", files: { b: "1" }, stage: true },
    { name: "a staged change", files: { a: "2" }, stage: true },
  ])("$name is refused, and named", async ({ files, stage }) => {
    const repository = repositoryOf({ a: "1" });
    writeFiles(repository, files);
    if (stage) gitIn(repository, "add", "--all");

    const error = await userError(open(repository));

    expect(error.code).toBe("dirty-repository");
    expect(error.details).toContain(JSON.stringify(Object.keys(files)[0]));
  });

  it("is allowed on demand", async () => {
    const repository = repositoryOf({ a: "1" });
    writeFiles(repository, { a: "2" });

    await expect(open(repository, true)).resolves.toBeDefined();
  });

  it("does not mean files git does not track", async () => {
    const repository = repositoryOf({ a: "1" });
    writeFiles(repository, { untracked: "2" });

    await expect(open(repository)).resolves.toBeDefined();
  });

  it("does not mean a clean tree whose files were touched", async () => {
    const repository = repositoryOf({ a: "1" });
    execFileSync("touch", ["-d", "2031-01-01", join(repository, "a")]);

    await expect(open(repository)).resolves.toBeDefined();
  });

  it("lists ten files and counts the rest", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `f${String(index).padStart(2, "0")}`);
    const repository = repositoryOf(Object.fromEntries(names.map((name) => [name, "1"])));
    writeFiles(repository, Object.fromEntries(names.map((name) => [name, null])));

    const { details, message } = await userError(open(repository));

    expect(message).toContain("12 tracked files");
    expect(details).toContain('"f09"\nand 2 more');
  });
});

describe("revisions", () => {
  it("resolves branches, tags, abbreviations and expressions to full commits", async () => {
    const repository = repositoryOf({ a: "1" });
    const base = gitIn(repository, "rev-parse", "HEAD");
    gitIn(repository, "tag", "--annotate", "--message=v", "v1");
    const head = commitFiles(repository, { a: "2" });

    const git = await open(repository);

    expect(await git.resolve("main", signal)).toBe(head);
    expect(await git.resolve("main~1", signal)).toBe(base);
    expect(await git.resolve("v1", signal)).toBe(base);
    expect(await git.resolve(base.slice(0, 8), signal)).toBe(base);
  });

  it.each(["", "-h", "--output=/tmp/x", "no-such", "main..main", "main:a", "a\nb", "x".repeat(2000)])(
    "refuses %j",
    async (revision) => {
      const git = await open(repositoryOf({ a: "1" }));

      expect((await userError(git.resolve(revision, signal))).code).toBe("unknown-revision");
    },
  );

  it("names branches that are near", async () => {
    const repository = repositoryOf({ a: "1" });
    gitIn(repository, "branch", "split-modules");
    const git = await open(repository);

    expect((await userError(git.resolve("split-module", signal))).message).toContain(
      'did you mean "split-modules"?',
    );
  });

  it("says that a shallow clone is one", async () => {
    const origin = repositoryOf({ a: "1" });
    const base = gitIn(origin, "rev-parse", "HEAD");
    commitFiles(origin, { a: "2" });
    const clone = join(temporaryDirectory(), "clone");
    gitIn(origin, "clone", "--quiet", "--depth=1", `file://${origin}`, clone);
    const git = await open(clone);

    const error = await userError(git.resolve(base, signal));

    expect(error.details).toContain("git fetch --unshallow");
    expect(await git.resolve("HEAD", signal)).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe("a checkout", () => {
  it("has the commit's files and nothing of git, and is gone when released", async () => {
    const repository = repositoryOf({
      "default.nix": "{ }: 1",
      "dir/x.nix": "2",
      link: { link: "dir/x.nix" },
    });
    const git = await open(repository);
    const commit = await git.resolve("main", signal);

    const checkout = await git.checkout(commit, signal);

    expect(readdirSync(checkout.directory).sort()).toEqual(["default.nix", "dir", "link"]);
    expect(readFileSync(join(checkout.directory, "dir/x.nix"), "utf8")).toBe("2");
    expect(checkout.tree).toBe(gitIn(repository, "rev-parse", "HEAD^{tree}"));
    await checkout[Symbol.asyncDispose]();
    expect(existsSync(checkout.directory)).toBe(false);
  });

  it("leaves the caller's repository as it was", async () => {
    const repository = repositoryOf({ a: "1" });
    const listing = () => execFileSync("find", [repository, "-printf", "%p %T@ %s\n"], { encoding: "utf8" });
    const before = listing();

    const git = await open(repository);
    await using checkout = await git.checkout(await git.resolve("main", signal), signal);

    expect(checkout.directory).not.toContain(repository);
    expect(listing()).toBe(before);
  });

  it("works from a bare repository, a linked working tree, and a clone by reference", async () => {
    const origin = repositoryOf({ a: "1" });
    const place = temporaryDirectory();
    gitIn(origin, "clone", "--quiet", "--bare", origin, join(place, "bare.git"));
    gitIn(origin, "clone", "--quiet", "--shared", origin, join(place, "shared"));
    gitIn(origin, "worktree", "add", "--quiet", "--detach", join(place, "linked"));

    for (const name of ["bare.git", "shared", "linked"]) {
      const git = await open(join(place, name));
      await using checkout = await git.checkout(await git.resolve("HEAD", signal), signal);
      expect(readdirSync(checkout.directory), name).toEqual(["a"]);
    }
  });

  it("works where the path of the repository needs quoting", async () => {
    const repository = join(temporaryDirectory(), '"a\\b #\n');
    execFileSync("mkdir", [repository]);
    gitIn(repository, "init", "--quiet", "--initial-branch=main");
    commitFiles(repository, { a: "1" });
    const git = await open(repository);

    await using checkout = await git.checkout(await git.resolve("main", signal), signal);

    expect(readdirSync(checkout.directory)).toEqual(["a"]);
  });

  it("works with SHA-256 object names", async () => {
    const repository = temporaryDirectory();
    gitIn(repository, "init", "--quiet", "--initial-branch=main", "--object-format=sha256");
    commitFiles(repository, { a: "1" });
    const git = await open(repository);

    await using checkout = await git.checkout(await git.resolve("main", signal), signal);

    expect(checkout.commit).toMatch(/^[0-9a-f]{64}$/);
  });

  it("says that a partial clone is one instead of fetching", async () => {
    const origin = repositoryOf({ a: "1" });
    gitIn(origin, "config", "uploadpack.allowFilter", "true");
    const base = gitIn(origin, "rev-parse", "HEAD");
    commitFiles(origin, { a: "2" });
    const clone = join(temporaryDirectory(), "clone");
    gitIn(origin, "clone", "--quiet", "--filter=blob:none", `file://${origin}`, clone);
    const git = await open(clone);

    expect((await userError(git.checkout(base, signal))).code).toBe("partial-clone");
  });

  it("is not there when cancelled, and neither are its files", async () => {
    const repository = repositoryOf({ a: "1" });
    const place = temporaryDirectory();
    const git = await createGit({ repository, temporaryDirectory: place, signal });
    const commit = await git.resolve("main", signal);
    const before = readdirSync(place);

    await expect(git.checkout(commit, AbortSignal.abort())).rejects.toBeInstanceOf(Interrupted);

    expect(readdirSync(place)).toEqual(before);
  });

  it("that does not fit on the disk is the machine's trouble", async () => {
    const repository = repositoryOf({ big: "x".repeat(3 * 2 ** 20) });
    const small = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", small]);
    try {
      const git = await createGit({ repository, temporaryDirectory: small, signal });
      const commit = await git.resolve("main", signal);

      const error: unknown = await git.checkout(commit, signal).catch((thrown: unknown) => thrown);

      expect(error).toBeInstanceOf(EnvironmentError);
      expect(error).toMatchObject({ code: "disk-full" });
    } finally {
      execFileSync("umount", [small]);
    }
  });
});

describe("changed files and their texts", () => {
  it("lists removals, additions and both names of a rename, sorted", async () => {
    const repository = repositoryOf({ "b.nix": "1\n2\n3\n", gone: "x", same: "y" });
    const base = gitIn(repository, "rev-parse", "HEAD");
    const head = commitFiles(repository, { "b.nix": null, "a.nix": "1\n2\n3\n", gone: null });
    const git = await open(repository);

    expect(await git.changedFiles(base, head, signal)).toEqual(["a.nix", "b.nix", "gone"]);
  });

  describe("differ in contents alone", () => {
    const before = { "a.nix": "1", "d/run": "2", "d/same": "3" };
    const compared = async (change: (repository: string) => string) => {
      const repository = repositoryOf(before);
      const base = gitIn(repository, "rev-parse", "HEAD");
      const head = change(repository);
      return (await open(repository, true)).contentChanges(base, head, signal);
    };

    it("where each is a file as before", async () => {
      const changed = { "d/run": "20", "a.nix": "10" };
      expect(await compared((repository) => commitFiles(repository, changed))).toEqual(["a.nix", "d/run"]);
      expect(await compared((repository) => gitIn(repository, "rev-parse", "HEAD"))).toEqual([]);
    });

    it("with any name", async () => {
      const names = ["--option", "a\nb", ":100644 100644 0 0 M", "é"];
      const repository = repositoryOf(Object.fromEntries(names.map((name) => [name, "1"])));
      const base = gitIn(repository, "rev-parse", "HEAD");
      const head = commitFiles(repository, Object.fromEntries(names.map((name) => [name, "2"])));

      expect(await (await open(repository)).contentChanges(base, head, signal)).toEqual([...names].sort());
    });

    it.each<[string, (repository: string) => string]>([
      ["one is new", (repository) => commitFiles(repository, { "a.nix": "10", new: "1" })],
      ["one is gone", (repository) => commitFiles(repository, { "a.nix": "10", "d/run": null })],
      [
        "one may be run now",
        (repository) => {
          gitIn(repository, "update-index", "--chmod=+x", "d/run");
          gitIn(repository, "commit", "-qm", "run");
          return gitIn(repository, "rev-parse", "HEAD");
        },
      ],
      [
        "one is a link now",
        (repository) => {
          rmSync(join(repository, "d/run"));
          symlinkSync("same", join(repository, "d/run"));
          gitIn(repository, "commit", "-qam", "link");
          return gitIn(repository, "rev-parse", "HEAD");
        },
      ],
    ])("and not where %s", async (_, change) => {
      expect(await compared(change)).toBe(undefined);
    });
  });

  it("keeps hostile names whole", async () => {
    const names = ["--option", "a\nb", "c\u001b[31m", "d e", ":(glob)*", "é"];
    const repository = repositoryOf({ same: "1" });
    const base = gitIn(repository, "rev-parse", "HEAD");
    const head = commitFiles(repository, Object.fromEntries(names.map((name) => [name, `text of ${name}`])));
    const git = await open(repository);

    expect(await git.changedFiles(base, head, signal)).toEqual([...names].sort());
    for (const name of names) expect(await git.readFile(head, name, signal)).toBe(`text of ${name}`);
  });

  it("reads a file at a commit, and nothing that is not a file", async () => {
    const repository = repositoryOf({ "dir/a": "old", link: { link: "/etc/passwd" }, empty: "" });
    const base = gitIn(repository, "rev-parse", "HEAD");
    commitFiles(repository, { "dir/a": "new" });
    const git = await open(repository);

    expect(await git.readFile(base, "dir/a", signal)).toBe("old");
    expect(await git.readFile(base, "empty", signal)).toBe("");
    for (const path of ["dir", "dir/", "link", "absent", "../x", "/etc/passwd", "", "dir/*"]) {
      expect(await git.readFile(base, path, signal), path).toBeUndefined();
    }
  });

  it("knows ancestors", async () => {
    const repository = repositoryOf({ a: "1" });
    const base = gitIn(repository, "rev-parse", "HEAD");
    const head = commitFiles(repository, { a: "2" });
    const git = await open(repository);

    expect(await git.isAncestor(base, head, signal)).toBe(true);
    expect(await git.isAncestor(head, base, signal)).toBe(false);
  });

  it("knows what led to a commit, newest first and by first parents, with the trees", async () => {
    const repository = repositoryOf({ a: "1" });
    const first = gitIn(repository, "rev-parse", "HEAD");
    gitIn(repository, "checkout", "--quiet", "-b", "side");
    commitFiles(repository, { b: "1" });
    gitIn(repository, "checkout", "--quiet", "main");
    const second = commitFiles(repository, { a: "2" });
    gitIn(repository, "merge", "--quiet", "--no-edit", "side");
    const merge = gitIn(repository, "rev-parse", "HEAD");
    const git = await open(repository);
    const version = (commit: string) => ({
      commit,
      tree: gitIn(repository, "rev-parse", `${commit}^{tree}`),
    });

    expect(await git.history(merge, 10, signal)).toEqual([merge, second, first].map(version));
    expect(await git.history(merge, 1, signal)).toEqual([version(merge)]);
    await expect(git.history("0".repeat(40), 1, signal)).rejects.toThrow(EnvironmentError);
  });
});

describe("nothing of the repository runs", () => {
  /** Every way known to us in which a repository names a program; each leaves a file if it is run. */
  function armed() {
    const trap = join(temporaryDirectory(), "ran");
    const program = join(temporaryDirectory(), "program");
    writeFileSync(program, `#!/bin/sh\necho "$0 $*" >> ${trap}\n`, { mode: 0o755 });
    const repository = repositoryOf({
      ".gitattributes": "* filter=evil diff=evil merge=evil\n",
      ".gitmodules": '[submodule "s"]\n path = s\n url = ext::touch% x\n',
      "a.nix": "1",
      outside: { link: "/etc" },
    });
    for (const [key, value] of [
      ["core.fsmonitor", program],
      ["core.sshCommand", program],
      ["core.editor", program],
      ["core.pager", program],
      ["core.gitProxy", program],
      ["core.askPass", program],
      ["core.alternateRefsCommand", program],
      ["filter.evil.clean", program],
      ["filter.evil.smudge", program],
      ["filter.evil.process", program],
      ["filter.evil.required", "true"],
      ["diff.evil.command", program],
      ["diff.evil.textconv", program],
      ["diff.external", program],
      ["merge.evil.driver", program],
      ["credential.helper", program],
      ["uploadpack.packObjectsHook", program],
      ["protocol.ext.allow", "always"],
      ["protocol.file.allow", "always"],
      ["submodule.recurse", "true"],
      ["alias.rev-parse", `!${program}`],
      ["extensions.partialClone", "origin"],
      ["remote.origin.promisor", "true"],
      ["remote.origin.url", `ext::${program}`],
      ["remote.origin.uploadpack", program],
    ] as const) {
      gitIn(repository, "config", key, value);
    }
    for (const hook of ["post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"]) {
      execFileSync("ln", ["-sf", program, join(repository, ".git", "hooks", hook)]);
    }
    return { repository, trap };
  }

  it("with hooks, filters, monitors, drivers and remotes that are programs", async () => {
    const { repository, trap } = armed();
    // Another time stamp makes git look into the file, which is when it would filter it.
    execFileSync("touch", ["-d", "2031-01-01", join(repository, "a.nix")]);
    const git = await open(repository);
    const commit = await git.resolve("main", signal);

    await using checkout = await git.checkout(commit, signal);
    await git.changedFiles(commit, commit, signal);
    await git.readFile(commit, "a.nix", signal);
    await userError(git.resolve("0123456789012345678901234567890123456789", signal));

    expect(existsSync(trap) ? readFileSync(trap, "utf8") : "").toBe("");
    expect(readFileSync(join(checkout.directory, "a.nix"), "utf8")).toBe("1");
    expect(lstatSync(join(checkout.directory, "outside")).isSymbolicLink()).toBe(true);
  });

  it("and the trap would have shown it", () => {
    const { repository, trap } = armed();
    writeFiles(repository, { "a.nix": "2" });

    try {
      gitIn(repository, "status");
    } catch {
      // Whatever git makes of such a repository.
    }

    expect(readFileSync(trap, "utf8")).not.toBe("");
  });
});
