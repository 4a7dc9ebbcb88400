/** Waiting by condition, with one table of how long. Nothing in a story sleeps for a time. */
import { setTimeout as sleep } from "node:timers/promises";

/** What a story waits for, and the longest it may take on a busy machine. */
export const WAIT_MS = {
  /** A webhook answered; a process listening, which first starts its database and proves Nix' sandbox. */
  server: 120_000,
  /** A reaction, a reply, a comment that says "queued". */
  answer: 60_000,
  /** Rebuilds counted; a cancelled check ended. */
  stage: 5 * 60_000,
  /** A final report: real builds, real boots. */
  report: 20 * 60_000,
} as const;
export type Wait = keyof typeof WAIT_MS;

/** Growing: a reaction is seen at once, and a report of minutes does not use up GitHub's requests of an hour. */
const LOOK_AGAIN_MS = { first: 50, most: 1_000, growth: 1.1 };

/**
 * Looks until there is something. `describe` says what was there instead when the time is over.
 *
 * @throws Error with that description
 */
export async function waitFor<T>(
  what: string,
  wait: Wait,
  look: () => Promise<T | undefined> | T | undefined,
  describe: () => Promise<string> | string = () => "",
): Promise<T> {
  const end = performance.now() + WAIT_MS[wait];
  for (
    let pause = LOOK_AGAIN_MS.first;
    ;
    pause = Math.min(pause * LOOK_AGAIN_MS.growth, LOOK_AGAIN_MS.most)
  ) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (performance.now() > end)
      throw new Error(`waited ${WAIT_MS[wait] / 1000} s for ${what}\n${await describe()}`);
    await sleep(pause);
  }
}
