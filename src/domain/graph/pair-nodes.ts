/**
 * Which derivations of two graphs stand in the same place: from pairs that are known, down to what both need under the same
 * name. Names alone do not tell, since kernels of one version and several flavours, with all that is inside of them, are called
 * the same.
 */
import { type DerivationGraph, type Node, rowOf } from "./graph.ts";

/** @param roots of `graph` and of `other` each. @returns for nodes of `graph`, those of `other` */
export function pairNodes(
  graph: DerivationGraph,
  other: DerivationGraph,
  roots: Iterable<readonly [Node, Node]>,
): ReadonlyMap<Node, ReadonlySet<Node>> {
  const pairs = new Map<Node, Set<Node>>();
  const queue: (readonly [Node, Node])[] = [];
  const add = (node: Node, counterpart: Node) => {
    const known = pairs.get(node);
    if (known?.has(counterpart)) return;
    if (known === undefined) pairs.set(node, new Set([counterpart]));
    else known.add(counterpart);
    // Below what is the same on both sides, everything is.
    if (graph.outputs[node] !== other.outputs[counterpart]) queue.push([node, counterpart]);
  };
  for (const [node, counterpart] of roots) add(node, counterpart);
  for (let at = 0; at < queue.length; at += 1) {
    const [node, counterpart] = queue[at] as readonly [Node, Node];
    const candidates = [...rowOf(other.inputs, counterpart)];
    for (const input of rowOf(graph.inputs, node))
      for (const found of alike(graph, input, other, candidates)) add(input, found);
  }
  return pairs;
}

/** Of the same outputs, else of the same name, else of the same name but for the version. */
function alike(
  graph: DerivationGraph,
  node: Node,
  other: DerivationGraph,
  candidates: readonly Node[],
): readonly Node[] {
  const same = candidates.filter((found) => other.outputs[found] === graph.outputs[node]);
  if (same.length > 0) return same;
  const named = candidates.filter((found) => nameOf(other, found) === nameOf(graph, node));
  if (named.length > 0) return named;
  return candidates.filter((found) => plainNameOf(other, found) === plainNameOf(graph, node));
}

/** `/nix/store/<hash>-linux-6.1.tar.xz.drv` → `linux`: a new version of it is the same thing anew. */
export function plainNameOf(graph: DerivationGraph, node: Node): string {
  return nameOf(graph, node).replace(/-\d.*$/s, "");
}

function nameOf({ paths }: DerivationGraph, node: Node): string {
  const drv = paths[node] ?? "";
  return drv.slice(drv.indexOf("-", drv.lastIndexOf("/")) + 1);
}
