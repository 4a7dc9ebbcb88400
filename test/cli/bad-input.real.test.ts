/**
 * What bad input gets: what was seen, what to do, the right exit status; never a trace, a success or a zero.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Ended, modprobot, readReport, temporaryDirectory } from "../harness/modprobot.ts";

const work = temporaryDirectory();
const repo = join(work, "repo");

function git(directory: string, ...args: string[]): string {
  const identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
  return execFileSync("git", ["-C", directory, ...identity, ...args], { encoding: "utf8" }).trim();
}

function commit(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, ".."), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  git(directory, "add", "-A");
  git(directory, "commit", "-q", "--allow-empty", "-m", "a commit");
}

const SET =
  '{ system ? "x86_64-linux", config ? { } }: { linux = derivation { name = "linux"; inherit system; builder = "/bin/sh"; }; }';

beforeAll(() => {
  git(work, "init", "-q", "-b", "main", "repo");
  commit(repo, { "default.nix": SET });
  commit(repo, { "default.nix": `${SET}\n# changed` });
});

function check(...more: string[]): Promise<Ended> {
  const all = ["check", "--data", join(work, "data"), ...more];
  if (!more.includes("--repo")) all.push("--repo", repo);
  if (!more.includes("--base")) all.push("--base", "HEAD~1");
  if (!more.includes("--head")) all.push("--head", "HEAD");
  return modprobot(all);
}

function refused(ended: Ended, status: number, ...words: (string | RegExp)[]): void {
  expect(ended.stderr).not.toMatch(/^\s+at .*\.ts:\d+/m);
  for (const word of words) expect(ended.stderr).toMatch(word);
  expect(ended.stdout).toBe("");
  expect(ended.status).toBe(status);
}

describe("what the caller gave wrongly ends with 2", () => {
  it("a repository that is not there", async () => {
    refused(
      await check("--repo", join(work, "nowhere")),
      2,
      /nowhere/,
      /does not exist|there is no directory/,
    );
  });

  it("a directory that is no git repository", async () => {
    mkdirSync(join(work, "plain"));

    refused(await check("--repo", join(work, "plain")), 2, /plain/, /git/);
  });

  it("uncommitted changes", async () => {
    const dirty = join(work, "dirty");
    git(work, "clone", "-q", repo, "dirty");
    writeFileSync(join(dirty, "default.nix"), "{ }");

    refused(await check("--repo", dirty), 2, /uncommitted/, /default\.nix/, /--allow-dirty/);
  });

  it("a revision nobody knows", async () => {
    refused(await check("--head", "maim"), 2, /maim/, /\bmain\b/);
  });

  it("base and head the same", async () => {
    refused(await check("--base", "HEAD", "--head", "main"), 2, /same commit/);
  });

  it("no default.nix", async () => {
    const empty = join(work, "empty");
    git(work, "init", "-q", "-b", "main", "empty");
    commit(empty, { readme: "1" });
    commit(empty, { readme: "2" });

    refused(await check("--repo", empty), 2, /default\.nix/, /entry/);
  });

  it("a configuration with five mistakes: all five, each with its path", async () => {
    const file = join(work, "five.yml");
    writeFileSync(
      file,
      [
        "kernel: [linux]",
        "systems: x86_64-linux",
        "limits:",
        "  buildSeconds: soon",
        "modprobe: [3]",
        "recipes: ['../../etc']",
        "",
      ].join("\n"),
    );

    const ended = await check("--config", file);

    refused(ended, 2, /kernel\b.*kernels/, /systems/, /limits\.buildSeconds/, /modprobe/, /recipes/);
  });

  it("a configuration file that is not there", async () => {
    refused(await check("--config", join(work, "none.yml")), 2, /none\.yml/);
  });

  it("a kernel attribute that does not exist, with the near ones", async () => {
    const file = join(work, "attr.yml");
    writeFileSync(file, "kernels: [linnux]\nrecipes: ['**']\n");

    refused(await check("--config", file), 2, /linnux/, /\blinux\b/);
  });

  it("a report file in a directory that is not there, before any work", async () => {
    refused(await check("--json", join(work, "no/such/report.json")), 2, /--json/, /no\/such/);
  });

  it("a missing option", async () => {
    refused(await modprobot(["check", "--repo", repo]), 2, /--base/);
  });

  it.each(["serve", "worker"])("`%s` without its settings, all that are missing at once", async (name) => {
    refused(await modprobot([name]), 2, /APP_ID/, /PRIVATE_KEY/);
  });

  it("`pr` with something that is no pull request", async () => {
    refused(await modprobot(["pr", "nixpkgs"]), 2, /nixpkgs/, /owner\/repo#number/);
  });

  it("an unknown command, with the near one", async () => {
    refused(await modprobot(["chekc"]), 2, /chekc/, /check/);
  });
});

describe("what the machine lacks ends with 3", () => {
  /** A PATH that has everything the program needs but the programs left out. */
  function pathWithout(...missing: string[]): string {
    const directory = join(work, `path-without-${missing.join("-")}`);
    mkdirSync(directory, { recursive: true });
    const found = execFileSync("bash", ["-c", "compgen -c | sort -u"], { encoding: "utf8" });
    for (const name of found.split("\n")) {
      if (!/^[a-z0-9][a-z0-9_.+-]*$/i.test(name) || missing.some((m) => name.startsWith(m))) continue;
      try {
        const file = execFileSync("which", [name], { encoding: "utf8" }).trim();
        symlinkSync(file, join(directory, name));
      } catch {
        // A shell word, or there already.
      }
    }
    return directory;
  }

  it("no Nix", async () => {
    const ended = await modprobot(
      ["check", "--repo", repo, "--base", "HEAD~1", "--head", "HEAD", "--data", join(work, "data")],
      { PATH: pathWithout("nix") },
    );

    refused(ended, 3, /nix/i, /install|bin\/setup/i);
  });

  it.each([
    ["off", "sandbox = false\n", /sandbox/],
    ["relaxed", "sandbox = relaxed\n", /relaxed/],
    ["allowed to fall back", "sandbox = true\nsandbox-fallback = true\n", /sandbox-fallback/],
  ])("Nix's sandbox %s", async (_name, text, word) => {
    const conf = join(work, `nix-conf-${_name.replaceAll(" ", "-")}`);
    mkdirSync(conf);
    writeFileSync(join(conf, "nix.conf"), `${text}build-users-group = nixbld\n`);

    const ended = await modprobot(
      ["check", "--repo", repo, "--base", "HEAD~1", "--head", "HEAD", "--data", join(work, "data")],
      { NIX_CONF_DIR: conf },
    );

    refused(ended, 3, word, /nix\.conf/);
  });

  /** A file system of its own that is soon full; removed when the file's tests end. */
  function smallDisk(name: string, size: string): string {
    const directory = join(work, name);
    mkdirSync(directory);
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", directory]);
    mounted.push(directory);
    return directory;
  }
  const mounted: string[] = [];
  afterEach(() => {
    for (const directory of mounted.splice(0)) execFileSync("umount", ["--lazy", directory]);
  });

  it.runIf(process.getuid?.() === 0)("no room for an evaluation", async () => {
    refused(await check("--data", join(smallDisk("small-data", "12k"), "data")), 3, /disk|space|room/i);
  });

  it.runIf(process.getuid?.() === 0)("no room for a build, which is never the change's fault", async () => {
    const small = smallDisk("small-tmp", "24m");
    const big = join(work, "big");
    const recipe = (note: string) =>
      `{ system ? "x86_64-linux", config ? { } }: { linux = derivation { name = "linux"; inherit system; builder = "/bin/sh";
         args = [ "-c" "head -c 64000000 /dev/zero > big && echo ${note} ${work} > $out" ]; PATH = "/bin:/usr/bin"; }; }`;
    git(work, "init", "-q", "-b", "main", "big");
    commit(big, {
      "default.nix": recipe("1"),
      ".github/modprobot.yml": "kernels: [linux]\nrecipes: ['**']\nvmTests: []\n",
    });
    commit(big, { "default.nix": recipe("2") });
    const json = join(work, "big.json");

    const ended = await modprobot(
      [
        "check",
        "--repo",
        big,
        "--base",
        "HEAD~1",
        "--head",
        "HEAD",
        "--data",
        join(work, "data"),
        "--json",
        json,
      ],
      { TMPDIR: small },
    );

    const report = readReport(json);
    expect(ended.stdout + ended.stderr).toMatch(/disk|space/i);
    expect(report.verdict).toBe("neutral");
    expect(report.findings).toEqual([]);
    expect(report.stages.find((stage) => stage.stage === "build")?.status).toBe("not-run");
    expect(ended.status).toBe(3);
  });
});

it("a data directory below a file ends with 2", async () => {
  const file = join(work, "a-file");
  writeFileSync(file, "");

  refused(await check("--data", join(file, "data")), 2, /a-file/, /no directory/);
});
