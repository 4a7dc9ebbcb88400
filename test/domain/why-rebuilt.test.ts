import { describe, expect, it } from "vitest";
import type { AttrResult } from "../../src/domain/evaluation.ts";
import type { Step } from "../../src/domain/graph/dependents.ts";
import { whyRebuilt, whyWithoutCause } from "../../src/domain/why-rebuilt.ts";
import { derivation } from "./derivation-builders.ts";

const attr = (drv: string): AttrResult => ({ ok: true, drv, outputs: {}, name: drv, system: "x86_64-linux" });
const broken: AttrResult = { ok: false, error: "assertion failed", cause: "throw" };
const path = (name: string) => `/nix/store/${"0".repeat(32)}-${name}.drv`;
const step = (name: string, ...selects: string[]): Step => ({ drv: path(name), selects });

describe("without a cause", () => {
  it.each<[string, AttrResult | undefined, AttrResult | undefined, string[] | undefined]>([
    ["it is gone", attr("a"), undefined, ["it is not there any more"]],
    ["it was never there", undefined, undefined, []],
    ["it is broken", attr("a"), broken, ["it does not evaluate: assertion failed"]],
    ["it is the same", attr("a"), attr("a"), []],
    ["there is one to look for", attr("a"), attr("b"), undefined],
    ["it is new", undefined, attr("b"), undefined],
  ])("%s", (_, base, head, lines) => {
    expect(whyWithoutCause(base, head)).toEqual(lines);
  });
});

describe("with a cause", () => {
  const before = derivation("gcc-12", { env: { flags: "-O2" } });
  const after = derivation("gcc-12", { env: { flags: "-O3" } });

  it("is the way there, with outputs worth a word, and what differs", () => {
    const way = [step("zfs-2", "dev", "modules"), step("linux-6", "out"), step("gcc-12")];
    expect(whyRebuilt({ way, before: before.path }, attr("a"), before, after)).toEqual([
      "zfs-2",
      "needs linux-6 (dev, modules)",
      "needs gcc-12",
      "  `flags`: `-O2` → `-O3`",
    ]);
  });

  it.each<[string, AttrResult | undefined, string]>([
    ["is new", undefined, "base has no such attribute"],
    ["was mended", broken, "it did not evaluate at base"],
  ])("also says that it %s", (_, base, line) => {
    const lines = whyRebuilt({ way: [step("gcc-12")], before: undefined }, base, undefined, after);
    expect(lines).toEqual([line, "gcc-12", "  base has nothing of this name"]);
  });

  it("leaves out the middle of a long way", () => {
    const way = Array.from({ length: 50 }, (_, at) => step(`n${at}`));
    const lines = whyRebuilt({ way, before: before.path }, attr("a"), before, after);
    expect(lines).toHaveLength(22);
    expect(lines.slice(-4)).toEqual(["needs n18", "… 30 steps", "needs n49", "  `flags`: `-O2` → `-O3`"]);
  });

  it("is nothing where base has its outputs", () => {
    expect(whyRebuilt(undefined, attr("a"), undefined, undefined)).toEqual([]);
  });
});
