/** Closure leaks and size limits: what of a kernel's growth is the change's doing. */
import { describe, expect, it } from "vitest";
import { findLeaks } from "../../src/domain/closure-leaks.ts";
import type { KernelFacts } from "../../src/domain/kernel-facts.ts";
import { excessMessage, findExcesses } from "../../src/domain/size-excess.ts";

interface Sketch {
  readonly size?: number;
  readonly refersTo?: readonly string[];
}

function kernel(outputs: Readonly<Record<string, Sketch>>): KernelFacts {
  const path = (name: string) => `/nix/store/${name}`;
  return {
    attr: "linux",
    system: "x86_64-linux",
    modules: [],
    builtin: [],
    passthru: {},
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, { size = 1, refersTo = [] }]) => [
        name,
        { path: path(name), narSize: size, closureSize: size, files: [], references: refersTo.map(path) },
      ]),
    ),
  };
}

describe("findLeaks", () => {
  it.each([
    {
      name: "modules that pull in the image",
      outputs: { out: {}, modules: { refersTo: ["out"] } },
      leaks: ["modules → out"],
    },
    {
      name: "an image that pulls in headers",
      outputs: { out: { refersTo: ["dev"] }, dev: {} },
      leaks: ["out → dev"],
    },
    { name: "headers may name anything", outputs: { out: {}, dev: { refersTo: ["out"] } }, leaks: [] },
    {
      name: "an image may name its modules",
      outputs: { out: { refersTo: ["modules"] }, modules: {} },
      leaks: [],
    },
  ])("$name", ({ outputs, leaks }) => {
    const found = findLeaks(undefined, kernel(outputs));
    expect(found.map(({ output, refersTo }) => `${output} → ${refersTo}`)).toEqual(leaks);
  });

  it("does not blame a change for what base had", () => {
    const leaking = kernel({ out: { refersTo: ["dev"] }, dev: {} });
    expect(findLeaks(leaking, leaking)).toEqual([]);
  });
});

describe("findExcesses", () => {
  const limits = { out: [{ kind: "total", bytes: 100 } as const, { kind: "growth", percent: 5 } as const] };

  it.each([
    { base: 90, head: 100, exceeds: ["growth"] },
    { base: 100, head: 105, exceeds: ["total"] },
    { base: 100, head: 106, exceeds: ["total", "growth"] },
    { base: 200, head: 150, exceeds: [] },
  ])("$base → $head bytes exceeds $exceeds", ({ base, head, exceeds }) => {
    const found = findExcesses(kernel({ out: { size: base } }), kernel({ out: { size: head } }), limits);
    expect(found.map(({ limit }) => limit.kind)).toEqual(exceeds);
  });

  it("calls an output without a base new, not grown", () => {
    const [excess] = findExcesses(undefined, kernel({ out: { size: 101 } }), limits);
    expect(excess && excessMessage(excess)).toContain("new");
    expect(findExcesses(undefined, kernel({ out: { size: 101 } }), limits)).toHaveLength(1);
  });
});
