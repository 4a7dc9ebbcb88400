/**
 * What is new: derivations of one graph that make something another graph does not have. Output paths decide and not paths
 * of derivations, since those of everything change when curl does, and nothing that is fetched with it does.
 */
import type { NodeSet } from "./dependents.ts";
import type { DerivationGraph } from "./graph.ts";

export function newNodes(graph: DerivationGraph, ...others: readonly DerivationGraph[]): NodeSet {
  const known = new Set<number>();
  for (const { outputs } of others) for (const one of outputs) known.add(one);
  return Uint8Array.from(graph.outputs, (one) => (known.has(one) ? 0 : 1));
}
