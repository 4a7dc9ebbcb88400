import { describe, expect, it } from "vitest";
import { findCulprits } from "../../../src/domain/graph/culprits.ts";
import { drvPath, makeGraph, node } from "./make-graph.ts";

/** Attrs have the names of their derivations. */
function culprits(
  needs: Readonly<Record<string, readonly string[]>>,
  changed: readonly string[],
  named: readonly string[],
  most = 5,
) {
  const graph = makeGraph(needs);
  const isNew = new Uint8Array(graph.paths.length);
  for (const name of changed) isNew[node(graph, name)] = 1;
  const nodes = named.map((name) => [name, node(graph, name)] as const);
  const rebuilt = new Map(nodes.filter(([, at]) => isNew[at] === 1));
  const facts = { graph, isNew, rebuilt, named: new Map(nodes.map(([name, at]) => [at, name])) };
  return findCulprits(facts, most).map(({ drv, attrs }) => [drv.replace(/.*-|\.drv$/g, ""), attrs]);
}

const NEEDS = {
  zfs: ["linux"],
  spl: ["linux"],
  linux: ["config", "tarball", "gcc"],
  config: ["gcc"],
  tarball: [],
  gcc: [],
  hello: ["gcc"],
};
const ATTRS = ["zfs", "spl", "linux", "gcc", "hello"];

describe("culprits", () => {
  it("tells a file inside of a package as the package", () => {
    expect(culprits(NEEDS, ["tarball", "linux", "zfs", "spl"], ATTRS)).toEqual([["linux", 3]]);
  });

  it("tells two changes inside of one package once", () => {
    expect(culprits(NEEDS, ["tarball", "config", "linux", "zfs", "spl"], ATTRS)).toEqual([["linux", 3]]);
  });

  it("tells what several packages share as itself", () => {
    const needs = { a: ["shared"], b: ["shared"], shared: [] };
    expect(culprits(needs, ["a", "b", "shared"], ["a", "b"])).toEqual([["shared", 2]]);
  });

  it("puts the one that most attrs need first, and counts attrs of both with both", () => {
    const needs = { ...NEEDS, zfs: ["linux", "hello"] };
    expect(culprits(needs, ["linux", "hello", "zfs", "spl"], ATTRS)).toEqual([
      ["linux", 3],
      ["hello", 2],
    ]);
    expect(culprits(needs, ["linux", "hello", "zfs", "spl"], ATTRS, 1)).toEqual([["linux", 3]]);
  });

  it("has none where nothing is new, or nothing that anybody has a name for", () => {
    expect(culprits(NEEDS, [], ATTRS)).toEqual([]);
    expect(culprits(NEEDS, ["tarball"], ATTRS)).toEqual([]);
  });

  it("counts aliases as the attrs they are", () => {
    const graph = makeGraph(NEEDS);
    const at = node(graph, "hello");
    const isNew = new Uint8Array(graph.paths.length);
    isNew[at] = 1;
    const rebuilt = new Map([
      ["hello", at],
      ["hello2", at],
    ]);
    expect(findCulprits({ graph, isNew, rebuilt, named: new Map([[at, "hello"]]) }, 5)).toEqual([
      { drv: drvPath("hello"), attr: "hello", attrs: 2 },
    ]);
  });
});
