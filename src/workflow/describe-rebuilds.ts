/** What goes with the counts: the culprits, and how good the prediction was. */
import type { Rebuilds, SystemRebuilds } from "../domain/check-result.ts";
import type { System } from "../domain/evaluation.ts";
import { nodeOf } from "../domain/graph/graph.ts";
import { newNodes } from "../domain/graph/new-nodes.ts";
import { culpritsOf, judgePrediction, namedNodes, type PredictedSystem } from "../domain/prediction.ts";
import { type CountedSystem, countRebuilds, joinSystems } from "../domain/rebuilds.ts";
import { EnvironmentError } from "../errors.ts";
import type { EvaluatedPair, EvaluatedSystems } from "./evaluate-trees.ts";

export async function describeRebuilds(
  systems: EvaluatedSystems,
  predictions: ReadonlyMap<System, PredictedSystem>,
  signal: AbortSignal,
): Promise<Rebuilds> {
  const counted = new Map<System, CountedSystem>();
  for (const [system, pair] of systems) {
    const exact = countRebuilds({ base: pair.base.outcome, head: pair.head.outcome });
    const predicted = predictions.get(system);
    const culprits =
      pair.explained === undefined ? await culpritsAt(pair, exact, signal) : culpritsIn(pair.explained);
    const counts: SystemRebuilds = {
      ...exact.counts,
      ...culprits,
      ...(predicted === undefined ? {} : { prediction: judgePrediction(predicted, exact.rebuilt) }),
    };
    counted.set(system, { ...exact, counts });
  }
  return joinSystems(counted);
}

function culpritsIn({ counted }: PredictedSystem): Pick<SystemRebuilds, "culprits"> {
  const culprits = counted?.counts.culprits;
  return culprits === undefined ? {} : { culprits };
}

/** None where the derivations cannot be read: the counts stand without them. */
async function culpritsAt({ base, head }: EvaluatedPair, { rebuilt }: CountedSystem, signal: AbortSignal) {
  const { outcome } = head;
  if (outcome.status !== "evaluated" || rebuilt === null || rebuilt.size === 0) return {};
  const drvs = [...rebuilt].flatMap((attr) => {
    const result = outcome.attrs.get(attr);
    return result?.ok === true ? [[attr, result.drv] as const] : [];
  });
  try {
    // Head may have been evaluated near another base.
    const recent = await head.newGraph(signal);
    const isAll = drvs.every(([, drv]) => nodeOf(recent, drv) !== undefined);
    const graph = isAll ? recent : await head.graph(signal);
    const isNew = newNodes(graph, await base.graph(signal));
    const nodes = drvs.flatMap(([attr, drv]) => {
      const node = nodeOf(graph, drv);
      return node === undefined ? [] : [[attr, node] as const];
    });
    return culpritsOf({ graph, isNew, rebuilt: new Map(nodes), named: namedNodes(graph, outcome.attrs) });
  } catch (error) {
    if (error instanceof EnvironmentError) return {};
    throw error;
  }
}
