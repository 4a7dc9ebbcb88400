/** Which labels a pull request should have, from its newest check. Undefined: not known yet, leave them as they are. */
import type { CheckRecord } from "../../domain/check-record.ts";
import { type LabelSettings, labelsToSet } from "../../domain/labels-to-set.ts";

export function decideLabels(
  check: CheckRecord,
  headSha: string,
  settings: LabelSettings | undefined,
): readonly string[] | undefined {
  if (check.headSha !== headSha) return undefined;
  const { state, result } = check;
  if (state === "done") {
    if (result === null) return [];
    return settings === undefined ? undefined : labelsToSet(result, settings);
  }
  if (state === "waiting" && result !== null && settings !== undefined)
    return labelsToSet(result, settings, true);
  // What the labels of an earlier head said is not known of this one.
  return state === "failed" ? ["modprobot: not-checked"] : undefined;
}
