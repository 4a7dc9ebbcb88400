/**
 * Why is this rebuilt? The shortest way from a derivation down to one that differs by itself: it is new at head, and base has
 * everything it needs.
 */
import type { DrvPath } from "../evaluation.ts";
import { type Step, wayToNearest, withInputs } from "./dependents.ts";
import { type DerivationGraph, type Node, nodeOf, rowOf } from "./graph.ts";
import { newNodes } from "./new-nodes.ts";

export interface CauseFacts {
  readonly head: { readonly graph: DerivationGraph; readonly drv: DrvPath };
  /** `drv`: what the attr was at base, where it was there. */
  readonly base: { readonly graph: DerivationGraph; readonly drv?: DrvPath };
}

export interface Cause {
  /** From the derivation asked about to the one that differs by itself; the same where it does. */
  readonly way: readonly Step[];
  /** What base has instead of the last of them; undefined where it has nothing like it. */
  readonly before: DrvPath | undefined;
}

/** Undefined where base has all of its outputs already. */
export function findCause({ head, base }: CauseFacts): Cause | undefined {
  const start = nodeOf(head.graph, head.drv);
  const isNew = newNodes(head.graph, base.graph);
  if (start === undefined || isNew[start] !== 1) return undefined;
  const isCause = (node: Node) => rowOf(head.graph.inputs, node).every((input) => isNew[input] !== 1);
  const way = wayToNearest(head.graph, start, isCause, (node) => isNew[node] === 1);
  // A ring has no end, and cannot be in a store.
  const steps = way ?? [{ drv: head.drv, selects: [] }];
  const cause = steps.at(-1)?.drv ?? head.drv;
  const before = steps.length === 1 && base.drv !== undefined ? base.drv : counterpart(cause, head, base);
  return { way: steps, before };
}

/**
 * What was called the same and head has no more: first among what the attr needed, then anywhere; with the version, then
 * without it.
 */
function counterpart(
  cause: DrvPath,
  head: CauseFacts["head"],
  { graph, drv }: CauseFacts["base"],
): DrvPath | undefined {
  const isGone = newNodes(graph, head.graph);
  const root = drv === undefined ? undefined : nodeOf(graph, drv);
  const needed = withInputs(graph, root === undefined ? [] : [root]);
  const find = (isIt: (name: string) => boolean) => {
    const found = [...graph.paths.entries()].filter(
      ([node, path]) => isGone[node] === 1 && isIt(nameOf(path)),
    );
    return (found.find(([node]) => needed[node] === 1) ?? found[0])?.[1];
  };
  const name = nameOf(cause);
  const plain = withoutVersion(name);
  return find((other) => other === name) ?? find((other) => withoutVersion(other) === plain);
}

function nameOf(drv: DrvPath): string {
  return drv.slice(drv.indexOf("-", drv.lastIndexOf("/")) + 1);
}

function withoutVersion(name: string): string {
  return name.replace(/-\d.*$/s, "");
}
