/**
 * Checks that wait for a machine: their check run says so, and why where we hold them back.
 *
 * Most begin within seconds and are not worth a word. Whoever tells holds the check's lease meanwhile, so that the worker
 * which begins it just then does not make a second check run.
 */
import type { CheckRecord } from "../../domain/check-record.ts";
import type { CheckParts } from "./check-parts.ts";
import { isGone } from "./publisher.ts";

const WORTH_A_WORD_MS = 60_000;
/** The oldest; the others follow in the next rounds. */
const MOST_AT_ONCE = 50;

export async function tellQueued(parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { store, now, heldBack, log } = parts.world;
  const held = await heldBack();
  const worth = (await store.activeChecks()).filter(
    ({ state, createdAt, checkRunId }) =>
      state === "queued" &&
      (checkRunId === null || held !== null) &&
      now().getTime() - createdAt.getTime() > WORTH_A_WORD_MS,
  );
  for (const check of worth.slice(0, MOST_AT_ONCE)) {
    signal.throwIfAborted();
    try {
      await tell(check, held, parts, signal);
    } catch (error) {
      if (signal.aborted || !isGone(error)) throw error;
      log.info({ err: error, check: check.id }, "nobody is left to be told that a check waits");
    }
  }
}

async function tell(
  { id }: CheckRecord,
  held: string | null,
  { world: { store, worker }, publisher }: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const teller = `${worker} tells`;
  if (!(await store.heartbeat(id, teller))) return;
  try {
    const check = await store.readCheck(id);
    if (check?.state === "queued") await publisher.showCheckRun({ ...check, reason: held }, signal);
  } finally {
    await store.release(id, teller);
  }
}
