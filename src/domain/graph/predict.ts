/**
 * Prediction: what a change rebuilds, from the graph of base and a few derivations of head.
 *
 * Only some attrs of head are evaluated for it, the seeds: the kernels and what is written beside them. A derivation was
 * replaced when a seed needed it at base, needs it no more at head, and needs a new one of the same name instead; whatever
 * needs a replaced one is rebuilt. So a change inside of a kernel's closure (its compiler, its perl) is seen as well as one of
 * the kernel itself. Of the seeds nothing is guessed: what they are on both sides is known.
 *
 * What lies outside of every seed's closure is not seen. Whether a change may reach there is decided by `predictability.ts`,
 * and the exact count corrects the rest. The graph may be one of an ancestor of base; what was replaced is found there by its
 * place below a seed.
 */
import type { AttrPath, AttrResult, DrvPath, Evaluation } from "../evaluation.ts";
import { rebuiltAttrs } from "../rebuilds.ts";
import { type NodeSet, withDependents, withInputs } from "./dependents.ts";
import { type DerivationGraph, type Node, nodeOf } from "./graph.ts";
import { pairNodes, plainNameOf } from "./pair-nodes.ts";

export interface EvaluatedGraph {
  readonly attrs: Evaluation;
  readonly graph: DerivationGraph;
}

export interface PredictionFacts {
  /** Everything: of base, or of an ancestor that stands for it. */
  readonly known: EvaluatedGraph;
  readonly seeds: readonly AttrPath[];
  /** At least the seeds; the same as `known` where that is of base itself. */
  readonly base: EvaluatedGraph;
  /** At least the seeds. One that is missing or does not evaluate is gone. */
  readonly head: EvaluatedGraph;
}

export interface Prediction {
  /** Rebuilt attrs, sorted. */
  readonly attrs: readonly AttrPath[];
  /** Distinct derivations among them. */
  readonly derivations: number;
  /** In the known graph: what is rebuilt there. */
  readonly reached: NodeSet;
  /** The seeds among the rebuilt attrs: what each was in the known graph, where it was there, and is at head. */
  readonly renewed: ReadonlyMap<Node, DrvPath>;
}

export function predictRebuilds(facts: PredictionFacts): Prediction {
  const { known, seeds } = facts;
  const { graph } = known;
  const reached = withDependents(graph, replacedNodes(facts), (node) => graph.fixed[node] !== 1);
  const looked = new Set(seeds);
  const attrs: AttrPath[] = [];
  const rebuilt = new Set<Node | DrvPath>();
  for (const [attr, result] of known.attrs) {
    const node = looked.has(attr) ? undefined : nodeIn(graph, result);
    if (node === undefined || reached[node] !== 1) continue;
    attrs.push(attr);
    rebuilt.add(node);
  }
  const renewed = new Map<Node, DrvPath>();
  for (const [attr, { drv }] of rebuiltSeeds(facts)) {
    const node = nodeIn(graph, known.attrs.get(attr));
    attrs.push(attr);
    rebuilt.add(node ?? drv);
    if (node !== undefined) renewed.set(node, drv);
  }
  return { attrs: attrs.sort(), derivations: rebuilt.size, reached, renewed };
}

function nodeIn(graph: DerivationGraph, result: AttrResult | undefined): Node | undefined {
  return result?.ok === true ? nodeOf(graph, result.drv) : undefined;
}

function rebuiltSeeds({ base, head, seeds }: PredictionFacts) {
  const looked = new Set(seeds);
  const atHead: Evaluation = new Map([...head.attrs].filter(([attr]) => looked.has(attr)));
  // What an ancestor had does not count: a change may bring back what was there before base.
  return rebuiltAttrs(base.attrs, atHead);
}

/** Nodes of the known graph. */
function replacedNodes(facts: PredictionFacts): Set<Node> {
  const { known, base, head, seeds } = facts;
  const atHead = closureOf(head, seeds);
  const stays = new Set(atHead.map((node) => head.graph.outputs[node]));
  const there = new Set([...known.graph.outputs, ...base.graph.outputs]);
  const renewed = new Set(
    atHead.flatMap((node) =>
      there.has(head.graph.outputs[node] ?? 0) ? [] : [plainNameOf(head.graph, node)],
    ),
  );
  const isGone = ({ graph }: EvaluatedGraph, node: Node) => !stays.has(graph.outputs[node]);
  const gone = closureOf(base, seeds).filter(
    (node) => isGone(base, node) && renewed.has(plainNameOf(base.graph, node)),
  );
  const replaced = new Set(base === known ? gone : sameIn(facts, gone));
  // A seed is replaced by what its attr is at head, under whatever name. An alias that only points elsewhere replaces nothing.
  for (const attr of seeds) {
    const atBase = nodeIn(base.graph, base.attrs.get(attr));
    const node = nodeIn(known.graph, known.attrs.get(attr));
    const isThere = head.attrs.get(attr)?.ok === true;
    if (atBase !== undefined && node !== undefined && isThere && isGone(base, atBase)) replaced.add(node);
  }
  return replaced;
}

/** What nodes of base are in the graph of an ancestor: the same, else what stood in their place there. */
function sameIn(facts: PredictionFacts, nodes: readonly Node[]): Node[] {
  const { graph } = facts.known;
  const byOutputs = new Map(Array.from(graph.outputs, (outputs, node) => [outputs, node]));
  const before = pairNodes(facts.base.graph, graph, rootPairs(facts));
  return nodes.flatMap((node) => {
    const same = byOutputs.get(facts.base.graph.outputs[node] ?? 0);
    return same === undefined ? [...(before.get(node) ?? [])] : same;
  });
}

/** What each seed is at base and was in the known graph. */
function rootPairs({ known, base, seeds }: PredictionFacts): (readonly [Node, Node])[] {
  return seeds.flatMap((attr) => {
    const now = nodeIn(base.graph, base.attrs.get(attr));
    const then = nodeIn(known.graph, known.attrs.get(attr));
    return now === undefined || then === undefined ? [] : [[now, then] as const];
  });
}

/** Everything the seeds need, themselves included. */
function closureOf({ graph, attrs }: EvaluatedGraph, seeds: readonly AttrPath[]): Node[] {
  const roots = seeds.flatMap((attr) => nodeIn(graph, attrs.get(attr)) ?? []);
  return [...withInputs(graph, roots).entries()].flatMap(([node, mark]) => (mark === 1 ? [node] : []));
}
