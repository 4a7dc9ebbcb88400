/** Whether somebody may ask for one more check, by the quotas of the configuration at base. */
import type { Config } from "../../config/config.ts";
import { decideQuota, type QuotaDecision, quotaSince } from "../../domain/quotas.ts";
import type { PullRequestHint } from "../pull-request-events.ts";
import type { AppWorld } from "./app-world.ts";

export async function quotaFor(
  { repositoryId, number }: PullRequestHint,
  login: string,
  limits: Config["limits"],
  { store, now }: Pick<AppWorld, "store" | "now">,
): Promise<QuotaDecision> {
  const used = await store.usage({ repositoryId, number, login, since: quotaSince(now()) });
  return decideQuota(used, {
    pullRequest: limits.pullRequestChecks,
    person: limits.personChecks,
    repository: limits.repositoryChecks,
  });
}
