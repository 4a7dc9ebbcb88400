/** Stage 2: what of this change is worth building. The facts are gathered here, the decision is `domain/plan.ts`'s. */
import { recipeMatcher } from "../config/match-recipes.ts";
import { touchedRecipes } from "../domain/change-set.ts";
import { type Plan, planCheck } from "../domain/plan.ts";
import { type EvaluatedSystems, outcomes } from "./evaluate-trees.ts";
import type { CheckRequest, World } from "./world.ts";

/** Why nothing is built although something differs: so much was asked for, and no more. */
export const COUNTS_ONLY = "only the counts were asked for";

/** @throws UserError attr-unknown */
export async function planFromFacts(
  systems: EvaluatedSystems,
  request: CheckRequest,
  world: World,
  signal: AbortSignal,
): Promise<Plan> {
  const { base, head, config } = request;
  const changed = await world.git.changedFiles(base, head, signal);
  const plan = planCheck({
    recipes: touchedRecipes(changed, recipeMatcher(config.recipes)),
    systems: outcomes(systems),
    kernels: { attrs: config.kernels, written: config.written.has("kernels") },
    vmTests: { attrs: config.vmTests, written: config.written.has("vmTests") },
    consumers: { attrs: config.consumers.attrs, written: true },
  });
  if (request.scope === "everything" || plan.reason !== undefined) return plan;
  return { kernels: [], vmTests: [], consumers: [], reason: COUNTS_ONLY };
}
