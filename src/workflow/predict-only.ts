/** What is told of a prediction: while the exact evaluation still runs, and where nothing but it was asked for. */
import type { CheckResult } from "../domain/check-result.ts";
import type { System } from "../domain/evaluation.ts";
import { uncounted } from "../domain/prediction.ts";
import { joinSystems } from "../domain/rebuilds.ts";
import { plural } from "../domain/size-words.ts";
import { assembleResult, type Gathered, resultSoFar } from "./assemble-result.ts";
import type { Trees } from "./check-out.ts";
import type { EvaluatedPair } from "./evaluate-trees.ts";
import { explainRebuilds } from "./explain-rebuilds.ts";
import { namesKnown, type PredictedTrees, predictTrees } from "./predict-rebuilds.ts";
import { AFTER_PLAN, type StageContext, type StageLog } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

const PREDICTION_ONLY = "only a prediction was asked for";

type Predictions = ReadonlyMap<System, PredictedTrees>;

/** Nothing where nothing could be predicted: what is left is to wait. */
export function tellPrediction(
  predictions: Predictions,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  stage: StageContext,
  stages: StageLog,
): void {
  const told = [...predictions].filter(([, { counted }]) => counted !== undefined);
  if (told.length === 0) return;
  const words = told.map(
    ([system, { prediction }]) => `${plural(prediction.attrs ?? 0, "rebuild")} on ${system}`,
  );
  stage.detail(`predicted: ${words.join(", ")}`);
  world.onResult?.(resultSoFar({ request, stages, changed, ...rebuildsOf(predictions) }));
}

/** Instead of all that follows the checkout. A system without a prediction is `not-run`, with the reason. */
export async function onlyPredict(
  trees: Trees,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  stages: StageLog,
  signal: AbortSignal,
): Promise<CheckResult> {
  const predictions = await stages.require("evaluate", (stage) =>
    predictTrees(trees, changed, request, world, stage, signal),
  );
  const counted = await stages.require("rebuilds", async (stage) => {
    for (const { prediction } of predictions.values())
      if (prediction.reason !== undefined) stage.notRun(`not predicted: ${prediction.reason}`);
    return rebuildsOf(predictions);
  });
  const pairs = new Map<System, EvaluatedPair>();
  for (const [system, { base, head }] of predictions)
    if (base !== undefined && head !== undefined) pairs.set(system, { base, head });
  if (pairs.size > 0) await explainRebuilds(pairs, namesKnown(predictions.values()), request, world, signal);
  for (const stage of ["plan", ...AFTER_PLAN] as const) stages.skip(stage, PREDICTION_ONLY);
  return assembleResult({ request, stages, changed, ...counted });
}

function rebuildsOf(predictions: Predictions): Pick<Gathered, "rebuilds" | "hasNixosTests"> {
  const rebuilds = joinSystems(
    new Map(
      [...predictions].map(([system, predicted]) => [system, predicted.counted ?? uncounted(predicted)]),
    ),
  );
  return { rebuilds, hasNixosTests: predictions.values().some(({ hasNixosTests = false }) => hasNixosTests) };
}
