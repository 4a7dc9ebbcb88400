/** What Nix is asked for, from what the check was asked for. */
import type { System } from "../domain/evaluation.ts";
import type { Checkout, EvaluationQuery, EvaluationRequest, Version } from "./ports.ts";
import type { CheckRequest } from "./world.ts";

export function evaluationRequest(
  checkout: Checkout,
  system: System,
  request: CheckRequest,
): EvaluationRequest {
  return { ...evaluationQuery(checkout, system, request), checkout };
}

export function evaluationQuery(
  { tree, commit }: Version,
  system: System,
  { config }: CheckRequest,
): EvaluationQuery {
  return {
    checkout: { tree, commit },
    system,
    entry: config.entry,
    config: config.nixpkgsConfig,
    timeoutSeconds: config.limits.evaluationSeconds,
    memory: config.limits.evaluation,
  };
}
