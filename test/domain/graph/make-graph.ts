/** Graphs for tests, written as what needs what: `{ zfs: ["linux"], linux: ["gcc!out,dev"] }`. */
import { type DerivationGraph, nodeOf } from "../../../src/domain/graph/graph.ts";
import { createRowCollector, joinRows } from "../../../src/domain/graph/rows.ts";

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
  const inputs = Object.entries(needs).map(([name, names]) => [drvPath(name), names.map(inputOf)] as const);
  const all = inputs.flatMap(([path, named]) => [path, ...named.map((input) => input.path)]);
  const paths = [...new Set(all)].sort();
  const nodes = new Map(paths.map((path, number) => [path, number]));
  const rows = createRowCollector();
  for (const [path, named] of inputs) {
    rows.begin();
    for (const input of named) rows.add(nodes.get(input.path) ?? 0, JSON.stringify(input.outputs));
    rows.end(nodes.get(path) ?? 0);
  }
  return joinRows(paths, [rows.part()]);
}

function inputOf(input: string) {
  const [name = "", outputs = "out"] = input.split("!");
  return { path: drvPath(name), outputs: outputs.split(",") };
}

export function node(graph: DerivationGraph, name: string): number {
  const found = nodeOf(graph, drvPath(name));
  if (found === undefined) throw new Error(`no ${name} in this graph`);
  return found;
}
