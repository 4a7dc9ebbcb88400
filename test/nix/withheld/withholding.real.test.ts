/** Evaluations with files withheld, by a real Nix: what they say of another tree is what that tree is. */
import { readdir, symlink } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseWriter } from "../../../src/nix/derivation-writer.ts";
import { createFactCache } from "../../../src/nix/fact-cache.ts";
import { findHostPrograms } from "../../../src/nix/jail-mounts.ts";
import type { SavedEvaluation } from "../../../src/nix/saved-evaluation.ts";
import { readSealed } from "../../../src/nix/sealed-file.ts";
import { tryWithholding } from "../../../src/nix/withheld/try-withholding.ts";
import type { Withheld } from "../../../src/nix/withheld/walk-withheld.ts";
import type { EvaluationRequest } from "../../../src/workflow/ports.ts";
import {
  attrsOf,
  evaluate,
  keepsParsed,
  packageSet,
  signal,
  type Workplace,
  withShell,
  workplace,
} from "../package-set.ts";
import { withWrapper } from "../with-wrapper.ts";

/** What this Nix can do is the same for all of them. */
const options = await (async () => {
  await using first = await workplace();
  const trial = {
    host: await findHostPrograms(signal),
    nixVersion: "this one",
    facts: createFactCache(join(first.dataDirectory, "facts")),
    temporaryDirectory: first.temporaryDirectory,
    warn: () => undefined,
  };
  return { writer: await chooseWriter(trial, signal), withholds: await tryWithholding(trial, signal) };
})();

let place: Workplace;
beforeEach(async () => {
  place = await workplace(options);
});
afterEach(() => place[Symbol.asyncDispose]());

const WITHHELD = ["kernel/linux.nix", "kernel/data.json"];
const CONTENTS = { "kernel/linux.nix": '"6.1"', "kernel/data.json": '"one"' };
const CHANGED = { "kernel/linux.nix": '"6.2"', "kernel/data.json": '"two"' };

/** Attrs that have nothing to do with kernels, one of them after all others. */
const PLAIN = `
  a = sh "a" "" { };
  set = { recurseForDerivations = true; inner = sh "inner" "" { }; };
  throws = throw "no";
  loud = builtins.trace "a warning" (sh "loud" "" { });
  zzz = sh "zzz" "" { inherit a; };
`;
const files = (attrs: string, contents: Readonly<Record<string, string>> = CONTENTS) => ({
  "default.nix": withShell(PLAIN + attrs),
  "kernel/other.nix": '"other"',
  ...contents,
});

/** Of each evaluation that is kept, apart from the names of its attributes. */
async function withheldIn({ dataDirectory }: Workplace): Promise<(Withheld | undefined)[]> {
  const evaluations = join(dataDirectory, "nix/evaluations");
  const names = await readdir(evaluations);
  const all = names.map((name) => readSealed(join(evaluations, name, "evaluation.json.zst")));
  return (await Promise.all(all)).map((saved) => (saved as SavedEvaluation | undefined)?.withheld);
}

/** Base with files withheld, then head near to it, with how many attributes were looked at for it. */
async function baseAndHead(attrs: string, changes: Partial<EvaluationRequest> = {}) {
  const base = await packageSet(place, files(attrs), { withhold: WITHHELD });
  const evaluated = await evaluate(place, base);
  const [withheld] = await withheldIn(place);
  const head = await packageSet(place, files(attrs, CHANGED), {
    near: base,
    contents: WITHHELD,
    ...changes,
  });
  return { base: evaluated, withheld, head: await evaluate(place, head) };
}

/** The same tree, evaluated alone, by evaluators that see everything. */
async function alone(attrs: string, contents: Readonly<Record<string, string>>) {
  await using other = await workplace({ ...options, withholds: false });
  return (await evaluate(other, await packageSet(other, files(attrs, contents)))).outcome;
}

describe.skipIf(!options.withholds)("comes to what it is without", () => {
  it.each<[string, string, readonly string[]]>([
    ["nothing that needs one", "", []],
    ["one that imports", 'x = sh "x-${import ./kernel/linux.nix}" "" { };', ["x"]],
    [
      "others by way of it",
      'x = sh "x-${import ./kernel/linux.nix}" "" { }; y = sh "y" "" { inherit x; };',
      ["x", "y"],
    ],
    [
      "one that throws then",
      'x = if import ./kernel/linux.nix == "6.2" then throw "new" else sh "x" "" { };',
      ["x"],
    ],
    ["one whose name alone it is in", 'x = sh "x" "" { } // { name = import ./kernel/linux.nix; };', ["x"]],
    [
      "one in `meta`",
      'x = sh "x" "" { } // { meta.position = "${import ./kernel/linux.nix}.nix:1"; };',
      ["x"],
    ],
    [
      "one in `meta.maintainers`",
      'x = sh "x" "" { } // { meta.maintainers = [ { github = import ./kernel/linux.nix; } ]; };',
      ["x"],
    ],
    ["a set of it", 'x = { recurseForDerivations = import ./kernel/linux.nix == "6.2"; y = a; };', ["x"]],
    [
      "a set in which one needs it",
      'x = { recurseForDerivations = true; y = a; z = sh (import ./kernel/linux.nix) "" { }; };',
      ["x.z"],
    ],
    [
      "names of it",
      'x = { recurseForDerivations = true; y = { recurseForDerivations = true; "${import ./kernel/linux.nix}" = a; }; };',
      ["x.y"],
    ],
    ["a file that is read", 'x = sh "x" "" { data = builtins.readFile ./kernel/data.json; };', ["x"]],
    ["a recipe that is read", 'x = sh "x" "" { data = builtins.readFile ./kernel/linux.nix; };', ["x"]],
    ["a hash", 'x = sh "x" "" { hash = builtins.hashFile "sha256" ./kernel/linux.nix; };', ["x"]],
    ["a copy", 'x = sh "x" "" { src = ./kernel/linux.nix; };', ["x"]],
    ["a copy of the directory", 'x = sh "x" "" { src = ./kernel; };', ["x"]],
    [
      "a copy of a part of it",
      'x = sh "x" "" { src = builtins.filterSource (path: _: baseNameOf path == "other.nix") ./kernel; };',
      [],
    ],
    ["a file of its own scope", 'x = sh (builtins.scopedImport { } ./kernel/linux.nix) "" { };', ["x"]],
    [
      "a list of the directory",
      'x = sh "x" "" { names = builtins.toJSON (builtins.readDir ./kernel); };',
      [],
    ],
    [
      "whether it is there",
      'x = sh (if builtins.pathExists ./kernel/linux.nix then "there" else "gone") "" { };',
      [],
    ],
    ["a name of it", 'x = sh "x" "" { name = baseNameOf ./kernel/linux.nix; };', []],
    [
      "one that catches it",
      'x = sh (if (builtins.tryEval (import ./kernel/linux.nix)).success then "there" else "gone") "" { };',
      ["x"],
    ],
    [
      "one that catches it, and fails",
      'x = if (builtins.tryEval (import ./kernel/linux.nix)).success then throw "there" else throw "gone";',
      ["x"],
    ],
    [
      "one that catches it, and says so",
      'x = if (builtins.tryEval (import ./kernel/linux.nix)).success then a else builtins.trace "gone" a;',
      ["x"],
    ],
    [
      "one that catches it, says so, and fails",
      'x = if (builtins.tryEval (import ./kernel/linux.nix)).success then a else builtins.trace "gone" (throw "gone");',
      ["x"],
    ],
    [
      "one that catches it in `meta`",
      'x = sh "x" "" { } // { meta.position = if (builtins.tryEval (import ./kernel/linux.nix)).success then "there:1" else "gone:1"; };',
      ["x"],
    ],
    [
      "what others caught",
      'caught = builtins.tryEval (import ./kernel/linux.nix); x = sh (if caught.success then "there" else "gone") "" { }; y = sh "y" "" { inherit x; }; z = sh (builtins.toJSON caught.success) "" { };',
      ["caught", "x", "y", "z"],
    ],
    [
      "what others caught, and failed with",
      'caught = builtins.tryEval (import ./kernel/linux.nix); x = if caught.success then throw "there" else throw "gone"; y = sh (builtins.toJSON caught.success) "" { };',
      ["caught", "x", "y"],
    ],
    [
      "what something that is no derivation caught",
      'caught = builtins.tryEval (import ./kernel/linux.nix); x = { recurseForDerivations = true; other = caught.success; y = sh (builtins.toJSON caught.success) "" { }; };',
      ["caught", "x.other", "x.y"],
    ],
    [
      "one that nothing can catch",
      'x = abort "never"; y = { recurseForDerivations = true; z = abort "neither"; };',
      ["x", "y.z"],
    ],
    [
      "one that says something",
      'x = builtins.trace "of x" (sh "x-${import ./kernel/linux.nix}" "" { });',
      ["x"],
    ],
    [
      "one that reads what it wrote",
      'x = sh "x" "" { text = builtins.readFile "${./kernel/other.nix}"; };',
      [],
    ],
    [
      "one that reads what it wrote of one",
      'x = sh "x" "" { text = builtins.readFile "${./kernel}/linux.nix"; };',
      ["x"],
    ],
  ])("%s", async (_, attrs, needing) => {
    const { base, head, withheld } = await baseAndHead(attrs);

    expect(withheld).toEqual({
      files: WITHHELD,
      needing,
      warnings: ["trace: a warning"],
    });
    expect(base.outcome).toEqual(await alone(attrs, CONTENTS));
    expect(head.outcome).toEqual(await alone(attrs, CHANGED));
  });
});

describe.skipIf(!options.withholds)("nothing is known", () => {
  it.each<[string, string]>([
    [
      "of a root that needs one",
      '} // { x = sh (import ./kernel/linux.nix) "" { }; "${import ./kernel/linux.nix}" = a;',
    ],
    [
      "of a root that catches it",
      "} // (if (builtins.tryEval (import ./kernel/linux.nix)).success then { x = a; } else { }) // {",
    ],
    [
      "where too many read one",
      Array.from(
        { length: 45 },
        (_, at) => `x${at} = sh "x" "" { data = builtins.readFile ./kernel/data.json; };`,
      ).join("\n"),
    ],
  ])("%s, and all is looked at", async (_, attrs) => {
    const { base, head, withheld } = await baseAndHead(attrs);

    expect(withheld).toBe(undefined);
    expect(base.outcome).toEqual(await alone(attrs, CONTENTS));
    expect(head.outcome).toEqual(await alone(attrs, CHANGED));
  });

  it("where that was seen of another tree, and it is not tried again", async () => {
    const attrs = Array.from(
      { length: 45 },
      (_, at) => `x${at} = sh "x" "" { data = builtins.readFile ./kernel/data.json; };`,
    );
    const next = 'x = sh "x-${import ./kernel/linux.nix}" "" { };';
    await evaluate(place, await packageSet(place, files(attrs.join("\n")), { withhold: WITHHELD }));

    await evaluate(place, await packageSet(place, files(next), { withhold: WITHHELD }));
    await evaluate(
      place,
      await packageSet(place, files(`${next} y = a;`), { withhold: WITHHELD.slice(0, 1) }),
    );

    const known = (await withheldIn(place)).map((withheld) => withheld?.files);
    expect(known.sort()).toEqual([WITHHELD.slice(0, 1), undefined, undefined]);
  });

  it("of a tree that does not evaluate, which says nothing of the next one", async () => {
    const next = 'x = sh "x-${import ./kernel/linux.nix}" "" { };';
    await evaluate(place, await packageSet(place, files("} // {{"), { withhold: WITHHELD }));

    await evaluate(place, await packageSet(place, files(next), { withhold: WITHHELD }));

    expect((await withheldIn(place)).map((withheld) => withheld?.needing)).toContainEqual(["x"]);
  });

  it("of a tree that differs in more", async () => {
    const attrs = 'x = sh (builtins.toJSON (builtins.readDir ./kernel)) "" { };';
    const base = await packageSet(place, files(attrs), { withhold: WITHHELD });
    await evaluate(place, base);
    const more = { ...CHANGED, "kernel/new.nix": "1" };

    const head = await evaluate(place, await packageSet(place, files(attrs, more), { near: base }));

    expect(head.outcome).toEqual(await alone(attrs, more));
  });

  it("of files that were not withheld", async () => {
    const attrs = 'x = sh "x-${import ./kernel/other.nix}" "" { };';
    const base = await packageSet(place, files(attrs), { withhold: WITHHELD });
    await evaluate(place, base);
    const more = { ...CHANGED, "kernel/other.nix": '"another"' };

    const head = await evaluate(
      place,
      await packageSet(place, files(attrs, more), {
        near: base,
        contents: [...WITHHELD, "kernel/other.nix"],
      }),
    );

    expect(head.outcome).toEqual(await alone(attrs, more));
  });
});

describe.skipIf(!options.withholds)("of what needs none", () => {
  const KERNEL = 'x = sh "x-${import ./kernel/linux.nix}" "" { };';

  it("nothing is looked at again", async () => {
    // A tree in which everything else would be something else: nobody can tell who does not look.
    const base = await packageSet(place, files(KERNEL), { withhold: WITHHELD });
    const before = await evaluate(place, base);
    const other = files(KERNEL, CHANGED);
    const lying = { ...other, "default.nix": other["default.nix"].replace('a = sh "a"', 'a = sh "changed"') };

    const head = await evaluate(place, await packageSet(place, lying, { near: base, contents: WITHHELD }));

    const [now, then] = [attrsOf(head), attrsOf(before)];
    expect(now["a"]).toEqual(then["a"]);
    expect(now["x"]).not.toEqual(then["x"]);
  });

  it("it is known of a third tree as well", async () => {
    const { head: second } = await baseAndHead(KERNEL);
    const near = await packageSet(place, files(KERNEL, CHANGED));
    const third = { "kernel/linux.nix": '"6.3"', "kernel/data.json": '"three"' };

    const head = await evaluate(
      place,
      await packageSet(place, files(KERNEL, third), { near, contents: WITHHELD }),
    );

    expect(head.outcome).toEqual(await alone(KERNEL, third));
    expect((await withheldIn(place)).map((withheld) => withheld?.needing)).toEqual([["x"], ["x"], ["x"]]);
    expect(attrsOf(head)["x"]).not.toEqual(attrsOf(second)["x"]);
  });

  it("by evaluators that share the work, and by each writer", async () => {
    const many = Array.from(
      { length: 60 },
      (_, at) => `m${at} = sh "m${at}" "" ${at % 7 === 0 ? "{ inherit x; }" : "{ }"};`,
    );
    const attrs = `${KERNEL}\n${many.join("\n")}`;
    for (const writer of ["cache", "server"] as const) {
      await using sharing = await workplace({
        ...options,
        writer,
        workers: 3,
        sharing: { leastNames: 1, leastSeconds: 0 },
      });
      const base = await packageSet(sharing, files(attrs), { withhold: WITHHELD });
      const before = await evaluate(sharing, base);
      const head = await packageSet(sharing, files(attrs, CHANGED), { near: base, contents: WITHHELD });

      expect(before.outcome).toEqual(await alone(attrs, CONTENTS));
      expect((await evaluate(sharing, head)).outcome).toEqual(await alone(attrs, CHANGED));
      expect((await withheldIn(sharing))[0]?.needing).toHaveLength(10);
    }
  });
});

describe.skipIf(!options.withholds)("a file by another name", () => {
  it.each(["linked/linux.nix", "link.nix"])("%s is withheld as well", async (path) => {
    const attrs = `x = sh "x-\${import ./${path}}" "" { };`;
    const base = await packageSet(place, files(attrs), { withhold: WITHHELD });
    await symlink("kernel", join(base.checkout.directory, "linked"));
    await symlink("kernel/linux.nix", join(base.checkout.directory, "link.nix"));

    await evaluate(place, base);

    expect((await withheldIn(place))[0]?.needing).toEqual(["x"]);
  });
});

it("is done with every Nix that keeps what it has parsed", async () => {
  expect(options.withholds).toBe(await keepsParsed());
});

describe.skipIf(!options.withholds)("whether a Nix can do without", () => {
  /** Expressions come to it changed. */
  const trial = async (script: string) =>
    tryWithholding(
      {
        host: await withWrapper(place, "changing", `sed '${script}' | exec $real "$@"`),
        nixVersion: "some",
        facts: createFactCache(join(place.dataDirectory, "facts")),
        temporaryDirectory: place.temporaryDirectory,
      },
      signal,
    );

  it("one that is as this one", async () => {
    expect(await trial("")).toBe(true);
  });

  it.each([
    ["that keeps what failed", 's#builtins.tryEval one#builtins.tryEval (throw "")#'],
    ["that can read a file all the same", 's#builtins.readFile /src/one.nix#"text"#'],
    ["that can hash one", 's#builtins.hashFile "sha256" /src/one.nix#"hash"#'],
    ["that can copy one", 's#"${/src/one.nix}"#"copy"#'],
    ["that catches more", 's#"${/src}"#throw ""#'],
    ["that sees something else in the directory", "s#builtins.readDir /src#{ }#"],
  ])("not one %s", async (_, script) => {
    expect(await trial(script)).toBe(false);
  });
});
