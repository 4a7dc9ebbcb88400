/**
 * The queues there are, and their numbers. Checks have one per system, so that a worker takes only what it can build.
 *
 * Tries are many and their distance grows to minutes: GitHub may be away for half an hour, and a worker that is killed
 * costs a try too. What more tries would not help is given up at once, by `worth-retrying.ts`.
 */
import type { QueueOptions, QueuePolicy } from "pg-boss";

export const DELIVERIES = "delivery";
export const RECONCILE = "reconcile";
/** Where pg-boss puts a job whose last try died with its worker. */
export const GIVEN_UP = "given-up";
const CHECKS = "check-";

export function checkQueue(system: string): string {
  return CHECKS + system;
}

export function isCheckQueue(queue: string): boolean {
  return queue.startsWith(CHECKS);
}

/** What a job carries. */
export interface JobData {
  readonly id: string;
}

/** A worker that has been silent this long has died. Together with pg-boss's rounds and the first delay: within a minute. */
const HEARTBEAT_SECONDS = 20;
export const SUPERVISE_SECONDS = 15;

const COMMON = {
  heartbeatSeconds: HEARTBEAT_SECONDS,
  retryLimit: 30,
  retryDelay: 2,
  retryBackoff: true,
  retryDelayMax: 120,
  retentionSeconds: 30 * 24 * 3600,
  // Finished jobs are only of use to somebody who is looking for an error today.
  deleteAfterSeconds: 24 * 3600,
} satisfies QueueOptions;

interface QueueDefinition extends QueueOptions {
  readonly policy: QueuePolicy;
  readonly deadLetter?: string;
}

export function definitionOf(queue: string): QueueDefinition {
  if (queue === GIVEN_UP) return { ...COMMON, policy: "standard", expireInSeconds: 600, retryLimit: 100 };
  if (queue === DELIVERIES)
    return { ...COMMON, policy: "standard", expireInSeconds: 600, deadLetter: GIVEN_UP };
  // At most one queued or at work. Tried again for one whose worker died: what it was about to mend may be what died.
  if (queue === RECONCILE) return { ...COMMON, policy: "exclusive", expireInSeconds: 1800, retryLimit: 2 };
  // `short`: queued once per check. Another may be active: a check that waited goes on while its last job still ends.
  return { ...COMMON, policy: "short", expireInSeconds: 23 * 3600, deadLetter: GIVEN_UP };
}
