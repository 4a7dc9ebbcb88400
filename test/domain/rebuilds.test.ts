import { describe, expect, it } from "vitest";
import {
  countRebuilds,
  type EvaluationPair,
  findAttr,
  joinSystems,
  osOf,
} from "../../src/domain/rebuilds.ts";
import { attrs, drv, evaluated, fails, notRun, pair } from "./evaluations.ts";

const lists = ["added", "removed", "changed", "broken", "fixed"] as const;

const countsOf = (both: EvaluationPair) => countRebuilds(both).counts;
const countAll = (systems: readonly (readonly [string, EvaluationPair])[]) =>
  joinSystems(new Map(systems.map(([system, both]) => [system, countRebuilds(both)])));

describe("one attribute, every way it can differ", () => {
  it.each([
    { base: undefined, head: drv("a"), list: "added", rebuilds: 1 },
    { base: undefined, head: fails(), list: "broken", rebuilds: 0 },
    { base: drv("a"), head: undefined, list: "removed", rebuilds: 0 },
    { base: drv("a"), head: drv("a"), list: undefined, rebuilds: 0 },
    { base: drv("a"), head: drv("b"), list: "changed", rebuilds: 1 },
    { base: drv("a"), head: fails(), list: "broken", rebuilds: 0 },
    { base: fails(), head: undefined, list: undefined, rebuilds: 0 },
    { base: fails(), head: drv("a"), list: "fixed", rebuilds: 1 },
    { base: fails("x"), head: fails("y"), list: undefined, rebuilds: 0 },
  ])("$base.drv$base.error -> $head.drv$head.error is $list", ({ base, head, list, rebuilds }) => {
    const compared = countsOf(pair({ linux: base }, { linux: head }));

    expect(lists.filter((name) => compared[name].length > 0)).toEqual(list === undefined ? [] : [list]);
    expect(compared.attrs).toBe(rebuilds);
    expect(compared.derivations).toBe(rebuilds);
  });
});

describe("a rebuild is an output path that no attr had at base", () => {
  it("is not a rename", () => {
    const compared = countsOf(pair({ old: drv("a") }, { new: drv("a") }));

    expect(compared).toMatchObject({ attrs: 0, derivations: 0, added: ["new"], removed: ["old"] });
  });

  it("is not an alias that moved to what base already had", () => {
    const compared = countsOf(
      pair(
        { latest: drv("a"), v1: drv("a"), v2: drv("b") },
        { latest: drv("b"), v1: drv("a"), v2: drv("b") },
      ),
    );

    expect(compared).toMatchObject({ attrs: 0, derivations: 0, changed: ["latest"] });
  });

  it("counts aliases as attrs and their derivation once", () => {
    const compared = countsOf(
      pair({ linux: drv("a"), linux_6_12: drv("a") }, { linux: drv("b"), linux_6_12: drv("b") }),
    );

    expect(compared).toMatchObject({ attrs: 2, derivations: 1, changed: ["linux", "linux_6_12"] });
  });

  it("is a new output whose path is new, even where `out` stays", () => {
    const compared = countsOf(
      pair({ linux: drv("a", { out: "/s/o" }) }, { linux: drv("b", { out: "/s/o", modules: "/s/m" }) }),
    );

    expect(compared).toMatchObject({ attrs: 1, changed: ["linux"] });
  });

  it("is not an output that went away, though the attr changed", () => {
    const compared = countsOf(
      pair({ linux: drv("a", { out: "/s/o", doc: "/s/d" }) }, { linux: drv("b", { out: "/s/o" }) }),
    );

    expect(compared).toMatchObject({ attrs: 0, changed: ["linux"] });
  });

  it("is not another recipe for the same fixed output", () => {
    const compared = countsOf(
      pair({ src: drv("a", { out: "/s/src" }) }, { src: drv("b", { out: "/s/src" }) }),
    );

    expect(compared).toMatchObject({ attrs: 0, changed: [] });
  });

  it("is decided by the derivation where paths are known only once built", () => {
    const floating = (name: string) => drv(name, { out: "" });

    expect(countsOf(pair({ x: floating("a") }, { x: floating("a") })).attrs).toBe(0);
    expect(countsOf(pair({ x: floating("a") }, { x: floating("b") }))).toMatchObject({
      attrs: 1,
      changed: ["x"],
    });
  });
});

describe("a set that fails", () => {
  it("is broken itself; what was in it is not said to be removed", () => {
    const compared = countsOf(pair({ "set.a": drv("a"), "set.b": drv("b") }, { set: fails("no") }));

    expect(compared).toMatchObject({ removed: [], broken: [{ attr: "set", error: "no" }] });
  });

  it("is mended by what is in it at head", () => {
    const compared = countsOf(pair({ set: fails() }, { "set.a": drv("a") }));

    expect(compared).toMatchObject({ added: [], fixed: ["set.a"], attrs: 1 });
  });
});

describe("unknown is never zero", () => {
  it.each([
    {
      name: "base",
      sides: { base: notRun, head: evaluated({ a: drv("a") }) },
      reason: "base: out of memory",
    },
    {
      name: "head",
      sides: { base: evaluated({ a: drv("a") }), head: notRun },
      reason: "head: out of memory",
    },
  ])("when $name was not evaluated", ({ sides, reason }) => {
    expect(countsOf(sides)).toMatchObject({
      status: "not-run",
      reason,
      evaluated: null,
      attrs: null,
      derivations: null,
      broken: [],
      removed: [],
    });
  });

  it("when nothing at all evaluates at head, which is then what broke", () => {
    const compared = countsOf(pair({ a: drv("a") }, { "": fails("syntax error") }));

    expect(compared).toMatchObject({
      status: "not-run",
      attrs: null,
      removed: [],
      broken: [{ attr: "", error: "syntax error" }],
    });
    expect(compared.reason).toContain("syntax error");
  });

  it("when nothing evaluates on either side, which is nobody's fault here", () => {
    expect(countsOf(pair({ "": fails() }, { "": fails() }))).toMatchObject({
      attrs: null,
      broken: [],
      fixed: [],
    });
  });
});

describe("per operating system", () => {
  const changed = (...names: string[]) =>
    pair(
      Object.fromEntries(names.map((name) => [name, drv(`${name}-1`)])),
      Object.fromEntries(names.map((name) => [name, drv(`${name}-2`)])),
    );

  it("is the last part of the system's name", () => {
    expect(["x86_64-linux", "aarch64-darwin", "armv7l-linux"].map(osOf)).toEqual([
      "linux",
      "darwin",
      "linux",
    ]);
  });

  it("counts an attr once over all architectures", () => {
    const rebuilds = countAll([
      ["x86_64-linux", changed("a", "b")],
      ["aarch64-linux", changed("b", "c")],
    ]);

    expect(rebuilds.os).toEqual({ linux: 3, darwin: null });
    expect(Object.keys(rebuilds.systems)).toEqual(["aarch64-linux", "x86_64-linux"]);
    expect(rebuilds.labels).toEqual(["10.rebuild-linux: 1-10"]);
  });

  it("gives no label where one architecture is not known", () => {
    const rebuilds = countAll([
      ["x86_64-linux", changed("a")],
      ["aarch64-linux", { base: notRun, head: notRun }],
      ["x86_64-darwin", changed()],
    ]);

    expect(rebuilds.os).toEqual({ linux: 1, darwin: 0 });
    expect(rebuilds.labels).toEqual(["10.rebuild-darwin: 0"]);
  });
});

it("warnings are those that head has and base has not", () => {
  const base = evaluated({}, ["old"]);
  const head = evaluated({}, ["z", "old", "a", "z"]);

  expect(countsOf({ base, head }).warnings).toEqual(["a", "z"]);
});

it("counts every attr head has, the failing ones too", () => {
  expect(countsOf(pair({}, { a: drv("a"), b: fails() })).evaluated).toBe(2);
});

it.each([
  { attr: "a.b", found: true },
  { attr: "a.b.c", found: false },
  { attr: "bad.x.y", found: true },
  { attr: 'bad."x.y"', found: true },
  { attr: "badly.x", found: false },
])("findAttr $attr: $found", ({ attr, found }) => {
  expect(findAttr(attrs({ "a.b": drv("ab"), bad: fails() }), attr) !== undefined).toBe(found);
});
