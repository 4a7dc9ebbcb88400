/**
 * One request to GitHub, to its end: repeated where that is safe, waited for where GitHub asks for it, given up
 * in words of ours (`failure.ts`).
 *
 * What trips people up: a request that fails may still have happened. Requests that change nothing when repeated
 * are; creations are not, they go through `createOnce`, which looks for what the lost answer was about.
 */
import { type Octokit, RequestError } from "octokit";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { Log } from "./client.ts";
import { askedToWaitMs, failureOf, isRateLimit } from "./failure.ts";
import { type Pace, sleep } from "./pace.ts";

/** To be spread into the parameters of every request. */
export type RequestParameters = {
  request: {
    signal: AbortSignal;
    retries?: number;
    /** We asked the same before; for metrics. */
    isRetry: boolean;
  };
};

export type Work<T> = (octokit: Octokit, parameters: RequestParameters) => Promise<{ readonly data: T }>;

export interface Caller {
  readonly octokit: Octokit;
  readonly pace: Pace;
  readonly log: Log;
  /** @param what as in "cannot …", for messages. @throws EnvironmentError, Interrupted */
  call<T>(what: string, work: Work<T>, signal: AbortSignal): Promise<T>;
  /** Makes something once: `find` is asked before every try, so that a try whose answer was lost counts. */
  createOnce<T>(what: string, creation: Creation<T>, signal: AbortSignal): Promise<T>;
}

export interface Creation<T> {
  find(): Promise<T | undefined>;
  readonly create: Work<T>;
}

export interface CallerOptions {
  readonly octokit: Octokit;
  readonly pace: Pace;
  readonly log: Log;
  /** Gets a new token where the one we had is refused; absent where there is no other. */
  readonly renew?: () => Promise<void>;
}

export function createCaller(options: CallerOptions): Caller {
  const { octokit, pace, log } = options;
  const call = <T>(what: string, work: Work<T>, signal: AbortSignal) =>
    untilAnswered(what, work, { ...options, signal, retries: undefined, isRetry: false });

  return {
    octokit,
    pace,
    log,
    call,
    async createOnce(what, { find, create }, signal) {
      for (let tried = 0; ; tried += 1) {
        const found = await find();
        if (found !== undefined) return found;
        try {
          const attempts = { ...options, signal, retries: 0, isRetry: tried > 0 };
          return await untilAnswered(what, create, attempts);
        } catch (error) {
          const wait = pace.againMs[tried];
          if (wait === undefined || !isRetryable(error)) throw error;
          log.warn({ err: error, what }, "the answer to a creation was lost; looking for what it made");
          await sleep(wait, signal);
        }
      }
    },
  };
}

function isRetryable(error: unknown): boolean {
  return error instanceof EnvironmentError && error.retryable;
}

interface Attempts extends CallerOptions {
  readonly signal: AbortSignal;
  readonly retries: number | undefined;
  readonly isRetry: boolean;
}

async function untilAnswered<T>(what: string, work: Work<T>, attempts: Attempts): Promise<T> {
  const { octokit, pace, log, renew, signal, retries } = attempts;
  let renewed = false;
  for (let limited = 0; ; ) {
    try {
      const isRetry = attempts.isRetry || renewed || limited > 0;
      const request = { signal, isRetry, ...(retries === undefined ? {} : { retries }) };
      const { data } = await orInterrupted(work(octokit, { request }), signal);
      return data;
    } catch (error) {
      if (signal.aborted) throw new Interrupted();
      if (error instanceof RequestError && error.status === 401 && renew !== undefined && !renewed) {
        renewed = true;
        log.warn({ what }, "GitHub refused the token; getting a new one");
        await renewToken(what, renew, signal);
        continue;
      }
      const wait = limitWaitMs(error, limited, pace);
      if (wait === undefined) throw failureOf(error, what);
      limited += 1;
      log.warn({ what, waitMs: wait }, "rate limit of GitHub reached; waiting");
      await sleep(wait, signal);
    }
  }
}

/** A refused request did not happen, so waiting and repeating is safe for creations too. */
function limitWaitMs(error: unknown, limited: number, pace: Pace): number | undefined {
  if (!(error instanceof RequestError) || !isRateLimit(error)) return undefined;
  const growing = pace.limitedMs[limited];
  if (growing === undefined) return undefined;
  const wait = askedToWaitMs(error, Date.now()) ?? growing;
  return wait > pace.longestWaitMs ? undefined : wait;
}

async function renewToken(what: string, renew: () => Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await orInterrupted(
      renew().catch((error: unknown) => {
        // The App's own token is good for a moment only, and clocks differ: the next one is signed later.
        if (error instanceof RequestError && error.status === 401) return renew();
        throw error;
      }),
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw new Interrupted();
    throw failureOf(error, what);
  }
}

/** Octokit's queues and waits know no signal; its request does, so nothing is sent after this. */
function orInterrupted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    promise.catch(() => undefined);
    return Promise.reject(new Interrupted());
  }
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Interrupted());
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}
