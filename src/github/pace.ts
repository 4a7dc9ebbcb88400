/**
 * Pace: how long we wait for GitHub, and how often we ask again. Values here so that tests can hand in short ones.
 */
import { setTimeout as wait } from "node:timers/promises";
import { Interrupted } from "../errors.ts";

export interface Pace {
  /** Of one attempt, to the last byte of its answer. GitHub itself gives up after 10 s. */
  readonly timeoutMs: number;
  /** Requests that may be repeated are, after 1, 4 and 9 of these. */
  readonly retryBaseMs: number;
  /** After a creation whose answer was lost; then we look for what it may have made. */
  readonly againMs: readonly number[];
  /** Between looks at a pull request whose test merge GitHub has not made yet. */
  readonly mergeMs: readonly number[];
  /**
   * Rate limits without a time to wait, each one longer. "Continuing to make requests while you are rate limited
   * may result in the banning of your integration": https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
   */
  readonly limitedMs: readonly number[];
  /** A wait that GitHub asks for and that is longer is left to the queue. */
  readonly longestWaitMs: number;
  /** Writes at least 1 s apart, comments 3 s, as GitHub advises. */
  readonly throttle: boolean;
}

export const GITHUB_PACE: Pace = {
  timeoutMs: 30_000,
  retryBaseMs: 1_000,
  againMs: [2_000, 10_000, 30_000],
  // As nixpkgs' CI waits, ci/github-script/prepare.ts there.
  mergeMs: [5_000, 10_000, 20_000, 40_000, 80_000],
  limitedMs: [60_000, 120_000, 240_000],
  longestWaitMs: 300_000,
  throttle: true,
};

/** @throws Interrupted */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {
    throw new Interrupted();
  });
}
