import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { createGit } from "../../src/git/git.ts";
import { openPool } from "../../src/git/pool-places.ts";
import type { Place } from "../../src/git/worktree.ts";
import { takeKept } from "../../src/git/worktree-pool.ts";
import {
  commitFiles,
  emptyRepository,
  type Files,
  gitIn,
  repositoryOf,
  temporaryDirectory,
  writeFiles,
} from "./repositories.ts";

const signal = new AbortController().signal;

function open(repository: string, keptDirectory?: string) {
  return createGit({
    repository,
    temporaryDirectory: temporaryDirectory(),
    ...(keptDirectory === undefined ? {} : { keptDirectory }),
    allowDirty: true,
    signal,
  });
}

/** Everything in a directory with kind, permissions and content, as bytes. */
function contentsOf(directory: string): string {
  const script =
    "find . -mindepth 1 -printf '%P %y %m %l\\0' | sort -z; find . -type f -print0 | sort -z | xargs -0r sha256sum";
  return execFileSync("sh", ["-c", script], { cwd: directory, encoding: "latin1" });
}

/** What a checkout that is not kept looks like. */
async function afresh(repository: string, commit: string): Promise<string> {
  const git = await open(repository);
  await using checkout = await git.checkout(commit, signal);
  return contentsOf(checkout.directory);
}

/** Checks a commit out, and gives it back. @returns its contents, and what tells the file `same` from another of that name */
async function visit(repository: string, commit: string, pool: string) {
  const git = await open(repository, pool);
  await using checkout = await git.checkout(commit, signal);
  expect(checkout.directory.startsWith(pool)).toBe(true);
  return { contents: contentsOf(checkout.directory), same: identityOf(join(checkout.directory, "same")) };
}

function identityOf(file: string): string {
  const { ino, ctimeNs } = lstatSync(file, { bigint: true });
  return `${ino} ${ctimeNs}`;
}

function theOnlyKept(pool: string): string {
  const [name, ...others] = readdirSync(pool);
  expect(others).toEqual([]);
  expect(name).toMatch(/^kept-/);
  return join(pool, name ?? "");
}

/** Two commits that share the file `same`; what is ignored is in them too. */
function twoCommits(before: Files, after: Files) {
  const repository = emptyRepository();
  const [base, head] = [before, after].map((files) => {
    execFileSync(
      "find",
      [".", "-mindepth", "1", "-maxdepth", "1", "!", "-name", ".git", "-exec", "rm", "-r", "{}", "+"],
      {
        cwd: repository,
      },
    );
    writeFiles(repository, { same: "same", ...files });
    gitIn(repository, "add", "--force", "--all");
    gitIn(repository, "commit", "--quiet", "--message", "files");
    return gitIn(repository, "rev-parse", "HEAD");
  }) as [string, string];
  return { repository, base, head };
}

/** The same files and an empty directory `sub`. */
function withSubmodule(repository: string, commit: string): string {
  gitIn(repository, "read-tree", commit);
  gitIn(repository, "update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},sub`);
  return gitIn(repository, "commit-tree", "-m", "submodule", gitIn(repository, "write-tree"));
}

/** A tree made of raw lines for `git mktree -z`, for what no working tree here can hold. */
function commitOf(
  repository: string,
  entries: readonly (readonly [mode: string, hash: string, name: Buffer])[],
) {
  const input = Buffer.concat(
    entries.flatMap(([mode, hash, name]) => [
      Buffer.from(`${mode} ${mode === "160000" ? "commit" : "blob"} ${hash}\t`),
      name,
      Buffer.of(0),
    ]),
  );
  const tree = execFileSync("git", ["-C", repository, "mktree", "-z", "--missing"], {
    input,
    encoding: "utf8",
  });
  return gitIn(repository, "commit-tree", "-m", "raw", tree.trim());
}

function blobOf(repository: string, text: string): string {
  return execFileSync("git", ["-C", repository, "hash-object", "-w", "--stdin"], {
    input: text,
    encoding: "utf8",
  }).trim();
}

describe("a kept checkout", () => {
  it("of the very tree is used as it is", async () => {
    const { repository, base } = twoCommits({ a: "1" }, { a: "2" });
    const pool = join(temporaryDirectory(), "data", "git", "worktrees");

    const first = await visit(repository, base, pool);
    const second = await visit(repository, base, pool);

    expect(second).toEqual(first);
    expect(second.contents).toBe(await afresh(repository, base));
    theOnlyKept(pool);
  });

  it.each<{ name: string; before: Files; after: Files }>([
    { name: "other contents of the same length", before: { a: "1" }, after: { a: "2" } },
    { name: "files and directories that come and go", before: { "a/b/c/d": "1" }, after: { "e/f/g": "1" } },
    { name: "a file in place of a directory", before: { "a/b/c": "1", "a/d": "1" }, after: { a: "1" } },
    {
      name: "a link in place of a directory",
      before: { "a/b": "1" },
      after: { a: { link: "elsewhere" }, "elsewhere/b": "2" },
    },
    { name: "a link in place of a file", before: { a: "1" }, after: { a: { link: "same" } } },
    {
      name: "a link that leads elsewhere",
      before: { a: { link: "/nonexistent" } },
      after: { a: { link: "/etc" } },
    },
    {
      name: "names with line ends, quotes and blanks",
      before: { "a\nb": "1", ' "c ': "1" },
      after: { "a\n": "1", ' "c ': "2" },
    },
    {
      name: "a tree that hides everything from git",
      before: { ".gitignore": "*\n", "x/y": "1" },
      after: { ".gitignore": "*\n!z\n", z: "1" },
    },
    {
      name: "line ends by attributes that stay",
      before: { ".gitattributes": "*.txt eol=crlf\n$Id$\n", "a.txt": "1\n" },
      after: { ".gitattributes": "*.txt eol=crlf\n$Id$\n", "a.txt": "1\n2\n", "b.txt": "1\n" },
    },
  ])("becomes another tree, and is what a fresh one would be: $name", async ({ before, after }) => {
    const { repository, base, head } = twoCommits(before, after);
    const pool = temporaryDirectory();

    const first = await visit(repository, base, pool);
    const there = await visit(repository, head, pool);
    const back = await visit(repository, base, pool);

    expect(there.contents).toBe(await afresh(repository, head));
    expect(back.contents).toBe(first.contents);
    expect([there.same, back.same]).toEqual([first.same, first.same]);
  });

  it("becomes another tree with executables, submodules and names that are no UTF-8", async () => {
    const repository = emptyRepository();
    const [one, two] = [blobOf(repository, "1"), blobOf(repository, "2")];
    const same = ["100644", one, Buffer.from("same")] as const;
    const submodule = ["160000", "1".repeat(40), Buffer.from("sub")] as const;
    const base = commitOf(repository, [
      ["100755", one, Buffer.from("run")],
      same,
      submodule,
      ["100644", one, Buffer.of(0xff, 0x61)],
    ]);
    const head = commitOf(repository, [
      ["100644", one, Buffer.from("run")],
      same,
      ["100644", two, Buffer.of(0xfe, 0x61)],
    ]);
    gitIn(repository, "update-ref", "refs/heads/main", head);
    const pool = temporaryDirectory();

    const first = await visit(repository, base, pool);
    const there = await visit(repository, head, pool);
    const back = await visit(repository, base, pool);

    expect(first.contents).toContain("sub d 755");
    expect(first.contents).toContain("\xffa f 644");
    expect(there.contents).toBe(await afresh(repository, head));
    expect(back.contents).toBe(await afresh(repository, base));
    expect([there.same, back.same]).toEqual([first.same, first.same]);
  });

  it("of another repository is changed without that one's objects", async () => {
    const one = repositoryOf({ same: "same", a: "1", link: { link: "a" } });
    const other = repositoryOf({ same: "same", b: "2", link: { link: "b" } });
    const pool = temporaryDirectory();

    const first = await visit(one, gitIn(one, "rev-parse", "HEAD"), pool);
    rmSync(one, { recursive: true });
    const second = await visit(other, gitIn(other, "rev-parse", "HEAD"), pool);

    expect(second.same).toBe(first.same);
    expect(second.contents).toBe(await afresh(other, gitIn(other, "rev-parse", "HEAD")));
  });
});

/** What may have happened to a kept checkout of `{ same, a, dir/x, .gitignore }` and a submodule `sub`. */
const DAMAGE: Readonly<Record<string, (kept: string, outside: string) => void>> = {
  "a file was changed": (kept) => appendFileSync(join(kept, "tree/a"), "more"),
  "a file was changed, and its length and time set as they were": (kept) => {
    const file = join(kept, "tree/a");
    const { atime, mtime } = lstatSync(file);
    writeFileSync(file, "X");
    utimesSync(file, atime, mtime);
  },
  "a file was removed": (kept) => rmSync(join(kept, "tree/a")),
  "a file was made executable": (kept) => chmodSync(join(kept, "tree/a"), 0o755),
  "a directory was closed to others": (kept) => chmodSync(join(kept, "tree/dir"), 0o700),
  "a file was added that the tree's own .gitignore hides": (kept) =>
    writeFileSync(join(kept, "tree/new"), ""),
  "an empty directory was added": (kept) => mkdirSync(join(kept, "tree/dir/empty")),
  "a .git was added, which git does not see": (kept) => writeFileSync(join(kept, "tree/dir/.git"), ""),
  "a submodule was filled": (kept) => writeFileSync(join(kept, "tree/sub/default.nix"), ""),
  "a directory became a link to another place": (kept, outside) => {
    rmSync(join(kept, "tree/dir"), { recursive: true });
    symlinkSync(outside, join(kept, "tree/dir"));
  },
  "a directory became a link to its own twin": (kept) => {
    renameSync(join(kept, "tree/dir"), join(kept, "dir"));
    symlinkSync("../dir", join(kept, "tree/dir"));
  },
  "all of it became a link to another place": (kept, outside) => {
    rmSync(join(kept, "tree"), { recursive: true });
    symlinkSync(outside, join(kept, "tree"));
  },
  "the kept directory became a link to another place": (kept, outside) => {
    rmSync(kept, { recursive: true });
    symlinkSync(outside, kept);
  },
  "it was removed but for its name": (kept) => {
    rmSync(kept, { recursive: true });
    mkdirSync(kept);
  },
  "the index is gone": (kept) => rmSync(join(kept, "index")),
  "the index is cut short": (kept) => truncateSync(join(kept, "index"), 40),
  "the index is empty": (kept) => truncateSync(join(kept, "index"), 0),
  "the index is locked for ever": (kept) => writeFileSync(join(kept, "index.lock"), ""),
  "the record is gone": (kept) => rmSync(join(kept, "record.json")),
  "the record is cut short": (kept) => truncateSync(join(kept, "record.json"), 40),
  "the record is a directory": (kept) => {
    rmSync(join(kept, "record.json"));
    mkdirSync(join(kept, "record.json"));
  },
  "the record is a later version's": (kept) => edit(kept, { format: 2 }),
  "the machine was started anew": (kept) => edit(kept, { boot: "another" }),
};

function edit(kept: string, change: object): void {
  const file = join(kept, "record.json");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...change }));
}

describe("a kept checkout that is not what it was is not used", () => {
  const cases = Object.keys(DAMAGE).flatMap((what) => [
    [what, "the same tree"],
    [what, "another tree"],
  ]);

  it.each(cases)("%s, and %s is wanted", async (what, wanted) => {
    const files = { ".gitignore": "*\n" };
    const { repository, head, ...one } = twoCommits(
      { ...files, a: "1", "dir/x": "1" },
      { ...files, a: "2", "dir/x": "2", "dir/y": "1" },
    );
    const base = withSubmodule(repository, one.base);
    const pool = temporaryDirectory();
    const outside = temporaryDirectory();
    for (const name of ["x", "a", "same", "default.nix"]) writeFileSync(join(outside, name), "outside");
    const before = await visit(repository, base, pool);
    DAMAGE[what]?.(theOnlyKept(pool), outside);
    const outsideBefore = contentsOf(outside);

    const commit = wanted === "the same tree" ? base : head;
    const after = await visit(repository, commit, pool);

    expect(after.contents).toBe(await afresh(repository, commit));
    expect(after.same).not.toBe(before.same);
    expect(contentsOf(outside)).toBe(outsideBefore);
    expect(readdirSync(pool).filter((name) => name.startsWith("in-use-"))).toEqual([]);
  });

  it("and without any damage it is", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();

    const before = await visit(repository, base, pool);
    const after = await visit(repository, head, pool);

    expect(after.same).toBe(before.same);
  });

  it("has no record while it is being changed", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const keptDirectory = temporaryDirectory();
    await visit(repository, base, keptDirectory);
    const hash = gitIn(repository, "rev-parse", `${head}:a`);
    rmSync(join(repository, ".git/objects", hash.slice(0, 2), hash.slice(2)));
    const pool = await openPool(keptDirectory, "sha1", temporaryDirectory());
    if (pool === undefined) throw new Error("nothing can be kept on this machine");
    const dropped: Place[] = [];
    const wanted = {
      tree: gitIn(repository, "rev-parse", `${head}^{tree}`),
      mirror: join(repository, ".git"),
    };

    const taken = await takeKept(wanted, pool, dropped, signal);

    expect(taken).toBeUndefined();
    expect(dropped.map(({ directory }) => readdirSync(directory).sort())).toEqual([["index", "tree"]]);
  });

  it("where git could not lay it out to the letter: directories take their group from above", async () => {
    const { repository, base } = twoCommits({ "dir/a": "1" }, { a: "2" });
    const pool = temporaryDirectory();
    chmodSync(pool, 0o2755);

    await visit(repository, base, pool);

    expect(readdirSync(pool)).toEqual([]);
  });

  it("where attributes differ, files that did not change would be written differently", async () => {
    const lines = { "a.txt": "1\n2\n" };
    const { repository, base, head } = twoCommits(
      { ...lines, ".gitattributes": "a.txt eol=lf\n" },
      { ...lines, ".gitattributes": "a.txt eol=crlf\n" },
    );
    const pool = temporaryDirectory();

    const first = await visit(repository, base, pool);
    const second = await visit(repository, head, pool);

    expect(second.contents).toBe(await afresh(repository, head));
    expect(second.same).not.toBe(first.same);
    expect(readdirSync(pool)).toHaveLength(2);
  });

  it("where new files would have other permissions", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();
    await visit(repository, base, pool);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));

    const { contents } = await visit(repository, head, pool);

    expect(contents).toBe(await afresh(repository, head));
    expect(contents).toContain("same f 600");
  });

  it("where objects have names of another kind", async () => {
    const pool = temporaryDirectory();
    const one = repositoryOf({ same: "same" });
    const other = temporaryDirectory();
    gitIn(other, "init", "--quiet", "--initial-branch=main", "--object-format=sha256");
    commitFiles(other, { same: "same", a: "1" });

    const first = await visit(one, gitIn(one, "rev-parse", "HEAD"), pool);
    const second = await visit(other, gitIn(other, "rev-parse", "HEAD"), pool);

    expect(second.same).not.toBe(first.same);
    expect(second.contents).toBe(await afresh(other, gitIn(other, "rev-parse", "HEAD")));
    expect(readdirSync(pool)).toHaveLength(2);
  });
});

describe("a pool", () => {
  it("gives no checkout to two at once, however many ask", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();
    await visit(repository, base, pool);
    const gits = await Promise.all(Array.from({ length: 6 }, () => open(repository, pool)));

    const checkouts = await Promise.all(gits.map((git, n) => git.checkout(n % 2 ? head : base, signal)));

    expect(new Set(checkouts.map(({ directory }) => directory)).size).toBe(6);
    const [atBase, atHead] = [await afresh(repository, base), await afresh(repository, head)];
    expect(checkouts.map(({ directory }) => contentsOf(directory))).toEqual([
      atBase,
      atHead,
      atBase,
      atHead,
      atBase,
      atHead,
    ]);
    for (const checkout of checkouts) await checkout[Symbol.asyncDispose]();
    expect(readdirSync(pool).map((name) => name.slice(0, 5))).toEqual(Array(4).fill("kept-"));
  });

  it("keeps the four that were used last", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();
    const git = await open(repository, pool);
    const checkouts = [];
    for (let n = 0; n < 5; n += 1) checkouts.push(await git.checkout(n === 0 ? head : base, signal));
    for (const checkout of checkouts) {
      await checkout[Symbol.asyncDispose]();
      await sleep(2);
    }

    const trees = readdirSync(pool).map(
      (name) => JSON.parse(readFileSync(join(pool, name, "record.json"), "utf8")).tree,
    );

    expect(trees).toEqual(Array(4).fill(gitIn(repository, "rev-parse", `${base}^{tree}`)));
  });

  it("is rid of what killed processes left, and of nothing else", async () => {
    const { repository, base } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();
    const git = await open(repository, pool);
    const checkout = await git.checkout(base, signal);
    const [own = ""] = readdirSync(pool);
    const [, place = "", started = ""] = /^in-use-(\w+)-\d+-(\d+)-/.exec(own) ?? [];
    const dead = `in-use-${place}-${2 ** 22 + 1}-5-${Date.now()}_a`;
    const alive = `in-use-${place}-${process.pid}-${started}-1_b`;
    const elsewhere = `in-use-0123456789-7-5-${Date.now()}_c`;
    const longAgo = "in-use-0123456789-7-5-1700000000000_d";
    for (const name of [dead, alive, elsewhere, longAgo, "notes"])
      mkdirSync(join(pool, name, "tree"), { recursive: true });

    await checkout[Symbol.asyncDispose]();

    expect(
      readdirSync(pool)
        .filter((name) => !name.startsWith("kept-"))
        .sort(),
    ).toEqual([elsewhere, alive, "notes"].sort());
  });

  it("keeps nothing half changed when the work is interrupted", async () => {
    const { repository, base, head } = twoCommits({ a: "1" }, { a: "2" });
    const pool = temporaryDirectory();
    await visit(repository, base, pool);
    const git = await open(repository, pool);

    for (const delay of [0, 2, 5, 10, 20, 30, 40]) {
      const abort = new AbortController();
      const checkout = git.checkout(head, abort.signal).catch((error: unknown) => error);
      await sleep(delay);
      abort.abort();
      const ended = await checkout;
      if (ended instanceof Error) expect(ended).toBeInstanceOf(Interrupted);
      else await (ended as AsyncDisposable)[Symbol.asyncDispose]();
      expect(readdirSync(pool).filter((name) => name.startsWith("in-use-"))).toEqual([]);
    }

    expect((await visit(repository, head, pool)).contents).toBe(await afresh(repository, head));
  });

  it("survives processes that are killed at any moment", async () => {
    const many = (text: string) =>
      Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`d${n % 9}/f${n}`, text]));
    const { repository, base, head } = twoCommits(many("1"), many("2"));
    const pool = temporaryDirectory();
    const temporary = temporaryDirectory();
    const program = `
      import { createGit } from ${JSON.stringify(join(import.meta.dirname, "../../src/git/git.ts"))};
      const signal = new AbortController().signal;
      const git = await createGit(${JSON.stringify({ repository, temporaryDirectory: temporary, keptDirectory: pool, allowDirty: true })});
      console.log("ready");
      for (;;) for (const commit of ${JSON.stringify([base, head])}) await (await git.checkout(commit, signal))[Symbol.asyncDispose]();
    `.replace("createGit({", "createGit({ signal,");

    for (const delay of [30, 90, 150, 210, 270, 330]) {
      const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(child.stdout, "data");
      await sleep(delay);
      child.kill("SIGKILL");
      await once(child, "exit");

      for (const commit of [base, head])
        expect((await visit(repository, commit, pool)).contents).toBe(await afresh(repository, commit));
    }
    expect(readdirSync(pool).filter((name) => name.startsWith("in-use-"))).toEqual([]);
  });

  it("says that a partial clone is one, as without it", async () => {
    const { repository: origin, base, head } = twoCommits({ a: "1" }, { a: "2" });
    gitIn(origin, "config", "uploadpack.allowFilter", "true");
    const clone = join(temporaryDirectory(), "clone");
    gitIn(origin, "clone", "--quiet", "--filter=blob:none", `file://${origin}`, clone);
    const pool = temporaryDirectory();
    await visit(origin, head, pool);
    const git = await open(clone, pool);

    await expect(git.checkout(base, signal)).rejects.toMatchObject({ code: "partial-clone" });

    expect(readdirSync(pool).filter((name) => name.startsWith("in-use-"))).toEqual([]);
  });

  it("that cannot be written to costs nothing but time", async () => {
    const repository = repositoryOf({ a: "1" });
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const git = await open(repository, join(file, "worktrees"));

    const checkout = await git.checkout(gitIn(repository, "rev-parse", "HEAD"), signal);

    expect(readdirSync(checkout.directory)).toEqual(["a"]);
    await checkout[Symbol.asyncDispose]();
    expect(existsSync(checkout.directory)).toBe(false);
  });

  it("that is full says where, and lets go what it keeps before it does", async () => {
    const small = temporaryDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small]);
    onTestFinished(() => void execFileSync("umount", [small]));
    const repository = repositoryOf({ ".gitattributes": "a -text\n", a: "1".repeat(2_500_000) });
    const first = gitIn(repository, "rev-parse", "HEAD");
    const second = commitFiles(repository, {
      ".gitattributes": "b -text\n",
      a: null,
      b: "2".repeat(2_500_000),
    });
    const tooLarge = commitFiles(repository, { c: "3".repeat(2_500_000) });
    const git = await open(repository, small);

    for (const commit of [first, second]) {
      await using checkout = await git.checkout(commit, signal);
      expect(contentsOf(checkout.directory)).toBe(await afresh(repository, commit));
    }
    const error: unknown = await git.checkout(tooLarge, signal).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(EnvironmentError);
    expect(error).toMatchObject({ code: "disk-full" });
    expect(String((error as EnvironmentError).message)).toContain(small);
    expect((error as EnvironmentError).details).toContain("--data");
    expect(readdirSync(small)).toEqual([]);
  });
});
