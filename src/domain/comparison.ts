/**
 * Comparison: what base and head together say about one thing that was run on both.
 *
 * Only "passed at base, failed at head" blames the pull request. Failing before and after is somebody else's
 * bug, and what could not be run on either side is unknown, whatever the other side says.
 */
import type { BuildOutcome, Comparison } from "./build.ts";

/** `absent`: that side does not have the thing at all. `unknown`: it should have run and did not. */
export type SideState = "pass" | "fail" | "flaky" | "unknown" | "absent";

export function compareSides(base: SideState, head: SideState): Comparison {
  if (base === "unknown" || head === "unknown") return "not-run";
  if (base === "flaky" || head === "flaky") return "flaky";
  if (base === "absent") return head === "absent" ? "not-run" : "new";
  if (head === "absent") return "removed";
  if (base === head) return base === "pass" ? "same-pass" : "same-fail";
  return base === "pass" ? "regressed" : "fixed";
}

/** `undefined`: the side has no such thing. */
export function buildState(outcome: BuildOutcome | undefined): SideState {
  switch (outcome?.status) {
    case undefined:
      return "absent";
    case "built":
      return "pass";
    case "failed":
      return "fail";
    case "flaky":
      return "flaky";
    case "not-run":
      return "unknown";
  }
}
