/**
 * Building a graph: derivations come one by one, in any order, each once or more often, and inputs may be named before
 * they are read. Memory stays at what the graph itself needs and one index of paths.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";
import type { DerivationHead } from "../parse-derivation.ts";
import { type DerivationGraph, turnedAround } from "./graph.ts";

export interface GraphBuilder {
  /** What was added before under the same path counts. */
  add(path: DrvPath, head: Pick<DerivationHead, "inputDrvs">): void;
  /** It exists; what it needs may be added later. */
  mention(path: DrvPath): void;
  build(): DerivationGraph;
}

export function createGraphBuilder(): GraphBuilder {
  const numbers = new Map<DrvPath, number>();
  const paths: DrvPath[] = [];
  const added: boolean[] = [];
  const selections = createSelections();
  /** Rows in the order of adding: from, how many, then pairs of input and selection. */
  const rows = createGrowing();

  const numberOf = (path: DrvPath): number => {
    const known = numbers.get(path);
    if (known !== undefined) return known;
    numbers.set(path, paths.length);
    return paths.push(path) - 1;
  };

  return {
    add(path, { inputDrvs }) {
      const from = numberOf(path);
      if (added[from] === true) return;
      added[from] = true;
      rows.push(from);
      rows.push(inputDrvs.size);
      for (const [input, outputs] of inputDrvs) {
        rows.push(numberOf(input));
        rows.push(selections.numberOf(outputs));
      }
    },
    mention: numberOf,
    build() {
      numbers.clear();
      return inOrder(paths, rows.values(), selections.all());
    },
  };
}

/** Renumbered by path, so that the order of adding does not show. */
function inOrder(
  paths: readonly DrvPath[],
  rows: Uint32Array,
  selections: DerivationGraph["selections"],
): DerivationGraph {
  const order = Uint32Array.from(paths.keys()).sort((a, b) =>
    (paths[a] as DrvPath) < (paths[b] as DrvPath) ? -1 : 1,
  );
  const places = new Uint32Array(paths.length);
  for (const [place, number] of order.entries()) places[number] = place;
  const names = orderOfSelections(selections);

  const starts = new Uint32Array(paths.length + 1);
  for (let at = 0; at < rows.length; at += 2 + 2 * (rows[at + 1] ?? 0))
    starts[(places[rows[at] ?? 0] ?? 0) + 1] = rows[at + 1] ?? 0;
  for (let node = 0; node < paths.length; node += 1)
    starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);
  const values = new Uint32Array(starts[paths.length] ?? 0);
  const selected = new Uint32Array(values.length);
  for (let at = 0; at < rows.length; at += 2 + 2 * (rows[at + 1] ?? 0)) {
    // Written by Nix sorted by path, and kept so.
    let edge = starts[places[rows[at] ?? 0] ?? 0] ?? 0;
    for (let pair = at + 2; pair < at + 2 + 2 * (rows[at + 1] ?? 0); pair += 2, edge += 1) {
      values[edge] = places[rows[pair] ?? 0] ?? 0;
      selected[edge] = names.places[rows[pair + 1] ?? 0] ?? 0;
    }
  }
  const inputs = { starts, values };
  return {
    paths: Array.from(order, (number) => paths[number] as DrvPath),
    inputs,
    selected,
    selections: names.sorted,
    dependents: turnedAround(inputs),
  };
}

function orderOfSelections(selections: DerivationGraph["selections"]) {
  const keys = selections.map((names) => JSON.stringify(names));
  const order = [...keys.keys()].sort((a, b) => ((keys[a] as string) < (keys[b] as string) ? -1 : 1));
  const places = new Uint32Array(keys.length);
  for (const [place, number] of order.entries()) places[number] = place;
  return { places, sorted: order.map((number) => selections[number] as readonly OutputName[]) };
}

function createSelections() {
  const numbers = new Map<string, number>();
  const all: (readonly OutputName[])[] = [];
  return {
    numberOf(outputs: readonly OutputName[]): number {
      const key = outputs.length === 1 ? (outputs[0] as string) : JSON.stringify(outputs);
      const known = numbers.get(key);
      if (known !== undefined) return known;
      numbers.set(key, all.length);
      return all.push(outputs) - 1;
    },
    all: () => all,
  };
}

/** A list of numbers without a box around each. */
function createGrowing() {
  let numbers = new Uint32Array(1 << 12);
  let length = 0;
  return {
    push(value: number) {
      if (length === numbers.length) {
        const larger = new Uint32Array(numbers.length * 2);
        larger.set(numbers);
        numbers = larger;
      }
      numbers[length] = value;
      length += 1;
    },
    values: () => numbers.subarray(0, length),
  };
}
