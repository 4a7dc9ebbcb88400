/**
 * The part of a graph that some derivations are made of. What an evaluation took over from another one may hold derivations
 * that nothing needs any more, and whoever asks what is gone must not find them.
 */
import { withInputs } from "./dependents.ts";
import { type DerivationGraph, type Node, rowOf, turnedAround } from "./graph.ts";

/** @returns the graph itself where that is all of it */
export function reachableFrom(graph: DerivationGraph, roots: Iterable<Node>): DerivationGraph {
  const kept: Node[] = [];
  for (const [node, mark] of withInputs(graph, roots).entries()) if (mark === 1) kept.push(node);
  if (kept.length === graph.paths.length) return graph;
  const numbers = new Uint32Array(graph.paths.length);
  for (const [number, node] of kept.entries()) numbers[node] = number;
  const { paths, outputs, fixed, inputs, selected, selections } = graph;

  const starts = new Uint32Array(kept.length + 1);
  for (const [number, node] of kept.entries())
    starts[number + 1] = (starts[number] ?? 0) + rowOf(inputs, node).length;
  const values = new Uint32Array(starts[kept.length] ?? 0);
  const keptSelected = new Uint32Array(values.length);
  for (const [number, node] of kept.entries()) {
    const to = starts[number] ?? 0;
    values.set(
      rowOf(inputs, node).map((input) => numbers[input] ?? 0),
      to,
    );
    keptSelected.set(selected.subarray(inputs.starts[node] ?? 0, inputs.starts[node + 1] ?? 0), to);
  }
  const rows = { starts, values };
  return {
    paths: kept.flatMap((node) => paths[node] ?? []),
    outputs: Float64Array.from(kept, (node) => outputs[node] ?? 0),
    fixed: Uint8Array.from(kept, (node) => fixed[node] ?? 0),
    inputs: rows,
    selected: keptSelected,
    selections,
    dependents: turnedAround(rows),
  };
}
