/**
 * Rows of a graph: collected one derivation after the other, by any number of readers at once, and joined. Every reader
 * knows all derivations and their numbers beforehand, so joining is copying.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";
import { type DerivationGraph, type Node, turnedAround } from "./graph.ts";

/** What one reader has read. Plain arrays, to be sent from a thread. */
export interface RowPart {
  /** Whose rows these are, in the order of the rows. */
  readonly nodes: Uint32Array;
  /** How many inputs each has. */
  readonly counts: Uint32Array;
  /** What stands for the outputs of each (`fingerprint.ts`). */
  readonly outputs: Float64Array;
  /** 1 where they were known beforehand. */
  readonly fixed: Uint8Array;
  /** Inputs of all rows, one row after the other. */
  readonly values: Uint32Array;
  /** Beside `values`: an index into `selections`. */
  readonly selected: Uint32Array;
  /** Each list of output names once, as JSON. */
  readonly selections: readonly string[];
}

export interface RowCollector {
  /** The next row; what was read of one that was not ended is forgotten. */
  begin(): void;
  /** @param selects a JSON list of names of outputs */
  add(input: Node, selects: string): void;
  end(node: Node, outputs: number, isFixed: boolean): void;
  part(): RowPart;
}

export function createRowCollector(): RowCollector {
  const nodes = createGrowing();
  const counts = createGrowing();
  const outputs: number[] = [];
  const fixed: number[] = [];
  const values = createGrowing();
  const selected = createGrowing();
  const selections = new Map<string, number>();
  let rowAt = 0;
  return {
    begin() {
      values.cut(rowAt);
      selected.cut(rowAt);
    },
    add(input, selects) {
      let selection = selections.get(selects);
      if (selection === undefined) {
        selection = selections.size;
        selections.set(selects, selection);
      }
      values.push(input);
      selected.push(selection);
    },
    end(node, fingerprint, isFixed) {
      nodes.push(node);
      outputs.push(fingerprint);
      fixed.push(isFixed ? 1 : 0);
      counts.push(values.length() - rowAt);
      rowAt = values.length();
    },
    part: () => ({
      nodes: nodes.values(),
      counts: counts.values(),
      outputs: Float64Array.from(outputs),
      fixed: Uint8Array.from(fixed),
      values: values.values(),
      selected: selected.values(),
      selections: [...selections.keys()],
    }),
  };
}

/** @param paths sorted; those that no part has a row of have no inputs */
export function joinRows(paths: readonly DrvPath[], parts: readonly RowPart[]): DerivationGraph {
  const starts = new Uint32Array(paths.length + 1);
  const outputs = new Float64Array(paths.length);
  const fixed = new Uint8Array(paths.length);
  for (const part of parts)
    for (const [row, node] of part.nodes.entries()) {
      starts[node + 1] = part.counts[row] ?? 0;
      outputs[node] = part.outputs[row] ?? 0;
      fixed[node] = part.fixed[row] ?? 0;
    }
  for (let node = 0; node < paths.length; node += 1)
    starts[node + 1] = (starts[node + 1] ?? 0) + (starts[node] ?? 0);

  const values = new Uint32Array(starts[paths.length] ?? 0);
  const selected = new Uint32Array(values.length);
  // Sorted, so that it does not show who read what.
  const selections = [...new Set(parts.flatMap((part) => part.selections))].sort();
  const places = new Map(selections.map((outputs, place) => [outputs, place]));
  for (const part of parts) {
    const renamed = part.selections.map((outputs) => places.get(outputs) ?? 0);
    let from = 0;
    for (let row = 0; row < part.nodes.length; row += 1) {
      const to = starts[part.nodes[row] ?? 0] ?? 0;
      const count = part.counts[row] ?? 0;
      for (let edge = 0; edge < count; edge += 1) {
        values[to + edge] = part.values[from + edge] ?? 0;
        selected[to + edge] = renamed[part.selected[from + edge] ?? 0] ?? 0;
      }
      from += count;
    }
  }
  const inputs = { starts, values };
  return {
    paths,
    outputs,
    fixed,
    inputs,
    selected,
    selections: selections.map((outputs) => JSON.parse(outputs) as OutputName[]),
    dependents: turnedAround(inputs),
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
    cut(to: number) {
      length = to;
    },
    length: () => length,
    values: () => numbers.slice(0, length),
  };
}
