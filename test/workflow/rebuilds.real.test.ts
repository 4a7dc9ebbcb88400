/**
 * Rebuilds of a small package set, with a real git and a real Nix: why each is rebuilt, what was predicted, and what had to be
 * laid out for it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import type { CheckResult, SystemRebuilds } from "../../src/domain/check-result.ts";
import { createGit } from "../../src/git/git.ts";
import { createNix, type NixOptions } from "../../src/nix/adapter.ts";
import type { SavedEvaluation } from "../../src/nix/saved-evaluation.ts";
import { readSealed } from "../../src/nix/sealed-file.ts";
import { reportSchema } from "../../src/report/schema.ts";
import { check } from "../../src/workflow/check.ts";
import type { CheckRequest } from "../../src/workflow/world.ts";
import { commitFiles, type Files, gitIn, writeFiles } from "../git/repositories.ts";
import { modprobot, temporaryDirectory } from "../harness/modprobot.ts";
import { keepsParsed } from "../nix/package-set.ts";

const SYSTEM = "x86_64-linux";
const signal = new AbortController().signal;

const SH = `derivation { inherit system; builder = "/bin/sh"; args = [ "-e" ./build.sh ];`;
const pkg = (attrs: string) => `{ system, pkgs }:\n${SH} ${attrs} }\n`;

const BASE: Files = {
  "default.nix": `{ system, config }:
    let call = file: import file { inherit system; pkgs = self; };
        self = (import ./pkgs/list.nix { inherit call; }) // { linux = call ./kernel/linux.nix; };
    in self`,
  "pkgs/list.nix": `{ call }: {
    zlib = call ./zlib.nix; tool = call ./tool.nix; deep = call ./deep.nix; module = call ./module.nix;
    flags = call ./flags.nix; shell = call ./shell.nix; script = call ./script/script.nix; patched = call ./patched.nix;
    structured = call ./structured.nix; fetched = call ./fetched.nix; fewer = call ./fewer.nix; reads = call ./reads.nix;
    same = call ./same.nix; split = call ./split.nix;
  }`,
  "pkgs/build.sh": "echo > $out",
  "pkgs/script/build.sh": "echo > $out",
  "kernel/build.sh": "mkdir $out $dev",
  "kernel/linux.nix": pkg(`name = "linux-6.1"; version = "6.1"; outputs = [ "out" "dev" ];`).replace(
    /\n$/,
    ' // { flavour = "plain"; }\n',
  ),
  "pkgs/zlib.nix": pkg(`name = "zlib-1.2"; version = "1.2";`),
  "pkgs/tool.nix": pkg(`name = "tool-1"; inherit (pkgs) zlib;`),
  "pkgs/deep.nix": pkg(`name = "deep-1"; inherit (pkgs) tool;`),
  "pkgs/module.nix": pkg(`name = "module-1"; kernel = pkgs.linux.dev;`),
  "pkgs/flags.nix": pkg(`name = "flags-1"; CFLAGS = "-O2";`),
  "pkgs/shell.nix": pkg(`name = "shell-1";`),
  "pkgs/script/script.nix": pkg(`name = "script-1";`),
  "pkgs/patched.nix": pkg(`name = "patched-1"; patches = [ ./one.patch ];`),
  "pkgs/one.patch": "one",
  "pkgs/structured.nix": pkg(`name = "structured-1"; __structuredAttrs = true; options = { size = 1; };`),
  "pkgs/fetched.nix": pkg(
    `name = "fetched-1"; src = derivation { inherit system; name = "source-1"; builder = "/bin/sh"; outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = "${"0".repeat(64)}"; };`,
  ),
  "pkgs/fewer.nix": pkg(`name = "fewer-1"; inputs = [ pkgs.same pkgs.flags ];`),
  "pkgs/reads.nix": pkg(`name = "reads-1"; kernelFlavour = pkgs.linux.flavour;`),
  "pkgs/same.nix": pkg(`name = "same-1";`),
  "pkgs/split.nix": pkg(`name = "split-1";`),
  "README.md": "A package set.",
};

const changed = (file: string, from: string, to: string): Files => {
  const text = BASE[file];
  if (typeof text !== "string" || !text.includes(from)) throw new Error(`${file} has no ${from}`);
  return { [file]: text.replace(from, to) };
};

const canWithhold = await keepsParsed();
const repository = temporaryDirectory();
const data = temporaryDirectory();
const otherData = temporaryDirectory();
const runDirectory = temporaryDirectory();

function branch(name: string, from: string, files: Files): string {
  gitIn(repository, "checkout", "--quiet", "-b", name, from);
  return commitFiles(repository, files);
}

beforeAll(() => {
  gitIn(repository, "init", "--quiet", "--initial-branch=main");
  writeFiles(repository, BASE);
  commitFiles(repository, {});
});

interface Rebuilds {
  readonly result: CheckResult;
  readonly system: SystemRebuilds;
  readonly why: Readonly<Record<string, readonly string[]>>;
  /** Commits whose files were laid out. */
  readonly laidOut: readonly string[];
}

async function rebuilds(
  base: string,
  head: string,
  more: Partial<CheckRequest> & Pick<Partial<NixOptions>, "dataDirectory" | "withholds"> = {},
): Promise<Rebuilds> {
  const { dataDirectory = data, withholds, ...request } = more;
  const temporary = await mkdtemp(join(runDirectory, "run-"));
  const git = await createGit({ repository, temporaryDirectory: temporary, allowDirty: true, signal });
  const laidOut: string[] = [];
  const why: Record<string, readonly string[]> = {};
  const { config } = parseConfig("recipes: [kernel/**]\nkernels: [linux]\nvmTests: []\n", "test");
  const [from, to] = [await git.resolve(base, signal), await git.resolve(head, signal)];
  const result = await check(
    { base: from, head: to, config, systems: [SYSTEM], scope: "rebuilds", ...request },
    {
      git: {
        ...git,
        async checkout(commit, signal) {
          laidOut.push(commit);
          return git.checkout(commit, signal);
        },
      },
      nix: createNix({
        dataDirectory,
        temporaryDirectory: temporary,
        ...(withholds === undefined ? {} : { withholds }),
      }),
      vm: {
        boot: async () => {
          throw new Error("nothing is booted");
        },
      },
      progress: { stage() {}, detail() {} },
      clock: () => 0,
      cores: 2,
      buildSystem: SYSTEM,
      onExplained: (attr, lines) => {
        why[attr] = lines;
      },
    },
    signal,
  );
  expect(reportSchema.parse(JSON.parse(JSON.stringify(result)))).toEqual(JSON.parse(JSON.stringify(result)));
  const system = result.rebuilds.systems[SYSTEM];
  if (system === undefined) throw new Error(`no ${SYSTEM}`);
  return { result, system, why, laidOut };
}

function evaluationsEndingIn(end: string): string[] {
  return readdirSync(join(data, "nix", "evaluations")).filter((name) => name.endsWith(end));
}

/** Files below the data directory that hold a graph. */
function graphFiles(): string[] {
  const evaluations = join(data, "nix", "evaluations");
  return readdirSync(evaluations)
    .map((name) => join(evaluations, name, "graph.zst"))
    .filter((file) => {
      try {
        return readFileSync(file).length > 0;
      } catch {
        return false;
      }
    });
}

describe("why each of these is rebuilt", () => {
  let all: Rebuilds;
  const expected: Readonly<Record<string, readonly string[]>> = {
    linux: ["linux-6.1.1", "  `name`: `linux-6.1` → `linux-6.1.1`", "  `version`: `6.1` → `6.1.1`"],
    deep: [
      "deep-1",
      "needs tool-1",
      "needs zlib-1.3",
      "  `name`: `zlib-1.2` → `zlib-1.3`",
      "  `version`: `1.2` → `1.3`",
    ],
    module: [
      "module-1",
      "needs linux-6.1.1 (dev)",
      "  `name`: `linux-6.1` → `linux-6.1.1`",
      "  `version`: `6.1` → `6.1.1`",
    ],
    flags: ["flags-1", "  `CFLAGS`: `-O2` → `-O3`"],
    shell: ["shell-1", "  builder: `/bin/sh` → `/bin/bash`"],
    script: ["script-1", "  arguments: `-e build.sh`, with other content", "  other source `build.sh`"],
    patched: ["patched-1", "  new source `two.patch`", "  `patches`: `one.patch` → `one.patch two.patch`"],
    structured: ["structured-1", '  `options`: `{"size":1}` → `{"size":2}`'],
    fetched: [
      "fetched-1",
      "needs source-1",
      `  \`outputHash\`: \`${"0".repeat(59)}…\` → \`${"1".repeat(59)}…\``,
    ],
    fewer: ["fewer-1", "  needs no `flags-1` any more", "  `inputs`: `same-1 flags-1` → `same-1`"],
    split: ["split-1", "  new output `doc`"],
    fresh: ["base has no such attribute", "fresh-1", "  base has nothing of this name"],
    gone: [],
    same: [],
  };

  beforeAll(async () => {
    branch("everything", "main", {
      ...changed("kernel/linux.nix", `"linux-6.1"; version = "6.1"`, `"linux-6.1.1"; version = "6.1.1"`),
      ...changed("pkgs/zlib.nix", `"zlib-1.2"; version = "1.2"`, `"zlib-1.3"; version = "1.3"`),
      ...changed("pkgs/flags.nix", "-O2", "-O3"),
      ...changed("pkgs/shell.nix", "/bin/sh", "/bin/bash"),
      "pkgs/script/build.sh": "echo else > $out",
      ...changed("pkgs/patched.nix", "./one.patch", "./one.patch ./two.patch"),
      "pkgs/two.patch": "two",
      ...changed("pkgs/structured.nix", "size = 1", "size = 2"),
      ...changed("pkgs/fetched.nix", "0".repeat(64), "1".repeat(64)),
      ...changed("pkgs/fewer.nix", "pkgs.same pkgs.flags", "pkgs.same"),
      ...changed("pkgs/split.nix", `name = "split-1";`, `name = "split-1"; outputs = [ "out" "doc" ];`),
      ...changed("pkgs/list.nix", "same = call", "fresh = call ./fresh.nix; same = call"),
      "pkgs/fresh.nix": pkg(`name = "fresh-1";`),
    });
    all = await rebuilds("main", "everything", {
      why: Object.keys(expected),
      dataDirectory: otherData,
    });
  });

  it.each(Object.keys(expected).map((attr) => [attr]))("%s", (attr) => {
    expect(all.why[attr]).toEqual(expected[attr]);
  });

  it("and how many of them because of what", () => {
    expect(all.system.attrs).toBe(14);
    expect(all.system.culprits?.map(({ name, attrs }) => [name, attrs])).toContainEqual(["zlib-1.3", 3]);
    expect(all.system.culprits?.map(({ name, attrs }) => [name, attrs])).toContainEqual(["linux-6.1.1", 2]);
    expect(all.system.prediction).toMatchObject({ status: "not-predicted", missed: null });
  });
});

describe("a prediction", () => {
  beforeAll(async () => {
    branch("bump", "main", changed("kernel/linux.nix", `version = "6.1"`, `version = "6.1.2"`));
    branch("flavour", "main", changed("kernel/linux.nix", `"plain"`, `"hardened"`));
    branch("list", "main", changed("pkgs/list.nix", "same = call", "also = call ./same.nix; same = call"));
    branch("later", "main", { "README.md": "A package set, and more." });
    branch("later-bump", "later", changed("kernel/linux.nix", `version = "6.1"`, `version = "6.1.3"`));
    branch("broken", "main", { "kernel/linux.nix": `{ system, pkgs }: throw "no"` });
  });

  it("alone needs an earlier evaluation, and says so", async () => {
    const { result, system } = await rebuilds("main", "bump", { scope: "prediction" });

    expect(result.verdict).toBe("neutral");
    expect(system).toMatchObject({ status: "not-run", attrs: null, prediction: { status: "not-predicted" } });
    expect(result.headline).toMatch(/not predicted: neither base nor one of the 300 commits before it/);
  });

  it("is not made where nothing is known, and the count is exact", async () => {
    const { system, laidOut } = await rebuilds("main", "bump");

    expect(system).toMatchObject({ status: "evaluated", attrs: 2, derivations: 2 });
    expect(system.culprits).toMatchObject([{ name: "linux-6.1", attrs: 2 }]);
    expect(laidOut).toHaveLength(2);
  });

  it("alone is quick: head's kernels are looked at, and base is not even laid out", async () => {
    const { result, system, laidOut } = await rebuilds("main", "later-bump", {
      scope: "prediction",
      why: ["module"],
    });

    expect(system).toMatchObject({
      status: "predicted",
      evaluated: null,
      attrs: 2,
      derivations: 2,
      changed: ["linux", "module"],
      prediction: { status: "predicted", graph: gitIn(repository, "rev-parse", "main") },
    });
    expect(result.verdict).toBe("success");
    expect(result.headline).toBe("ℹ️ Predicted, not evaluated: 2 rebuilds (2 derivations)");
    expect(laidOut).toEqual([gitIn(repository, "rev-parse", "later-bump")]);
  });

  it("is confirmed by the count, and of base nothing is laid out", async () => {
    const { system, laidOut } = await rebuilds("main", "later-bump");

    expect(system.prediction).toMatchObject({ status: "confirmed", attrs: 2, missed: 0, wrong: 0 });
    expect(laidOut).toEqual([gitIn(repository, "rev-parse", "later-bump")]);
  });

  it("says what the count would say of the causes, so that nothing of head has to be written", async () => {
    branch("bump-again", "main", changed("kernel/linux.nix", `version = "6.1"`, `version = "6.1.9"`));
    const before = evaluationsEndingIn("-look");
    const looked = await rebuilds("main", "bump-again");
    expect(evaluationsEndingIn("-look")).toHaveLength(before.length + 1);
    const written = await rebuilds("main", "bump-again", { why: ["module"] });

    expect(looked.system.prediction?.status).toBe("confirmed");
    expect(looked.system.culprits).toMatchObject([{ name: "linux-6.1", attr: "linux", attrs: 2 }]);
    expect(looked.system).toEqual(written.system);
    expect(written.why["module"]?.join(" ")).toContain("linux");
  });

  it("tells the causes also where base was not evaluated before, and is not called one then", async () => {
    const fresh = join(otherData, "fresh");
    const cold = await rebuilds("main", "bump-again", { dataDirectory: fresh });
    const written = await rebuilds("main", "bump-again", { why: ["module"] });

    expect(cold.system.prediction?.status).toBe("not-predicted");
    expect(cold.system.culprits).toEqual(written.system.culprits);
    const kept = readdirSync(join(fresh, "nix", "evaluations"));
    expect(kept.filter((name) => name.endsWith("-look"))).toHaveLength(1);
  });

  it("is made from what came before base where base itself is not known", async () => {
    const { system } = await rebuilds("later", "later-bump", { scope: "prediction" });

    expect(system).toMatchObject({
      attrs: 2,
      prediction: { status: "predicted", graph: gitIn(repository, "rev-parse", "main") },
    });
  });

  it("is corrected where something only reads what the kernel says of itself", async () => {
    const { system } = await rebuilds("main", "flavour");

    expect(system).toMatchObject({ status: "evaluated", attrs: 1, changed: ["reads"] });
    expect(system.prediction).toMatchObject({ status: "corrected", attrs: 0, missed: 1, wrong: 0 });
  });

  it("is not made where the change may matter to anything", async () => {
    const { system } = await rebuilds("main", "list");

    expect(system).toMatchObject({ status: "evaluated", attrs: 0, added: ["also"] });
    expect(system.culprits).toBeUndefined();
    expect(system.prediction).toMatchObject({
      status: "not-predicted",
      reason: "pkgs/list.nix may change any attribute",
    });
  });

  it("says what is broken among what it looked at", async () => {
    const { result, system } = await rebuilds("main", "broken", { scope: "prediction" });

    expect(system).toMatchObject({ status: "predicted", attrs: 0, broken: [{ attr: "linux" }] });
    expect(result.verdict).toBe("failure");
  });

  it("is the same where the graph that was kept is damaged", async () => {
    const before = await rebuilds("main", "bump", { scope: "prediction" });
    const files = graphFiles();
    for (const file of files) writeFileSync(file, readFileSync(file).subarray(0, 100));
    const after = await rebuilds("main", "bump", { scope: "prediction" });

    expect(files.length).toBeGreaterThan(0);
    expect(after.system).toEqual(before.system);
    expect(after.system.status).toBe("predicted");
  });
});

describe("with kernels withheld from base", () => {
  const heads: readonly [string, Files][] = [
    ["another version", changed("kernel/linux.nix", `version = "6.1"`, `version = "6.1.7"`)],
    ["another script", { "kernel/build.sh": "mkdir $out $dev $out/lib" }],
    ["what others read", changed("kernel/linux.nix", `"plain"`, `"other"`)],
    [
      "a kernel and something else",
      { ...changed("kernel/linux.nix", `"plain"`, `"third"`), "pkgs/build.sh": "echo 1 > $out" },
    ],
    [
      "a new file beside it",
      { ...changed("kernel/linux.nix", `"plain"`, `"fourth"`), "kernel/new.patch": "new" },
    ],
    ["one that fails", { "kernel/linux.nix": `{ system, pkgs }: throw "never"` }],
    ["one that cannot be read", { "kernel/linux.nix": "{" }],
    ["one file less", { ...changed("kernel/linux.nix", `"plain"`, `"fifth"`), "README.md": null }],
  ];

  it.each(heads)("%s: the same is rebuilt", async (name, files) => {
    const [head, withheld, whole] = [
      name.replaceAll(" ", "-"),
      join(otherData, "withheld"),
      join(otherData, "whole"),
    ];
    branch(head, "main", files);

    const kept = await rebuilds("main", head, { dataDirectory: withheld });
    const looked = await rebuilds("main", head, { dataDirectory: whole, withholds: false });

    expect(kept.result).toEqual(looked.result);
  });

  it.skipIf(!canWithhold)("what does not need them is not looked at again", async () => {
    const evaluations = join(otherData, "withheld/nix/evaluations");
    const saved = readdirSync(evaluations).map((name) =>
      readSealed(join(evaluations, name, "evaluation.json.zst")),
    );
    const withheld = (await Promise.all(saved)).map((one) => (one as SavedEvaluation | undefined)?.withheld);

    expect(withheld).toContainEqual({
      files: ["kernel/build.sh", "kernel/linux.nix"],
      needing: ["linux", "module", "reads"],
      warnings: [],
    });
  });
});

describe("on the command line", () => {
  const config = join(repository, ".git", "modprobot.yml");
  const run = (...more: string[]) => {
    writeFileSync(config, "recipes: [kernel/**]\nkernels: [linux]\nvmTests: []\n");
    const options = [
      "--repo",
      repository,
      "--base",
      "main",
      "--config",
      config,
      "--data",
      data,
      "--allow-dirty",
    ];
    return modprobot(["rebuilds", ...options, ...more, "--system", SYSTEM]);
  };

  it("a prediction with a reason for one of it", async () => {
    const { status, stdout } = await run("--head", "bump", "--predict-only", "--why", "module");

    expect(stdout).toContain("Predicted, not evaluated: 2 rebuilds (2 derivations)");
    expect(stdout).toContain("Why module is rebuilt\n  module-1\n  needs linux-6.1 (dev)\n");
    expect(status).toBe(0);
  });

  it("a slip of the pen is named, with what was probably meant", async () => {
    const { status, stderr } = await run("--head", "bump", "--why", "modul");

    expect(stderr).toContain(
      '--why "modul": neither base nor head has this attribute; did you mean "module"?',
    );
    expect(status).toBe(2);
  });

  it("no prediction is neutral", async () => {
    const { status, stdout } = await run("--head", "list", "--predict-only");

    expect(stdout).toContain("pkgs/list.nix may change any attribute");
    expect(status).toBe(3);
  });
});
