import { describe, expect, it } from "vitest";
import { scriptSources } from "../../src/domain/consumer-references.ts";
import type { Derivation } from "../../src/domain/derivation.ts";
import type { AttrResult, Evaluation } from "../../src/domain/evaluation.ts";
import { kernelChange } from "../../src/domain/kernel-change.ts";
import { findSuspects } from "../../src/domain/suspects.ts";
import { derivation } from "./derivation-builders.ts";
import { BASE_VERSION, combinedKernel, splitKernel } from "./kernel-builders.ts";

const facts = { base: combinedKernel(), head: splitKernel() };
const BASE_KERNEL = derivation("linux-base");
const HEAD_KERNEL = derivation("linux-head");
const pathsOf = ({ outputs }: typeof facts.base) =>
  Object.fromEntries(Object.entries(outputs).map(([name, { path }]) => [name, path]));
const evaluated = ({ path, name }: Derivation, outputs: Record<string, string> = {}) =>
  ({ ok: true, drv: path, outputs, name, system: "x86_64-linux" }) as const;

const change = kernelChange(
  "linux",
  { derivation: evaluated(BASE_KERNEL, pathsOf(facts.base)), facts: facts.base },
  { derivation: evaluated(HEAD_KERNEL, pathsOf(facts.head)), facts: facts.head },
);
const OUT = facts.head.outputs["out"]?.path ?? "";

const uses = (outputs: readonly string[], drv = HEAD_KERNEL.path) => ({
  inputDrvs: new Map([[drv, outputs]]),
});
const needs = (name: string, ...inputs: Derivation[]) =>
  derivation(name, { inputDrvs: new Map(inputs.map(({ path }) => [path, ["out"]])) });

interface Tree {
  readonly attrs: Readonly<Record<string, Derivation | AttrResult>>;
  readonly inner?: readonly Derivation[];
}

function view({ attrs, inner = [] }: Tree) {
  const entries = Object.entries(attrs);
  const results = entries.map(([attr, value]): [string, AttrResult] => [
    attr,
    "ok" in value ? value : evaluated(value),
  ]);
  const all = [...entries.flatMap(([, value]) => ("ok" in value ? [] : [value])), ...inner];
  const evaluation: Evaluation = new Map(results);
  return { attrs: evaluation, derivations: new Map(all.map((one) => [one.path, one])), texts: new Map() };
}

function search(
  head: Tree,
  base: Tree = { attrs: {} },
  more: Partial<Parameters<typeof findSuspects>[0]> = {},
) {
  const found = findSuspects({
    base: view(base),
    head: view(head),
    kernels: [change],
    configured: [],
    excluded: new Set(),
    limit: 50,
    ...more,
  });
  return found.suspects.map(({ attr, suspicion }) => `${attr}: ${suspicion}`);
}

const script = (name: string, text: string) =>
  derivation(name, { env: { buildCommand: text }, ...uses(["out"]) });
const naming = script("naming", `ls ${OUT}/lib/modules`);

describe("who is suspected", () => {
  it("names a lost path before uses the whole, before neither", () => {
    const whole = script("whole", `cp -r ${OUT} $out`);
    const image = script("image", `cp ${OUT}/bzImage $out`);

    expect(search({ attrs: { image, whole, naming } })).toEqual([
      "naming: names-lost-path",
      "whole: uses-what-lost-something",
      "image: witness",
    ]);
  });

  it("is the nearest attr of a derivation without one, and what needs that", () => {
    const image = needs("image", naming);
    const test = needs("test", image);

    expect(search({ attrs: { image, test }, inner: [naming] })).toEqual([
      "image: names-lost-path",
      "test: embeds",
    ]);
  });

  it("is not what needs a witness: that lost nothing", () => {
    const image = script("image", `cp ${OUT}/bzImage $out`);

    expect(search({ attrs: { image, test: needs("test", image) } })).toEqual(["image: witness"]);
  });

  it("takes other outputs than at base", () => {
    const select = (outputs: string[], drv: string) => derivation("tree", uses(outputs, drv));

    const found = search(
      { attrs: { tree: select(["modules"], HEAD_KERNEL.path) } },
      { attrs: { tree: select(["out"], BASE_KERNEL.path) } },
    );

    expect(found).toEqual(["tree: selects-other-outputs"]);
  });

  it("no longer evaluates and needed the kernel, however indirectly", () => {
    const inner = derivation("inner", uses(["out"], BASE_KERNEL.path));
    const fails: AttrResult = { ok: false, error: "no", cause: "throw" };

    const found = search(
      { attrs: { image: fails, other: fails, always: fails } },
      { attrs: { image: needs("image", inner), other: derivation("other"), always: fails }, inner: [inner] },
    );

    expect(found).toEqual(["image: eval-error"]);
  });

  it("is configured, with or without a kernel inside", () => {
    expect(
      search({ attrs: { hello: derivation("hello") } }, { attrs: {} }, { configured: ["hello", "nope"] }),
    ).toEqual(["hello: configured"]);
  });

  it("is nobody else where only those are wanted, by whatever name", () => {
    const tree = { attrs: { hello: derivation("hello"), naming, alias: naming } };

    const found = (configured: string[]) => search(tree, { attrs: {} }, { configured, onlyConfigured: true });

    expect(found(["hello"])).toEqual(["hello: configured"]);
    expect(found(["alias"])).toEqual(["alias: names-lost-path"]);
  });

  it("is not what other stages look at", () => {
    expect(
      search({ attrs: { naming, alias: naming } }, { attrs: {} }, { excluded: new Set(["alias"]) }),
    ).toEqual([]);
  });
});

describe("attrs that share a derivation", () => {
  it("are one consumer, by the name that base knows", () => {
    const { suspects } = findSuspects({
      base: view({ attrs: { b: derivation("old") } }),
      head: view({ attrs: { a: naming, b: naming, c: naming } }),
      kernels: [change],
      configured: [],
      excluded: new Set(),
      limit: 50,
    });

    expect(suspects.map(({ attr, aliases }) => [attr, aliases])).toEqual([["b", ["a", "c"]]]);
  });
});

describe("a text that names a lost path", () => {
  const text = derivation("init", {
    env: { text: `ls ${OUT}/lib/modules/${BASE_VERSION}` },
    ...uses(["out"]),
  });
  const places = (head: Tree) =>
    findSuspects({
      base: view({ attrs: {} }),
      head: view(head),
      kernels: [change],
      configured: [],
      excluded: new Set(),
      limit: 50,
    }).suspects.flatMap(({ references }) => references.map(({ place, path }) => `${place} ${path}`));

  it("ends in an output", () => {
    expect(places({ attrs: { image: needs("image", text) }, inner: [text] })).toEqual([
      "text lib/modules/<version>",
    ]);
  });

  it("is a script where it is run to build something", () => {
    const built = { ...needs("built", text), args: ["-e", text.outputs["out"]?.path ?? ""] };

    expect(places({ attrs: { built }, inner: [text] })).toEqual(["script lib/modules/<version>"]);
  });

  it("is joined with the environment of whoever is handed it", () => {
    const builder = derivation("builder.sh", { env: { text: "ls $kernel/lib/modules" } });
    const closure = derivation("closure", {
      env: { kernel: OUT },
      inputDrvs: new Map([
        [HEAD_KERNEL.path, ["out"]],
        [builder.path, ["out"]],
      ]),
    });

    expect(places({ attrs: { closure }, inner: [builder] })).toEqual(["script lib/modules"]);
  });
});

it("asks for the scripts of direct dependents only", () => {
  const near = derivation("near", { inputSrcs: ["/nix/store/b.sh", "/nix/store/a.sh"], ...uses(["out"]) });
  const far = { ...needs("far", near), inputSrcs: ["/nix/store/c.sh"] };

  const sources = scriptSources(
    new Map([near, far].map((one) => [one.path, one])),
    new Set([HEAD_KERNEL.path]),
  );

  expect(sources).toEqual(["/nix/store/a.sh", "/nix/store/b.sh"]);
});
