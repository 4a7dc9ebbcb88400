/** Trees that have most in common with one that was evaluated before: they come to the same, with little written. */
import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { filesOf, listFrames } from "../../src/nix/pack/pack-reader.ts";
import type { EvaluationRequest } from "../../src/workflow/ports.ts";
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

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place[Symbol.asyncDispose]());

const evaluations = () => join(place.dataDirectory, "nix/evaluations");

/** Names of derivations in each pack of an evaluation. */
async function packsOf(evaluation: string): Promise<(readonly string[])[]> {
  const frames = (await listFrames(join(evaluations(), evaluation, "derivations"))) ?? [];
  return filesOf(frames).map((file) => frames.flatMap((frame) => (frame.file === file ? frame.names : [])));
}

async function newest(before: readonly string[]): Promise<string> {
  const [name] = (await readdir(evaluations())).filter((one) => !before.includes(one));
  return name ?? "";
}

const BASE = `
  kernel = sh "kernel" "echo 1 > $out" { };
  module = sh "module" "cat $kernel > $out" { inherit kernel; };
  other = sh "other" "cat $text > $out" { text = builtins.toFile "text" "a text"; };
  source = sh "source" "cat $src > $out" { src = ./file; };
  throws = throw "no";
  fails = abort "not at all";
  set = { recurseForDerivations = true; inner = sh "inner" "" { }; broken = abort "inside"; };
  warned = builtins.trace "a warning" (sh "warned" "" { });
`;

/** The same with a new kernel, and whatever else. */
const change = (more = "") => `${BASE.replace("echo 1", "echo 2")}${more}`;

const files = (attrs: string) => ({ "default.nix": withShell(attrs), file: "contents" });

/** Of which nothing ends an evaluator. */
const WHOLE = BASE.replace(/ {2}fails = .*\n/, "").replace(' broken = abort "inside";', "");
const WHOLE_CHANGE = WHOLE.replace("echo 1", "echo 2");
const WHOLE_TEXT = withShell(WHOLE_CHANGE);

async function baseAndHead(attrs: string, changes: Partial<EvaluationRequest> = {}, baseAttrs = BASE) {
  const near = await packageSet(place, files(baseAttrs), changes);
  const base = await evaluate(place, near);
  const known = await readdir(evaluations());
  const request = { ...(await packageSet(place, files(attrs), changes)), near };
  return { base, request, known };
}

describe("comes to the same as without", () => {
  it.each<[string, string]>([
    ["a new kernel", change()],
    ["nothing new", `${BASE}\n# a comment\n`],
    ["attributes added", change('added = sh "added" "" { }; also = throw "no"; bad = abort "never";')],
    ["one removed", change().replace(/ {2}other = .*\n/, "")],
    ["one mended", change().replace('abort "not at all"', 'sh "mended" "" { }')],
    [
      "a set mended",
      change().replace('abort "inside"', '{ recurseForDerivations = true; a = sh "a" "" { }; }'),
    ],
    ["one that throws now", change().replace('sh "other"', 'throw "no longer" sh "other"')],
    [
      "one that reads what it wrote",
      change(`
        back = sh "back-\${builtins.readFile "\${./file}"}" "" { };
        text = sh "text-\${builtins.readFile (builtins.toFile "t" "written")}" "" { };
        closure = sh "closure" "" { exportReferencesGraph = [ "graph" module.drvPath ]; };
        within = { recurseForDerivations = true; back = sh (builtins.readFile "\${./file}") "" { }; };`),
    ],
    ["another warning", change('loud = builtins.trace "another warning" (sh "loud" "" { });')],
    ["a syntax error", "}"],
    ["a root that fails", 'a = 1; } // abort "all of it" // {'],
  ])("%s", async (_, attrs) => {
    const { request } = await baseAndHead(attrs);
    await using other = await workplace();

    const head = await evaluate(place, request);

    const { near, ...alone } = await packageSet(other, files(attrs));
    const whole = await evaluate(other, alone);
    expect(head.outcome).toEqual(whole.outcome);
    expect(near).toBe(undefined);
    expect(await head.graph(signal)).toEqual(await whole.graph(signal));
  });

  it("with evaluators that share the work", async () => {
    const many = Array.from({ length: 60 }, (_, at) => `m${at} = sh "m${at}" "" { inherit kernel; };`).join(
      "\n",
    );
    await using sharing = await workplace({ workers: 3, sharing: { leastNames: 1, leastSeconds: 0 } });
    const near = await packageSet(sharing, files(BASE + many));
    await evaluate(sharing, near);
    await using other = await workplace();

    const head = await evaluate(sharing, { ...(await packageSet(sharing, files(change(many)))), near });

    const whole = await evaluate(other, await packageSet(other, files(change(many))));
    expect(head.outcome).toEqual(whole.outcome);
  });
});

describe("writes", () => {
  it("only what is new", async () => {
    const { base, request, known } = await baseAndHead(change());

    const head = await evaluate(place, request);

    const packs = await packsOf(await newest(known));
    const named = (names: readonly string[]) => names.map((name) => name.slice(33)).sort();
    expect(packs).toHaveLength(2);
    expect(named(packs[1] ?? [])).toEqual(["kernel.drv", "module.drv"]);
    expect(drvOf(head, "other")).toBe(drvOf(base, "other"));
    expect(drvOf(head, "module")).not.toBe(drvOf(base, "module"));
  });

  it("nothing where nothing is new", async () => {
    const { request, known } = await baseAndHead(`${BASE}\n# a comment\n`);

    await evaluate(place, request);

    expect(await packsOf(await newest(known))).toHaveLength(1);
  });

  it("everything where most is new", async () => {
    const many = (version: number) =>
      Array.from({ length: 1_200 }, (_, at) => `m${at} = sh "m${at}-${version}" "" { };`).join("\n");
    const near = await packageSet(place, files(many(1)));
    await evaluate(place, near);
    const known = await readdir(evaluations());

    await evaluate(place, { ...(await packageSet(place, files(many(2)))), near });

    expect((await packsOf(await newest(known))).map(({ length }) => length)).toEqual([1_200]);
  });

  it("everything after some evaluations that each took over the one before", async () => {
    let near: EvaluationRequest | undefined;
    const lengths: number[] = [];
    for (let version = 0; version < 6; version += 1) {
      const known = await readdir(evaluations()).catch(() => []);
      const request = await packageSet(place, files(BASE.replace("echo 1", `echo ${version}`)));
      await evaluate(place, { ...request, ...(near === undefined ? {} : { near }) });
      lengths.push((await packsOf(await newest(known))).length);
      near = request;
    }

    expect(lengths).toEqual([1, 2, 3, 4, 1, 2]);
  });

  it("everything where the other evaluation is damaged", async () => {
    const { request, known } = await baseAndHead(change());
    await rm(join(evaluations(), known[0] ?? "", "derivations/0.index"));

    await evaluate(place, request);

    expect((await packsOf(await newest(known))).length).toBe(1);
  });
});

describe("writing later", () => {
  const later = { writeLater: true };
  const looks = async () => (await readdir(evaluations())).filter((name) => name.endsWith("-look"));

  it("is enough to know what the attributes are", async () => {
    const { request, known } = await baseAndHead(WHOLE_CHANGE, {}, WHOLE);
    await using other = await workplace();

    const head = await evaluate(place, { ...request, ...later });

    const whole = await evaluate(other, await packageSet(other, files(WHOLE_CHANGE)));
    expect(head.outcome).toEqual(whole.outcome);
    expect(await looks()).toHaveLength(1);
    expect(await readdir(evaluations())).toHaveLength(known.length + 1);
    expect((await head.graph(signal)).paths).toHaveLength(0);
    await expect(head.derivations.read(drvOf(head, "kernel"))).rejects.toThrow(/kernel\.drv/);
    expect(await head.derivations.realise(drvOf(head, "kernel"), limits, signal)).toMatchObject({
      status: "not-run",
    });
  });

  it("comes to the same once it is written, at once or by somebody else", async () => {
    const { request } = await baseAndHead(WHOLE_CHANGE, {}, WHOLE);
    await using other = await workplace();
    const whole = await evaluate(other, await packageSet(other, files(WHOLE_CHANGE)));
    const looked = await evaluate(place, { ...request, ...later });

    const written = await looked.write?.(() => undefined, signal);

    expect(written?.write).toBeUndefined();
    expect(written?.outcome).toEqual(whole.outcome);
    expect(await written?.graph(signal)).toEqual(await whole.graph(signal));
    expect((await place.nix.evaluated(request, signal))?.outcome).toEqual(whole.outcome);
  });

  it("is not looked at twice", async () => {
    const { request } = await baseAndHead(WHOLE_CHANGE, {}, WHOLE);
    await evaluate(place, { ...request, ...later });
    // Nothing that is evaluated now says anything but this.
    await writeFile(join(request.checkout.directory, "default.nix"), 'abort "evaluated again"');

    const again = await evaluate(place, { ...request, ...later });

    expect(drvOf(again, "module")).toMatch(/-module\.drv$/);
    expect(again.write).toBeDefined();
  });

  it("goes on from the look of an earlier time, without looking again", async () => {
    const { request } = await baseAndHead(WHOLE_CHANGE, {}, WHOLE);
    const looked = await evaluate(place, { ...request, ...later });
    const { attrs: before } = looked.outcome as { attrs: ReadonlyMap<string, unknown> };
    // Of what is written now only these two are looked at.
    const file = join(request.checkout.directory, "default.nix");
    await writeFile(file, WHOLE_TEXT.replace('other = sh "other"', 'other = abort "again" sh "other"'));

    const written = await evaluate(place, request);

    expect(attrsOf(written)).toEqual(Object.fromEntries(before));
    expect(await looks()).toHaveLength(1);
  });

  it("is left out where an attribute says what it is only when it may write", async () => {
    const { request } = await baseAndHead(change(), later);

    const head = await evaluate(place, request);

    expect(head.write).toBeUndefined();
    expect((await head.graph(signal)).paths.length).toBeGreaterThan(0);
    expect(await looks()).toHaveLength(0);
  });

  it("takes a damaged look for none", async () => {
    const { request } = await baseAndHead(WHOLE_CHANGE, {}, WHOLE);
    const first = await evaluate(place, { ...request, ...later });
    const [look = ""] = await looks();
    await writeFile(join(evaluations(), look, "evaluation.json.zst"), "damaged");

    const again = await evaluate(place, { ...request, ...later });

    expect(again.outcome).toEqual(first.outcome);
  });

  it("tells a derivation that is none apart once it is written", async () => {
    const fake = `fake = { type = "derivation"; name = "fake"; system = "x86_64-linux"; outPath = "/nix/store/${"0".repeat(32)}-fake"; drvPath = "/nix/store/${"1".repeat(32)}-fake.drv"; };`;
    const { request } = await baseAndHead(WHOLE_CHANGE + fake, {}, WHOLE);
    const looked = await evaluate(place, { ...request, ...later });
    expect(attrsOf(looked)["fake"]).toMatchObject({ ok: true });

    const written = await looked.write?.(() => undefined, signal);

    expect(written && attrsOf(written)["fake"]).toMatchObject({
      ok: false,
      error: expect.stringContaining("was never written"),
    });
  });
});

describe("looking ahead, while the other evaluation goes on", () => {
  const lookAhead = (request: EvaluationRequest) => place.nix.lookAhead(request, () => undefined, signal);
  /** What is evaluated from now on says so. */
  const spoil = ({ checkout }: EvaluationRequest) =>
    writeFile(join(checkout.directory, "default.nix"), 'abort "evaluated again"');

  it("leaves only the writing to be done", async () => {
    await using other = await workplace();
    const whole = await evaluate(other, await packageSet(other, files(WHOLE_CHANGE)));
    const near = await packageSet(place, files(WHOLE));
    const request = { ...(await packageSet(place, files(WHOLE_CHANGE))), near };
    await Promise.all([lookAhead(request), evaluate(place, near)]);
    await spoil(request);

    const looked = await evaluate(place, { ...request, writeLater: true });

    expect(looked.outcome).toEqual(whole.outcome);
    expect(looked.write).toBeDefined();
  });

  it.each([
    ["that needs what is written", change()],
    ["that cannot be evaluated", "}"],
  ])("changes nothing for a tree %s", async (_, attrs) => {
    await using other = await workplace();
    const whole = await evaluate(other, await packageSet(other, files(attrs)));
    const near = await packageSet(place, files(BASE));
    const request = { ...(await packageSet(place, files(attrs))), near };
    await lookAhead(request);
    await evaluate(place, near);

    expect((await evaluate(place, { ...request, writeLater: true })).outcome).toEqual(whole.outcome);
  });

  it("is of no use where most is new, and everything is written", async () => {
    const many = (version: number) =>
      Array.from({ length: 700 }, (_, at) => `m${at} = sh "m${at}-${version}" "" { };`).join("\n");
    const near = await packageSet(place, files(many(1)));
    const request = { ...(await packageSet(place, files(many(2)))), near };
    await Promise.all([lookAhead(request), evaluate(place, near)]);

    const head = await evaluate(place, { ...request, writeLater: true });

    expect(head.write).toBeUndefined();
    expect((await head.graph(signal)).paths).toHaveLength(700);
  });
});

describe("what is taken over", () => {
  it("is built from, also once the other evaluation is gone", async () => {
    const fresh = `fresh = sh "fresh" "cat $src/a > $out" { src = ./directory; at = "${Date.now()}-${Math.random()}"; };`;
    const near = await packageSet(place, files(BASE + fresh));
    const request = { ...(await packageSet(place, files(change(fresh)))), near };
    for (const { checkout } of [near, request]) {
      await mkdir(join(checkout.directory, "directory"));
      await writeFile(join(checkout.directory, "directory/a"), "in a directory\n");
    }
    const base = await evaluate(place, near);
    const [gone = ""] = await readdir(evaluations());
    const head = await evaluate(place, request);
    await rm(join(evaluations(), gone), { recursive: true });
    expect(drvOf(head, "fresh")).toBe(drvOf(base, "fresh"));

    const outcome = await head.derivations.realise(drvOf(head, "fresh"), limits, signal);

    expect(outcome).toMatchObject({ status: "built" });
    const again = await place.nix.evaluated(request, signal);
    expect(again && attrsOf(again)).toEqual(attrsOf(head));
  });
});
