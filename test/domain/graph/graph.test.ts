import { describe, expect, it } from "vitest";
import {
  type NodeSet,
  wayToNearest,
  withDependents,
  withInputs,
} from "../../../src/domain/graph/dependents.ts";
import { type DerivationGraph, nodeOf } from "../../../src/domain/graph/graph.ts";
import { decodeGraph, encodeGraph } from "../../../src/domain/graph/graph-bytes.ts";
import { neighbourhood } from "../../../src/domain/graph/neighbourhood.ts";
import { drvPath, makeGraph, node } from "./make-graph.ts";

const KERNELS = {
  zfs: ["linux!dev", "spl"],
  spl: ["linux!dev"],
  system: ["linux!modules,out", "zfs"],
  linux: ["gcc", "source"],
  hello: ["gcc"],
  gcc: [],
  source: [],
};
const graph = makeGraph(KERNELS);
const names = (set: NodeSet, of: DerivationGraph = graph) =>
  [...set.entries()].flatMap(([at, mark]) => (mark === 1 ? [of.paths[at]?.replace(/.*-|\.drv$/g, "")] : []));

describe("a graph", () => {
  it("knows what is around a kernel: who needs it however far up, and what its direct users need beside it", () => {
    const around = (needs: Parameters<typeof makeGraph>[0]) =>
      neighbourhood(makeGraph(needs), [drvPath("linux"), drvPath("elsewhere")]);

    expect(around({ ...KERNELS, image: ["system", "cpio"], spl: ["linux!dev", "script"] })).toEqual(
      ["image", "linux", "script", "spl", "system", "zfs"].map(drvPath),
    );
  });

  it("knows who needs what, both ways", () => {
    expect(names(withDependents(graph, [node(graph, "linux")]))).toEqual(["linux", "spl", "system", "zfs"]);
    expect(names(withInputs(graph, [node(graph, "spl")]))).toEqual(["gcc", "linux", "source", "spl"]);
    expect(names(withDependents(graph, []))).toEqual([]);
  });

  it("does not know what is not in it", () => {
    expect(nodeOf(graph, drvPath("perl"))).toBeUndefined();
    expect(nodeOf(makeGraph({}), drvPath("perl"))).toBeUndefined();
  });

  it("is the same in whatever order it was made", () => {
    const backwards = Object.fromEntries(Object.entries(KERNELS).reverse());
    expect(makeGraph(backwards)).toEqual(graph);
  });

  it("takes chains and rings of any length", () => {
    const length = 50_000;
    const chain = makeGraph(
      Object.fromEntries(Array.from({ length }, (_, at) => [`n${at}`, [`n${(at + 1) % length}`]])),
    );
    expect(withDependents(chain, [0]).reduce((sum, mark) => sum + mark, 0)).toBe(length);
  });
});

describe("the way from one to another", () => {
  const way = (from: string, to: string) =>
    wayToNearest(graph, node(graph, from), (at) => at === node(graph, to))?.map(({ drv, selects }) => [
      drv,
      selects,
    ]);

  it("is the shortest, with what each step selects", () => {
    expect(way("system", "source")).toEqual([
      [drvPath("system"), ["modules", "out"]],
      [drvPath("linux"), ["out"]],
      [drvPath("source"), []],
    ]);
  });

  it("is one step to itself, and none where there is none", () => {
    expect(way("gcc", "gcc")).toEqual([[drvPath("gcc"), []]]);
    expect(way("gcc", "linux")).toBeUndefined();
    expect(way("hello", "linux")).toBeUndefined();
  });

  it("goes only where it may", () => {
    const closed = node(graph, "spl");
    const isOpen = (at: number) => at !== closed;
    const found = wayToNearest(graph, node(graph, "zfs"), (at) => at === closed, isOpen);
    expect(found).toBeUndefined();
  });
});

describe("as bytes", () => {
  it.each<[string, DerivationGraph]>([
    ["some", graph],
    ["none", makeGraph({})],
    ["one", makeGraph({ gcc: [] })],
  ])("comes back as it was: %s", (_, one) => {
    expect(decodeGraph(encodeGraph(one))).toEqual(one);
  });

  const bytes = encodeGraph(graph);
  const changed = (at: number, value: number) => bytes.with(at, value);
  it.each<[string, Uint8Array]>([
    ["empty", new Uint8Array(0)],
    ["cut", bytes.subarray(0, bytes.length - 1)],
    ["longer", Uint8Array.from([...bytes, 0])],
    ["something else", new TextEncoder().encode("x".repeat(200))],
    ["another format", changed(4, 200)],
    ["an edge to nowhere", changed((8 + graph.paths.length * 3 + 1) * 4 + 3, 255)],
    ["other counts", changed(8, 3)],
    ["a row that ends before it begins", changed((8 + graph.paths.length * 2 + 1) * 4, 200)],
  ])("is nothing where it is %s", (_, damaged) => {
    expect(decodeGraph(damaged)).toBeUndefined();
  });
});
