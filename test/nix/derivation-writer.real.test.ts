/** The store that evaluations write to, with a real Nix: the same files as Nix writes itself, and never fewer unnoticed. */
import { execFile } from "node:child_process";
import { chmod, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createNix } from "../../src/nix/adapter.ts";
import { copyDerivation } from "../../src/nix/copy-derivation.ts";
import { createDerivationReader } from "../../src/nix/derivation-store.ts";
import { chooseWriter, type DerivationWriter } from "../../src/nix/derivation-writer.ts";
import { createFactCache } from "../../src/nix/fact-cache.ts";
import { findHostPrograms, type HostPrograms } from "../../src/nix/jail-mounts.ts";
import { PACKS, packFile } from "../../src/nix/pack/pack-format.ts";
import { listFrames, readPacked } from "../../src/nix/pack/pack-reader.ts";
import { PackWriter } from "../../src/nix/pack/pack-writer.ts";
import { openStoreServer } from "../../src/nix/store-server/open-store-server.ts";
import {
  attrsOf,
  drvOf,
  evaluate,
  limits,
  packageSet,
  signal,
  type Workplace,
  withShell,
  workplace,
} from "./package-set.ts";
import { withWrapper } from "./with-wrapper.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place[Symbol.asyncDispose]());

const NIX_STORE = "nix/store";

/** Texts of all derivations of an evaluation, by name. */
async function packedIn(evaluation: string): Promise<ReadonlyMap<string, string>> {
  const frames = (await listFrames(join(evaluation, PACKS))) ?? [];
  const read = readPacked(frames);
  const names = frames.flatMap(({ names }) => names);
  return new Map(names.map((name) => [name, read(name)?.toString("latin1") ?? ""]));
}

/** Every path that evaluations below a data directory wrote: derivations as they are packed, all else as Nix's archive of it. */
async function stored(dataDirectory: string): Promise<Map<string, string>> {
  const evaluations = join(dataDirectory, "nix/evaluations");
  const all = new Map<string, string>();
  for (const evaluation of await readdir(evaluations)) {
    const packed = await packedIn(join(evaluations, evaluation));
    for (const [name, text] of packed) all.set(name, text);
    const store = join(evaluations, evaluation, "store", NIX_STORE);
    const names = (await readdir(store)).filter((name) => !name.startsWith(".") && !packed.has(name));
    const paths = names.map((name) => join(store, name));
    const { stdout } = await promisify(execFile)("nix-hash", ["--type", "sha256", ...paths], {
      maxBuffer: 1e8,
    });
    const hashes = stdout.split("\n");
    names.forEach((name, at) => {
      all.set(name, hashes[at] ?? "");
    });
  }
  return all;
}

/** A source with everything an archive can hold. */
async function sourceTree(directory: string): Promise<void> {
  await mkdir(join(directory, "source/d/e"), { recursive: true });
  await writeFile(join(directory, "source/data"), "data\n");
  await writeFile(join(directory, "source/d/run"), "#!/bin/sh\necho ran\n");
  await chmod(join(directory, "source/d/run"), 0o755);
  await writeFile(join(directory, "source/d/e/empty"), "");
  await writeFile(join(directory, "source/skipped"), "not copied\n");
  await symlink("d/run", join(directory, "source/link"));
  await symlink("/nonexistent", join(directory, "source/dangling"));
}

/** Uses the store in all the ways a recipe can. */
const EVERY_WAY = withShell(`
  whole = sh "whole" "" { src = ./source; };
  one = sh "one" "" { src = ./source/data; };
  run = sh "run" "" { src = ./source/d/run; };
  filtered = sh "filtered" "" { src = builtins.filterSource (path: type: baseNameOf path != "skipped") ./source; };
  flat = sh "flat" "" { src = builtins.path { path = ./source/data; name = "flat"; recursive = false; }; };
  text = builtins.toFile "text" "a text\\n";
  texts = sh "texts" "" { src = builtins.toFile "refers" "see \${builtins.toFile "text" "a text\\n"} and \${./source}"; };
  above = sh "above" "" { inherit whole one texts; };
  closure = sh "closure" "" { exportReferencesGraph = [ "graph" above.drvPath ]; };
  big = sh "big" "" { text = builtins.foldl' (a: b: a + a) "0123456789abcdef" (builtins.genList (n: n) 14); };
  exists = sh "exists-\${builtins.toJSON (builtins.pathExists "\${./source}/d")}-\${builtins.toJSON (builtins.pathExists "\${./source}/x")}" "" { };
  back = sh "back-\${builtins.readFile "\${./source}/d/e/empty"}\${toString (builtins.stringLength (builtins.readFile "\${./source/data}"))}" "" { };
`);

const nixWith = (writer: DerivationWriter, { dataDirectory, temporaryDirectory }: Workplace) =>
  createNix({ dataDirectory, temporaryDirectory, writer });
/** Without the store server. */
const nixAlone = (workplace: Workplace) => nixWith("nix", workplace);

describe("the same files as Nix writes by itself", () => {
  it.each(["cache", "server"] as const)(
    "for a source of every kind, byte for byte, by a %s",
    async (writer) => {
      const files = { "default.nix": EVERY_WAY };
      await using other = await workplace();
      const served = await packageSet(place, files);
      const alone = await packageSet(other, files);
      for (const request of [served, alone]) await sourceTree(request.checkout.directory);

      const trees = [
        await nixWith(writer, place).evaluate(served, () => undefined, signal),
        await nixAlone(other).evaluate(alone, () => undefined, signal),
      ] as const;

      expect(Object.values(attrsOf(trees[0])).every(({ ok }) => ok)).toBe(true);
      expect(trees[0].outcome).toEqual(trees[1].outcome);
      expect(attrsOf(trees[0])["back"]).toMatchObject({ name: "back-5" });
      expect(attrsOf(trees[0])["exists"]).toMatchObject({ name: "exists-true-false" });
      const ours = await stored(place.dataDirectory);
      expect(ours.size).toBeGreaterThan(15);
      expect(ours).toEqual(await stored(other.dataDirectory));
    },
  );

  it("for a package set with kernels", async () => {
    const directory = join(import.meta.dirname, "../kernel-repo/main");
    const request = {
      ...(await packageSet(place, {})),
      checkout: { commit: "0".repeat(40), tree: "kernel-repo", directory },
    };
    await using other = await workplace();

    const served = await evaluate(place, request);
    const alone = await nixAlone(other).evaluate(request, () => undefined, signal);

    expect(served.outcome).toEqual(alone.outcome);
    const ours = await stored(place.dataDirectory);
    expect(ours.size).toBeGreaterThan(20);
    expect(ours).toEqual(await stored(other.dataDirectory));
  });
});

it("is built from, texts that refer to sources among what is copied", async () => {
  const files = {
    "default.nix": withShell(`
      a = sh "a" "
        cat $text $src/data > $out
        $src/link >> $out
        test -x $src/d/run
        test ! -x $src/data
        test ! -e $src/dangling
        test -L $src/dangling
      " { fresh = "${Date.now()}-${Math.random()}"; src = ./source; text = builtins.toFile "refers" "see \${./source/data}\\n"; };`),
  };
  const request = await packageSet(place, files);
  await sourceTree(request.checkout.directory);
  const tree = await evaluate(place, request);

  const outcome = await tree.derivations.realise(drvOf(tree, "a"), limits, signal);

  if (outcome.status !== "built") throw new Error(JSON.stringify(outcome));
  expect(await readFile(outcome.outputs["out"] ?? "", "utf8")).toMatch(
    /^see \/nix\/store\/[0-9a-z]{32}-data\ndata\nran\n$/,
  );
  expect(await readdir(place.temporaryDirectory)).toEqual([]);
});

describe("is not built", () => {
  const evaluated = async () => {
    const tree = await evaluate(
      place,
      await packageSet(place, { "default.nix": withShell('a = sh "a" "echo > $out" { };') }),
    );
    const [evaluation = ""] = await readdir(join(place.dataDirectory, "nix/evaluations"));
    return { tree, directory: join(place.dataDirectory, "nix/evaluations", evaluation) };
  };

  it("from a damaged pack", async () => {
    const { tree, directory } = await evaluated();
    const pack = join(directory, PACKS, packFile(0));
    const bytes = await readFile(pack);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    await writeFile(pack, bytes);

    await expect(tree.derivations.realise(drvOf(tree, "a"), limits, signal)).rejects.toMatchObject({
      code: "evaluation-damaged",
    });
  });

  it("a derivation that is not what its name says", async () => {
    const { tree, directory } = await evaluated();
    const drv = drvOf(tree, "a");
    const forged = join(place.directory, "forged");
    const writer = new PackWriter({ directory: forged, number: 0 });
    for (const [name, text] of await packedIn(directory))
      writer.add(name, Buffer.from(text.replace("echo > $out", "true > $out"), "latin1"));
    await writer.end();
    const storeRoot = join(directory, "store");
    const frames = (await listFrames(forged)) ?? [];
    const context = {
      derivations: createDerivationReader({ storeRoot, frames }),
      storeRoot,
      temporaryDirectory: place.temporaryDirectory,
    };

    await expect(copyDerivation(context, drv, signal)).rejects.toMatchObject({
      code: "evaluation-damaged",
      message: expect.stringContaining("is not what its name says"),
    });
  });
});

describe("a text that is called a derivation and is none", () => {
  const sets = {
    junk: 'junk = sh "junk" "" { text = builtins.toFile "x.drv" "junk"; };',
    forged: `forged = sh "forged" "" {
      text = builtins.toFile "y.drv" ''Derive([("out","","","")],[("/nix/store/00000000000000000000000000000000-z.drv",["out"])],[],"s","b",[],[])'';
    };`,
  };
  it.each(Object.entries(sets))("is a source like any other: %s", async (name, set) => {
    await using other = await workplace();
    const files = { "default.nix": withShell(set) };
    const tree = await evaluate(place, await packageSet(place, files));
    const alone = await nixAlone(other).evaluate(await packageSet(other, files), () => undefined, signal);

    for (const { graph } of [tree, alone])
      expect((await graph(signal)).paths.filter((path) => /-[xy]\.drv$/.test(path))).toEqual([]);
    expect(attrsOf(tree)[name]).toMatchObject({ ok: true });
  });
});

it("leaves neither socket nor anything half done beside a finished evaluation", async () => {
  await evaluate(place, await packageSet(place, { "default.nix": withShell('a = sh "a" "" { };') }));

  const [evaluation = ""] = await readdir(join(place.dataDirectory, "nix/evaluations"));
  const store = join(place.dataDirectory, "nix/evaluations", evaluation, "store");
  expect((await readdir(store)).sort()).toEqual(["nix", "sources"]);
});

describe("several evaluators", () => {
  const MANY = 200;
  const expression = `
    builtins.genList (n: (derivation {
      name = "x\${toString n}"; system = "x86_64-linux"; builder = "/bin/sh";
      text = builtins.toFile "text" (builtins.concatStringsSep " " (builtins.genList (m: toString (m * n)) 3000));
    }).drvPath) ${MANY}`;
  const instantiate = (storeRoot: string) =>
    promisify(execFile)(
      "nix-instantiate",
      [
        "--eval",
        "--strict",
        "--json",
        "--read-write-mode",
        "--store",
        `unix://${storeRoot}/socket?root=${storeRoot}`,
        "-E",
        expression,
      ],
      { maxBuffer: 1e8 },
    );

  it("share a store, and each path is written once and whole", async () => {
    const storeRoot = join(place.directory, "shared");
    await mkdir(storeRoot);
    await using server = await openStoreServer(storeRoot);

    const said = await Promise.all(Array.from({ length: 4 }, () => instantiate(storeRoot)));
    await server.check();

    const paths = said.map(({ stdout }) => JSON.parse(stdout) as string[]);
    expect(new Set(paths.map((all) => all.join(" "))).size).toBe(1);
    expect(await readdir(join(storeRoot, NIX_STORE))).toHaveLength(2 * MANY);
    for (const path of paths[0] ?? [])
      expect(await readFile(join(storeRoot, path), "utf8")).toMatch(/^Derive\(.*\)$/s);
  });
});

describe("a store that is lost", () => {
  const files = {
    "default.nix": withShell(`
      a = sh "a" "" { text = builtins.toFile "text" "a text"; };
      b = let f = n: if n == 0 then "" else f (n - 1) + f (n - 1); in sh "b" (f 19) { };
      c = sh "c" "" { };`),
  };

  it.each(["store/nix", "derivations"])("midway is an error of the machine: %s", async (directory) => {
    const request = await packageSet(place, files);
    const lose = async () => {
      const evaluations = join(place.dataDirectory, "nix/evaluations");
      const [making = ""] = await readdir(evaluations);
      await rm(join(evaluations, making, directory), { recursive: true });
    };
    let lost: Promise<void> | undefined;

    const running = place.nix.evaluate(request, () => (lost ??= lose()), signal);

    await expect(running).rejects.toMatchObject({
      code: expect.stringMatching(/^(?:store-server-failed|evaluation-damaged)$/),
    });
    await lost;
    expect(await readdir(join(place.dataDirectory, "nix/evaluations"))).toEqual([]);
  });

  it("is told to whoever asks after its thread ended", async () => {
    const storeRoot = join(place.directory, "ended");
    await mkdir(storeRoot);
    const server = await openStoreServer(storeRoot);
    await server[Symbol.asyncDispose]();

    await expect(server.check()).rejects.toMatchObject({ code: "store-server-failed" });
    await expect(lstat(join(storeRoot, "socket"))).rejects.toMatchObject({ code: "ENOENT" });
  });

  it("cannot be opened where none can be", async () => {
    const file = join(place.directory, "file");
    await writeFile(file, "");

    await expect(openStoreServer(join(file, "store"))).rejects.toMatchObject({ code: "store-server-failed" });
  });
});

describe("evaluators that write to caches", () => {
  const reading = (count: number) =>
    withShell(
      Array.from(
        { length: count },
        (_, n) => `r${n} = sh "r${n}-\${builtins.readFile "\${./data}"}" "" { };`,
      ).join("\n"),
    );

  it.each([3, 60])("leave what reads what they wrote to others: %i attributes", async (count) => {
    const files = { "default.nix": reading(count), data: "read" };
    const tree = await nixWith("cache", place).evaluate(
      await packageSet(place, files),
      () => undefined,
      signal,
    );

    const attrs = attrsOf(tree);
    expect(Object.keys(attrs)).toHaveLength(count);
    expect(Object.entries(attrs).filter(([name, attr]) => !attr.ok || attr.name !== `${name}-read`)).toEqual(
      [],
    );
  });

  it("do so for a set that is read from there as a whole", async () => {
    const files = {
      "default.nix": 'import "${./sets}/set.nix"',
      "sets/set.nix": withShell('a = sh "a" "" { };'),
    };
    const tree = await nixWith("cache", place).evaluate(
      await packageSet(place, files),
      () => undefined,
      signal,
    );

    expect(attrsOf(tree)).toMatchObject({ a: { ok: true, name: "a" } });
  });

  it("blame what ends them for other reasons at once", async () => {
    const files = { "default.nix": withShell('a = sh "a" "" { }; b = abort "b"; c = sh "c" "" { };') };
    const tree = await nixWith("cache", place).evaluate(
      await packageSet(place, files),
      () => undefined,
      signal,
    );

    expect(attrsOf(tree)).toMatchObject({
      a: { ok: true },
      b: { ok: false, cause: "fatal" },
      c: { ok: true },
    });
  });

  it("leave nothing in memory", async () => {
    const before = await readdir("/dev/shm");
    await nixWith("cache", place).evaluate(
      await packageSet(place, { "default.nix": withShell('a = sh "a" "" { };') }),
      () => undefined,
      signal,
    );

    expect(await readdir("/dev/shm")).toEqual(before);
  });
});

describe("where Nix does not get along with it", () => {
  const warnings: string[] = [];
  const choose = (host: HostPrograms) =>
    chooseWriter(
      {
        host,
        nixVersion: "2.3",
        facts: createFactCache(join(place.dataDirectory, "facts")),
        temporaryDirectory: place.temporaryDirectory,
        warn: (message: string) => warnings.push(message),
      },
      signal,
    );

  it("is found out once, told, and Nix writes by itself", async () => {
    warnings.length = 0;
    const refuses = await withWrapper(
      place,
      "old-nix-instantiate",
      'case "$*" in *unix://*) echo "error: protocol mismatch" >&2; exit 1;; esac; exec "$real" "$@"',
    );

    expect(await choose(refuses)).toBe("nix");
    expect(warnings).toEqual([expect.stringContaining("protocol mismatch")]);
    expect(await choose(await findHostPrograms(signal))).toBe("cache");
  });

  it.each(["pathExists", "findFile"])(
    "has no caches where %s says no instead of nothing",
    async (question) => {
      const answers = await withWrapper(
        place,
        `answering-${question}`,
        `case "$*" in *file://*) asked=$(cat); case "$asked" in *${question}*) echo false; exit 0;; esac; echo "$asked" | exec "$real" "$@";; esac; exec "$real" "$@"`,
      );

      expect(await choose(answers)).toBe("server");
    },
  );

  it("has no caches where nothing arrives in them", async () => {
    const forgets = await withWrapper(
      place,
      "forgetting",
      'case "$*" in *file://*) echo done; exit 0;; esac; exec "$real" "$@"',
    );

    expect(await choose(forgets)).toBe("server");
  });
});
