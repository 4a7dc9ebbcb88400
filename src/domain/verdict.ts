/**
 * Verdict: from everything said and everything that ran to one word, and from that word to an exit status.
 *
 * A failure that was found stays one, whatever else could not run. Without one, a stage that should have run
 * and did not makes the answer unknown: success is only said of what was looked at.
 */
import type { StageResult, Verdict } from "./check-result.ts";
import type { Finding } from "./findings.ts";

export function verdictOf(
  findings: readonly Pick<Finding, "severity">[],
  stages: readonly Pick<StageResult, "status">[],
): Verdict {
  if (findings.some(({ severity }) => severity === "failure")) return "failure";
  return stages.some(({ status }) => status === "not-run") ? "neutral" : "success";
}

const EXIT_STATUS: Readonly<Record<Verdict, number>> = { success: 0, failure: 1, neutral: 3 };

/** Of the command line: 0 success, 1 findings against the change, 3 could not be checked. */
export function exitStatusOf(verdict: Verdict): number {
  return EXIT_STATUS[verdict];
}
