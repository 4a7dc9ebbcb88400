/**
 * Prediction and evaluation side by side: the prediction is there within seconds, while the evaluators that look at all of
 * head have begun, and says in the end whether what they saw is already explained.
 */
import type { System } from "../domain/evaluation.ts";
import type { Trees } from "./check-out.ts";
import { type EvaluatedSystems, evaluateTrees } from "./evaluate-trees.ts";
import { tellPrediction } from "./predict-only.ts";
import { type PredictedTrees, predictTrees } from "./predict-rebuilds.ts";
import type { StageContext, StageLog } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

/** @throws what the first of them throws, once both have ended */
export async function predictAndEvaluate(
  trees: Trees,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  stages: StageLog,
  stage: StageContext,
  signal: AbortSignal,
): Promise<{ predictions: ReadonlyMap<System, PredictedTrees>; systems: EvaluatedSystems }> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const predict = async () => {
    const predictions = await predictTrees(trees, changed, request, world, stage, either);
    tellPrediction(predictions, changed, request, world, stage, stages);
    return predictions;
  };
  const predicting = predict();
  const evaluating = evaluateTrees(trees, changed, predicting, request, world, stage, either);
  try {
    const [predictions, systems] = await Promise.all([predicting, evaluating]);
    return { predictions, systems };
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    await Promise.allSettled([predicting, evaluating]);
  }
}
