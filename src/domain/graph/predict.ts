/**
 * Prediction: what a change rebuilds, from the graph of base and a few derivations of head.
 *
 * Only the kernels of head are evaluated for it, which takes a second where the whole package set takes minutes. A derivation
 * of base was replaced when a kernel had it at base, has it no more at head, and has a new one of the same name instead;
 * whatever needs a replaced one is rebuilt. So a change inside of a kernel's closure (its compiler, its perl) is seen as
 * well as one of the kernel itself.
 *
 * What lies outside of every kernel's closure is not seen. Whether a change may reach there is decided by
 * `predictability.ts`, and the exact count corrects the rest.
 */
import type { AttrPath, DrvPath, Evaluation } from "../evaluation.ts";
import { withDependents, withInputs } from "./dependents.ts";
import { type DerivationGraph, type Node, nodeOf } from "./graph.ts";

export interface PredictionFacts {
  /** Of base, or of an ancestor that stands for it. */
  readonly graph: DerivationGraph;
  readonly base: Evaluation;
  /** Attrs looked at on head, as they are at the tree of `graph`. */
  readonly seedsAtBase: ReadonlyMap<AttrPath, DrvPath>;
  /** The same attrs at head; one that is missing or does not evaluate there is gone. */
  readonly seedsAtHead: ReadonlyMap<AttrPath, DrvPath>;
  /** Everything the seeds need at head, themselves included. */
  readonly headClosure: ReadonlySet<DrvPath>;
}

export interface Prediction {
  /** Rebuilt attrs, sorted. */
  readonly attrs: readonly AttrPath[];
  /** Distinct derivations among them. */
  readonly derivations: number;
  /** Derivations of base that head replaces, sorted; what everything predicted follows from. */
  readonly replaced: readonly DrvPath[];
}

export function predictRebuilds(facts: PredictionFacts): Prediction {
  const { graph, base } = facts;
  const replaced = replacedNodes(facts);
  const reached = withDependents(graph, replaced);
  const gone = new Set([...facts.seedsAtBase.keys()].filter((attr) => !facts.seedsAtHead.has(attr)));
  const nodes = new Set<Node>();
  const attrs: AttrPath[] = [];
  for (const [attr, result] of base) {
    const node = result.ok && !gone.has(attr) ? nodeOf(graph, result.drv) : undefined;
    if (node === undefined || reached[node] !== 1) continue;
    attrs.push(attr);
    nodes.add(node);
  }
  return {
    attrs: attrs.sort(),
    derivations: nodes.size,
    replaced: replaced.map((node) => graph.paths[node] as DrvPath).sort(),
  };
}

function replacedNodes({ graph, seedsAtBase, seedsAtHead, headClosure }: PredictionFacts): Node[] {
  const seeds = [...seedsAtBase].flatMap(([attr, drv]) => {
    const node = nodeOf(graph, drv);
    return node === undefined ? [] : [{ attr, node }];
  });
  const closure = withInputs(
    graph,
    seeds.map(({ node }) => node),
  );
  const renewed = new Set(newDerivations(headClosure, graph).map(plainName));
  const replaced = new Set<Node>();
  const isGone = (node: Node) => !headClosure.has(graph.paths[node] as DrvPath);
  // A seed is replaced by what its attr is at head, under whatever name. An alias that only points elsewhere replaces nothing.
  for (const { attr, node } of seeds) if (isGone(node) && seedsAtHead.has(attr)) replaced.add(node);
  for (const [node, mark] of closure.entries())
    if (mark === 1 && isGone(node) && renewed.has(plainName(graph.paths[node] as DrvPath)))
      replaced.add(node);
  return [...replaced];
}

function newDerivations(headClosure: ReadonlySet<DrvPath>, graph: DerivationGraph): DrvPath[] {
  return [...headClosure].filter((drv) => nodeOf(graph, drv) === undefined);
}

/** `/nix/store/<hash>-linux-6.1.tar.xz.drv` → `linux`: a new version of it is the same thing anew. */
function plainName(drv: DrvPath): string {
  const name = drv.slice(drv.indexOf("-", drv.lastIndexOf("/")) + 1);
  return name.replace(/-\d.*$/s, "");
}
