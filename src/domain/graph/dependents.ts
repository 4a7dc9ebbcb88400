/**
 * Who needs what, over a whole graph: sets of nodes, and the shortest way between two.
 *
 * Breadth first and without recursion, each node once: a chain may be as long as a pull request likes.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";
import { type DerivationGraph, type Node, type Rows, rowOf } from "./graph.ts";

/** 1 at the number of each node that is in it. */
export type NodeSet = Uint8Array;

/** Everything that needs one of `roots`, directly or not, the roots included; by ways that only touch nodes that may be reached. */
export function withDependents(
  { dependents }: DerivationGraph,
  roots: Iterable<Node>,
  mayReach: (node: Node) => boolean = () => true,
): NodeSet {
  return spread(dependents, roots, mayReach);
}

/** Everything that one of `roots` needs, directly or not, the roots included. */
export function withInputs({ inputs }: DerivationGraph, roots: Iterable<Node>): NodeSet {
  return spread(inputs, roots, () => true);
}

function spread(rows: Rows, roots: Iterable<Node>, mayReach: (node: Node) => boolean): NodeSet {
  const nodes = rows.starts.length - 1;
  const reached = new Uint8Array(nodes);
  const queue = new Uint32Array(nodes);
  let end = 0;
  const reach = (node: Node) => {
    if (reached[node] === 1) return;
    reached[node] = 1;
    queue[end] = node;
    end += 1;
  };
  for (const root of roots) reach(root);
  for (let at = 0; at < end; at += 1)
    for (const next of rowOf(rows, queue[at] ?? 0)) if (mayReach(next)) reach(next);
  return reached;
}

export interface Step {
  readonly drv: DrvPath;
  /** Outputs of the next step that it selects; empty in the last. */
  readonly selects: readonly OutputName[];
}

/**
 * From a derivation down to the nearest input for which `isEnd`, which may be itself; both included, undefined where there is
 * none. Among equally near ones the first by path.
 */
export function wayToNearest(
  graph: DerivationGraph,
  from: Node,
  isEnd: (node: Node) => boolean,
  isOpen: (node: Node) => boolean = () => true,
): readonly Step[] | undefined {
  const { starts, values } = graph.inputs;
  /** The edge by which each node was reached first. */
  const cameBy = new Map<Node, { readonly node: Node; readonly edge: number } | undefined>([
    [from, undefined],
  ]);
  for (const node of cameBy.keys()) {
    if (isEnd(node)) return stepsTo(graph, node, cameBy);
    for (let edge = starts[node] ?? 0; edge < (starts[node + 1] ?? 0); edge += 1) {
      const input = values[edge] as Node;
      if (!cameBy.has(input) && isOpen(input)) cameBy.set(input, { node, edge });
    }
  }
  return undefined;
}

function stepsTo(
  { paths, selected, selections }: DerivationGraph,
  end: Node,
  cameBy: ReadonlyMap<Node, { readonly node: Node; readonly edge: number } | undefined>,
): readonly Step[] {
  const steps: Step[] = [{ drv: paths[end] as DrvPath, selects: [] }];
  for (let by = cameBy.get(end); by !== undefined; by = cameBy.get(by.node)) {
    const selects = selections[selected[by.edge] ?? 0] ?? [];
    steps.push({ drv: paths[by.node] as DrvPath, selects });
  }
  return steps.reverse();
}
