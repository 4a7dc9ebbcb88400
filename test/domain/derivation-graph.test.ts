import { describe, expect, it } from "vitest";
import type { Derivation } from "../../src/domain/derivation.ts";
import {
  attrsByDerivation,
  directDependents,
  ownersOf,
  shortestPath,
  transitiveDependents,
} from "../../src/domain/derivation-graph.ts";
import type { AttrResult } from "../../src/domain/evaluation.ts";

/** `{ image: ["initrd"] }`: image selects an output of initrd. */
const graphOf = (inputs: Readonly<Record<string, readonly string[]>>) => {
  const derivations = Object.entries(inputs).map(([path, drvs]): [string, Derivation] => [
    path,
    {
      path,
      name: path,
      outputs: {},
      inputDrvs: new Map(drvs.map((drv) => [drv, ["out"]])),
      inputSrcs: [],
      system: "x86_64-linux",
      builder: "",
      args: [],
      env: {},
    },
  ]);
  return directDependents(new Map(derivations));
};

//   linux ─ closure ─ initrd ─ image      linux ─ zfs      hello
const graph = graphOf({
  linux: [],
  closure: ["linux"],
  initrd: ["closure"],
  image: ["initrd", "linux"],
  zfs: ["linux"],
  hello: [],
});

it("finds who depends on a derivation, and how far away", () => {
  expect(graph.get("linux")).toEqual(["closure", "image", "zfs"]);
  expect([...transitiveDependents(graph, ["linux"])]).toEqual([
    ["closure", { root: "linux", steps: 1 }],
    ["image", { root: "linux", steps: 1 }],
    ["zfs", { root: "linux", steps: 1 }],
    ["initrd", { root: "linux", steps: 2 }],
  ]);
  expect(transitiveDependents(graph, ["hello", "image"]).size).toBe(0);
});

it("finds the shortest way up", () => {
  expect(shortestPath(graph, "closure", "image")).toEqual(["closure", "initrd", "image"]);
  expect(shortestPath(graph, "linux", "image")).toEqual(["linux", "image"]);
  expect(shortestPath(graph, "image", "linux")).toBeUndefined();
  expect(shortestPath(graph, "zfs", "zfs")).toEqual(["zfs"]);
});

describe("the owners of a derivation", () => {
  const owners = (drv: string, ...attrs: string[]) =>
    ownersOf(drv, new Map(attrs.map((attr) => [attr, [attr]])), graph).map((owner) => owner.drv);

  it.each([
    { drv: "closure", attrs: ["image"], expected: ["image"], why: "the attr that holds it" },
    { drv: "closure", attrs: ["closure", "image"], expected: ["closure"], why: "itself when it has an attr" },
    { drv: "closure", attrs: ["initrd", "image"], expected: ["initrd"], why: "not what is further up" },
    { drv: "linux", attrs: ["zfs", "initrd"], expected: ["zfs", "initrd"], why: "one on each way up" },
    { drv: "hello", attrs: ["image"], expected: [], why: "none where nobody needs it" },
  ])("are $why", ({ drv, attrs, expected }) => {
    expect(owners(drv, ...attrs)).toEqual(expected);
  });
});

it("survives a deep chain", () => {
  const chain = Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`${i}`, [`${i - 1}`]]));

  expect(transitiveDependents(graphOf(chain), ["0"]).get("49999")?.steps).toBe(49_999);
});

it("collects the attrs of each derivation and leaves out those that fail", () => {
  const derivation = (drv: string): AttrResult => ({ ok: true, drv, outputs: {}, name: drv, system: "s" });

  const attrs = attrsByDerivation(
    new Map<string, AttrResult>([
      ["b", derivation("1")],
      ["a", derivation("1")],
      ["c", { ok: false, error: "no", cause: "throw" }],
    ]),
  );

  expect([...attrs]).toEqual([["1", ["a", "b"]]]);
});
