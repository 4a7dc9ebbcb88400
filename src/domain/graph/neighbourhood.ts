/** The part of a graph that has to be read to judge whom a kernel breaks: of a hundred thousand derivations, some hundred. */
import type { DrvPath } from "../evaluation.ts";
import { withDependents } from "./dependents.ts";
import { type DerivationGraph, nodeOf, rowOf } from "./graph.ts";

/**
 * Everything that needs one of `roots`, these included, and whatever else is needed by those that need one directly: their scripts
 * and texts may lie in there. Sorted; roots that the graph does not have are passed over.
 */
export function neighbourhood(graph: DerivationGraph, roots: Iterable<DrvPath>): readonly DrvPath[] {
  const nodes = [...roots].flatMap((root) => nodeOf(graph, root) ?? []);
  const near = withDependents(graph, nodes);
  for (const node of nodes)
    for (const user of rowOf(graph.dependents, node))
      for (const input of rowOf(graph.inputs, user)) near[input] = 1;
  return graph.paths.filter((_, node) => near[node] === 1);
}
