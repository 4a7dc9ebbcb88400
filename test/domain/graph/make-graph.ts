/** Graphs for tests, written as what needs what: `{ zfs: ["linux"], linux: ["gcc!out,dev"] }`. */
import { createGraphBuilder } from "../../../src/domain/graph/build-graph.ts";
import { type DerivationGraph, nodeOf } from "../../../src/domain/graph/graph.ts";

/** A hash that sorts like the name, so that expectations read in order of names; `@` and what follows make another one. */
export function drvPath(name: string): string {
  const [plain = "", salt = ""] = name.split("@");
  const hash = `${plain}${salt}`
    .replaceAll(/[^a-z0-9]/g, "0")
    .padEnd(32, "0")
    .slice(0, 32);
  return `/nix/store/${hash}-${plain}.drv`;
}

export function makeGraph(needs: Readonly<Record<string, readonly string[]>>): DerivationGraph {
  const builder = createGraphBuilder();
  for (const [name, inputs] of Object.entries(needs)) {
    const inputDrvs = new Map(
      inputs.map((input) => {
        const [drv = "", outputs = "out"] = input.split("!");
        return [drvPath(drv), outputs.split(",")] as const;
      }),
    );
    builder.add(drvPath(name), { inputDrvs });
  }
  return builder.build();
}

export function node(graph: DerivationGraph, name: string): number {
  const found = nodeOf(graph, drvPath(name));
  if (found === undefined) throw new Error(`no ${name} in this graph`);
  return found;
}
