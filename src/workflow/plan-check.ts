/** Stage 2: what of this change is worth building. The decision is `domain/plan.ts`'s. */
import { recipeMatcher } from "../config/match-recipes.ts";
import { touchedRecipes } from "../domain/change-set.ts";
import { type Plan, planCheck, planNothing } from "../domain/plan.ts";
import { type EvaluatedSystems, outcomes } from "./evaluate-trees.ts";
import type { CheckRequest, World } from "./world.ts";

/** Why nothing is built although something differs: so much was asked for, and no more. */
export const COUNTS_ONLY = "only the counts were asked for";

/** @param changed all changed files. @throws UserError attr-unknown */
export function planFromFacts(
  changed: readonly string[],
  systems: EvaluatedSystems,
  request: CheckRequest,
  { buildSystem }: World,
): Plan {
  const { config, build = [] } = request;
  const plan = planCheck({
    recipes: touchedRecipes(changed, recipeMatcher(config.recipes)),
    systems: outcomes(systems),
    kernels: { attrs: config.kernels, written: config.written.has("kernels") },
    vmTests: { attrs: config.vmTests, written: config.written.has("vmTests") },
    consumers: { attrs: config.consumers.attrs, written: true },
    build,
    kernelLimit: config.limits.kernels,
    buildSystem,
  });
  if (request.scope === "everything" || plan.reason !== undefined) return plan;
  return planNothing(COUNTS_ONLY);
}
