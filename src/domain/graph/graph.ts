/**
 * A graph of derivations, compact: a whole package set has hundreds of thousands, and questions about all of them
 * have to be answered while somebody waits.
 *
 * Derivations are numbers from 0 in the order of their paths, so that two graphs of the same derivations are equal. Edges
 * are rows of typed arrays, once upwards and once downwards: the edges of node n stand from `starts[n]` up to `starts[n + 1]`.
 * What an edge selects (`out`, `dev` …) is a number too, since a few dozen different selections make up all edges.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";

/** A derivation's number in one graph. */
export type Node = number;

/** Rows of numbers, one row per node. */
export interface Rows {
  /** One more than there are nodes. */
  readonly starts: Uint32Array;
  readonly values: Uint32Array;
}

export interface DerivationGraph {
  /** Sorted; a node's index is its number. */
  readonly paths: readonly DrvPath[];
  /** One number for the output paths of each (`fingerprint.ts`); for its own path where they are not known before it is built. */
  readonly outputs: Float64Array;
  /** 1 where the content of its outputs was known beforehand: whatever it needs, they stay the same. */
  readonly fixed: Uint8Array;
  /** What each derivation needs. */
  readonly inputs: Rows;
  /** Beside `inputs.values`: an index into `selections`. */
  readonly selected: Uint32Array;
  /** Lists of output names that edges select, each once. */
  readonly selections: readonly (readonly OutputName[])[];
  /** Which derivations need each one. Made from `inputs`. */
  readonly dependents: Rows;
}

export function rowOf({ starts, values }: Rows, node: Node): Uint32Array {
  return values.subarray(starts[node] ?? 0, starts[node + 1] ?? 0);
}

/** By binary search: a map of all paths would take more room than the graph. */
export function nodeOf({ paths }: Pick<DerivationGraph, "paths">, path: DrvPath): Node | undefined {
  let low = 0;
  let high = paths.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const found = paths[middle] as DrvPath;
    if (found === path) return middle;
    if (found < path) low = middle + 1;
    else high = middle - 1;
  }
  return undefined;
}

/** The same edges, seen from the other end; sorted within each row. */
export function turnedAround({ starts, values }: Rows): Rows {
  const nodes = starts.length - 1;
  const ends = new Uint32Array(nodes + 1);
  for (const to of values) ends[to + 1] = (ends[to + 1] ?? 0) + 1;
  for (let node = 0; node < nodes; node += 1) ends[node + 1] = (ends[node + 1] ?? 0) + (ends[node] ?? 0);
  const filled = ends.slice();
  const turned = new Uint32Array(values.length);
  for (let from = 0; from < nodes; from += 1) {
    for (let edge = starts[from] ?? 0; edge < (starts[from + 1] ?? 0); edge += 1) {
      const to = values[edge] as Node;
      const place = filled[to] as number;
      turned[place] = from;
      filled[to] = place + 1;
    }
  }
  return { starts: ends, values: turned };
}
