/** Parts of graphs. */
import { expect, it } from "vitest";
import { nodeOf } from "../../../src/domain/graph/graph.ts";
import { reachableFrom } from "../../../src/domain/graph/reachable.ts";
import { drvPath, makeGraph } from "./make-graph.ts";

const OLD = { "linux@old": ["gcc"], "zfs@old": ["linux@old!dev", "gcc"] };
const NEW = { linux: ["gcc", "source"], zfs: ["linux!dev", "gcc!out,dev"], gcc: ["source"] };
const both = makeGraph({ ...OLD, ...NEW }, ["source"]);
const roots = (...names: readonly string[]) => names.flatMap((name) => nodeOf(both, drvPath(name)) ?? []);

it("is the graph that there would be without the rest", () => {
  const alone = makeGraph(NEW, ["source"]);
  const part = reachableFrom(both, roots("zfs"));

  expect(part).toEqual(alone);
});

it("is what several need, each once", () => {
  expect(reachableFrom(both, roots("linux", "gcc", "linux")).paths).toEqual(
    ["gcc", "linux", "source"].map(drvPath),
  );
});

it("is nothing for nothing, and the same graph where all of it is needed", () => {
  const none = reachableFrom(both, []);

  expect([none.paths, none.inputs.values.length, none.dependents.starts.length]).toEqual([[], 0, 1]);
  expect(reachableFrom(both, roots("zfs", "zfs@old"))).toBe(both);
});
