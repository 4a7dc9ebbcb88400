/**
 * Lease: one worker at a time goes on with a check, and one that died is noticed by its silence.
 *
 * The heartbeat is also how a worker learns that its check has been taken away, superseded or cancelled, should the
 * queue's own word not reach it: then the signal fires and every process of the check ends.
 */
import { isFinal } from "../../domain/check-record.ts";
import { Interrupted } from "../../errors.ts";
import type { AppWorld } from "./app-world.ts";

/** The store gives a lease away after 45 s of silence: three missed beats and some. */
const HEARTBEAT_MS = 10_000;
const ASK_AGAIN_MS = 5_000;
/** By then the lease of a worker that died has ended, and one that lives will go on living. */
const WAIT_MS = 60_000;
/** When even the store cannot be reached: past this the lease may be somebody else's. */
const LOST_AFTER_MS = 40_000;

export interface Lease extends AsyncDisposable {
  /** Fires with the caller's own, and when the lease is lost. */
  readonly signal: AbortSignal;
}

/**
 * Waits a little where another worker is alive on it. Undefined: the check has ended meanwhile, or that worker goes on with
 * it; should it die later, its own job comes again. @throws Interrupted
 */
export async function holdLease(
  id: string,
  { store, worker, clock, log }: AppWorld,
  signal: AbortSignal,
): Promise<Lease | undefined> {
  const asked = clock();
  while (!(await store.heartbeat(id, worker))) {
    const check = await store.readCheck(id);
    if (check === undefined || isFinal(check.state)) return undefined;
    if (clock() - asked >= WAIT_MS) return undefined;
    await pause(ASK_AGAIN_MS, signal);
  }

  const lost = new AbortController();
  let heard = clock();
  const beat = async () => {
    try {
      if (await store.heartbeat(id, worker)) {
        heard = clock();
        return;
      }
      lost.abort(new Interrupted("the check was ended or taken over"));
    } catch (error) {
      log.warn({ err: error, check: id }, "heartbeat not stored");
      if (clock() - heard > LOST_AFTER_MS) lost.abort(new Interrupted("the store cannot be reached"));
    }
  };
  const timer = setInterval(() => void beat(), HEARTBEAT_MS);
  return {
    signal: AbortSignal.any([signal, lost.signal]),
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await store.release(id, worker).catch((error: unknown) => {
        log.warn({ err: error, check: id }, "lease not given back; it ends by itself");
      });
    },
  };
}

/** @throws Interrupted */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const stop = () => reject(new Interrupted("interrupted while another worker had the check"));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(resolve, milliseconds);
  return promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  });
}
