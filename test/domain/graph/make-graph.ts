/** Graphs for tests, written as what needs what: `{ zfs: ["linux"], linux: ["gcc!out,dev"] }`. */
import { createFingerprint } from "../../../src/domain/graph/fingerprint.ts";
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

/**
 * Outputs differ where names do. `fixed`: those whose content is known beforehand; there, what follows an `@` makes another
 * derivation of the same outputs.
 */
export function makeGraph(
  needs: Readonly<Record<string, readonly string[]>>,
  fixed: readonly string[] = [],
): DerivationGraph {
  const inputs = new Map(Object.entries(needs).map(([name, names]) => [name, names.map(inputOf)]));
  const all = [
    ...new Set([...inputs].flatMap(([name, named]) => [name, ...named.map((input) => input.name)])),
  ];
  const paths = all.map(drvPath).sort();
  const nodes = new Map(paths.map((path, number) => [path, number]));
  const rows = createRowCollector();
  for (const name of all) {
    rows.begin();
    for (const input of inputs.get(name) ?? [])
      rows.add(nodes.get(drvPath(input.name)) ?? 0, JSON.stringify(input.outputs));
    const isFixed = fixed.includes(name);
    rows.end(nodes.get(drvPath(name)) ?? 0, outputsOf(isFixed ? name.replace(/@.*/, "") : name), isFixed);
  }
  return joinRows(paths, [rows.part()]);
}

function outputsOf(name: string): number {
  const outputs = createFingerprint();
  outputs.clear();
  outputs.add(new TextEncoder().encode(drvPath(name)), "/nix/store/".length);
  return outputs.value();
}

function inputOf(input: string) {
  const [name = "", outputs = "out"] = input.split("!");
  return { name, outputs: outputs.split(",") };
}

export function node(graph: DerivationGraph, name: string): number {
  const found = nodeOf(graph, drvPath(name));
  if (found === undefined) throw new Error(`no ${name} in this graph`);
  return found;
}
