/** A prediction as the report has it: counts like those of an evaluation, and in the end how good they were. */

import type { Culprit, Prediction } from "./check-result.ts";
import type { AttrPath, DrvPath, Evaluation } from "./evaluation.ts";
import { type CulpritFacts, findCulprits } from "./graph/culprits.ts";
import { nodeOf } from "./graph/graph.ts";
import { type PredictionFacts, predictRebuilds } from "./graph/predict.ts";
import { type CountedSystem, differingAttrs, unknownCounts } from "./rebuilds.ts";

export interface PredictedSystem {
  /** Undefined where nothing could be predicted. */
  readonly counted?: CountedSystem;
  readonly prediction: Prediction;
}

/** People read five. */
const MOST_CULPRITS = 5;

export function notPredicted(reason: string): PredictedSystem {
  const unknown = { graph: null, attrs: null, derivations: null, missed: null, wrong: null };
  return { prediction: { status: "not-predicted", reason, ...unknown } };
}

/** A system of which there is no prediction, beside others that have one. */
export function uncounted({ prediction }: PredictedSystem): CountedSystem {
  const counts = { ...unknownCounts(`not predicted: ${prediction.reason ?? ""}`), prediction };
  return { counts, rebuilt: null };
}

/** @param graph commit that the known graph is of */
export function predictSystem(facts: PredictionFacts, graph: string): PredictedSystem {
  const { known, base, head, seeds } = facts;
  const { attrs, derivations, reached, renewed } = predictRebuilds(facts);
  const looked = only(seeds);
  const rebuilt = new Map(
    attrs.flatMap((attr) => {
      const result = known.attrs.get(attr);
      const node = result?.ok === true ? nodeOf(known.graph, result.drv) : undefined;
      return node === undefined ? [] : [[attr, node] as const];
    }),
  );
  const culprits = culpritsOf(
    { graph: known.graph, isNew: reached, rebuilt, named: namedNodes(known.graph, known.attrs) },
    (drv) => renewed.get(nodeOf(known.graph, drv) ?? -1) ?? drv,
  );
  const prediction: Prediction = {
    status: "predicted",
    graph,
    attrs: attrs.length,
    derivations,
    missed: null,
    wrong: null,
  };
  const counts = {
    status: "predicted" as const,
    evaluated: null,
    attrs: attrs.length,
    derivations,
    ...differingAttrs(looked(base.attrs), looked(head.attrs)),
    changed: attrs,
    warnings: [],
    ...culprits,
    prediction,
  };
  return { counted: { counts, rebuilt: new Set(attrs) }, prediction };
}

function only(attrs: readonly AttrPath[]): (evaluation: Evaluation) => Evaluation {
  const wanted = new Set(attrs);
  return (evaluation) => new Map([...evaluation].filter(([attr, { ok }]) => wanted.has(attr) || !ok));
}

/** Nodes that some attr names, with the shortest of their names. */
export function namedNodes(graph: CulpritFacts["graph"], attrs: Evaluation): CulpritFacts["named"] {
  const named = new Map<number, AttrPath>();
  for (const [attr, result] of attrs) {
    const node = result.ok ? nodeOf(graph, result.drv) : undefined;
    if (node === undefined) continue;
    const known = named.get(node);
    if (known === undefined || attr.length < known.length || (attr.length === known.length && attr < known))
      named.set(node, attr);
  }
  return named;
}

/** As a part of `SystemRebuilds`. */
export function culpritsOf(
  facts: CulpritFacts,
  atHead: (drv: DrvPath) => DrvPath = (drv) => drv,
): { readonly culprits?: readonly Culprit[] } {
  const culprits = findCulprits(facts, MOST_CULPRITS).map(({ drv, attr, attrs }) => {
    const path = atHead(drv);
    return { name: derivationName(path), drv: path, ...(attr === undefined ? {} : { attr }), attrs };
  });
  return culprits.length === 0 ? {} : { culprits };
}

/** How good a prediction was, once head is evaluated. Where it is not, the prediction stays one. */
export function judgePrediction(
  { prediction, counted }: PredictedSystem,
  rebuilt: CountedSystem["rebuilt"],
): Prediction {
  const said = counted?.rebuilt;
  if (said === undefined || said === null || rebuilt === null) return prediction;
  const missed = rebuilt.difference(said).size;
  const wrong = said.difference(rebuilt).size;
  return { ...prediction, status: missed + wrong === 0 ? "confirmed" : "corrected", missed, wrong };
}

/** `/nix/store/<hash>-linux-6.1.drv` → `linux-6.1`. */
function derivationName(drv: DrvPath): string {
  return drv.slice(drv.indexOf("-", drv.lastIndexOf("/")) + 1).replace(/\.drv$/, "");
}
