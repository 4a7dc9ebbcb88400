/**
 * Repair, every few minutes and at every start: what crashes, lost deliveries and silent workers have left behind.
 *
 * Each step looks at states, never at history, and each is tried whatever became of the others.
 */
import type { CheckRecord } from "../../domain/check-record.ts";
import { EnvironmentError } from "../../errors.ts";
import type { CheckParts } from "./check-parts.ts";
import { sweepInstallation } from "./sweep.ts";
import { tellQueued } from "./tell-queued.ts";

/** Whoever ended a check is about to tell it. */
const OWED_AFTER_MS = 60_000;
/** What GitHub has refused to hear for so long is of no interest any more. */
const OWED_UNTIL_MS = 24 * 3_600_000;
/** The lease ends after 45 s of silence, and the queue gives the job to somebody else by itself. */
const SILENT_AFTER_MS = 120_000;
/** Longer than most wait for a worker. */
const QUEUED_AFTER_MS = 15 * 60_000;
/** So that a long queue costs little each round; the oldest come first. */
const MOST_QUEUED_AGAIN = 100;
/** GitHub keeps deliveries for three days; https://docs.github.com/en/webhooks/testing-and-troubleshooting-webhooks/redelivering-webhooks */
const REDELIVER_MS = 3 * 24 * 3_600_000;
const MOST_REDELIVERIES = 100;

export async function reconcile(parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { world } = parts;
  const steps: Readonly<Record<string, () => Promise<void>>> = {
    "checks without a worker": () => resumeSilent(parts),
    "publications owed": () => tellOwed(parts, signal),
    "checks that wait for a machine": () => tellQueued(parts, signal),
    "deliveries GitHub could not make": () => redeliverFailed(parts, signal),
    "open pull requests": () => sweepAll(parts, signal),
    "old records": () => world.store.prune(world.now()),
  };
  const failures: unknown[] = [];
  for (const [step, work] of Object.entries(steps)) {
    signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push(error);
      world.log.warn({ err: error, step }, "repair incomplete; it is tried again");
    }
  }
  if (failures.length === Object.keys(steps).length) throw failures[0];
}

/** A job that is there already is not made twice, so asking again for one that only waits its turn does nothing. */
async function resumeSilent({ world: { store, now, log } }: CheckParts): Promise<void> {
  const silent = (await store.activeChecks()).filter((check) => isSilent(check, now()));
  for (const check of silent.slice(0, MOST_QUEUED_AGAIN)) {
    if (await store.moveCheck(check.id, "queued"))
      log.info({ check: check.id, state: check.state, worker: check.worker }, "check queued again");
  }
}

function isSilent({ state, heartbeatAt, startedAt, createdAt }: CheckRecord, now: Date): boolean {
  if (state === "waiting") return false;
  const limit = state === "running" ? SILENT_AFTER_MS : QUEUED_AFTER_MS;
  return age(heartbeatAt ?? startedAt ?? createdAt, now) > limit;
}

async function tellOwed({ world, publisher }: CheckParts, signal: AbortSignal): Promise<void> {
  const { store, log, now } = world;
  for (const check of await store.owingChecks()) {
    const since = age(check.finishedAt ?? check.startedAt ?? check.createdAt, now());
    if (since < OWED_AFTER_MS) continue;
    try {
      await publisher.tell(check.id, "for-good", signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error, check: check.id }, "still owed");
      if (since > OWED_UNTIL_MS && isFinallyRefused(error)) await store.markTold(check.id);
    }
  }
}

function isFinallyRefused(error: unknown): boolean {
  return error instanceof EnvironmentError && !error.retryable;
}

async function redeliverFailed({ world }: CheckParts, signal: AbortSignal): Promise<void> {
  const { github, store, now, log } = world;
  const since = new Date(now().getTime() - REDELIVER_MS);
  const failed = await github.failedDeliveries(since, signal);
  let asked = 0;
  for (const { id, guid } of failed) {
    // GitHub gave up waiting for an answer that we had already acted on.
    if ((await store.readDelivery(guid)) !== undefined) continue;
    await github.redeliver(id, signal);
    asked += 1;
    if (asked >= MOST_REDELIVERIES) break;
  }
  if (asked > 0) log.info({ asked }, "deliveries asked for again");
}

async function sweepAll(parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { github, log } = parts.world;
  for (const { id, suspended } of await github.installations(signal)) {
    if (suspended) continue;
    try {
      await sweepInstallation(id, parts, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error, installation: id }, "installation not looked through");
    }
  }
}

function age(time: Date, now: Date): number {
  return now.getTime() - time.getTime();
}
