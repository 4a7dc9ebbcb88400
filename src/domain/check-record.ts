/**
 * Check record: one check of one pull request as the database keeps it, and the states it goes through.
 *
 *     queued → running → done
 *        ↘ cancelled / superseded ↙      (final: done, cancelled, superseded, failed)
 *
 * `waiting` is a running check that has counted rebuilds and needs somebody's approval to go on.
 */
import type { CheckResult, StageName } from "./check-result.ts";
import type { AttrPath } from "./evaluation.ts";
import type { PullRequestRef } from "./pull-request.ts";

export type CheckState = "queued" | "running" | "waiting" | "done" | "cancelled" | "superseded" | "failed";
export const FINAL_STATES = [
  "done",
  "cancelled",
  "superseded",
  "failed",
] as const satisfies readonly CheckState[];

export function isFinal(state: CheckState): boolean {
  return (FINAL_STATES as readonly CheckState[]).includes(state);
}

/**
 * What part of a check was asked for. Commands add to `everything` and never narrow it: its report stands in the one
 * comment of the pull request, and what ran before comes out of caches.
 */
export type CheckScope =
  | {
      readonly kind: "everything";
      /** Kernels and packages beyond the configured ones; sorted, as are the others. */
      readonly build?: readonly AttrPath[];
      readonly tests?: readonly AttrPath[];
      readonly consumers?: readonly AttrPath[];
      /** Whose rebuild is to be explained. */
      readonly why?: readonly AttrPath[];
      /** Boots that passed before are no answer: somebody wants to see it once more. */
      readonly bootAgain?: true;
    }
  | { readonly kind: "rebuilds"; readonly why?: readonly AttrPath[] };

export interface CheckRecord extends PullRequestRef {
  /** UUID; also the check run's `external_id` and the address of its page. */
  readonly id: string;
  readonly installationId: number;
  readonly repositoryId: number;
  readonly headSha: string;
  /** Filled in when gathered: full commit hashes of what is compared. */
  readonly baseSha: string | null;
  readonly mergeSha: string | null;
  /** Head and base branch conflict: head is compared with the merge base. */
  readonly conflict: boolean;
  readonly state: CheckState;
  readonly scope: CheckScope;
  /** Login of who asked, or null for an event. */
  readonly requestedBy: string | null;
  /** Builds, VM and consumers may run. */
  readonly approved: boolean;
  readonly checkRunId: number | null;
  /** Last finished stage, for resuming and for `status`. */
  readonly stage: StageName | null;
  readonly result: CheckResult | null;
  /** Why cancelled, failed, superseded or waiting, in words for people. */
  readonly reason: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Moves while a worker is alive on it. */
  readonly heartbeatAt: Date | null;
  readonly worker: string | null;
}
