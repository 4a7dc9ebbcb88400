/**
 * One check of one pull request, from the queue to the final report.
 *
 * Whatever happened before (a crash, another worker, a newer push), the record in the store says where to go on. The
 * record is moved first and GitHub is told afterwards; what is not told stays owed (`publisher.ts`). Trouble of ours is
 * thrown, so that the queue tries again, here or elsewhere; what only a person can mend ends the check with words.
 */
import { type CheckRecord, isFinal } from "../../domain/check-record.ts";
import { EnvironmentError, UserError } from "../../errors.ts";
import type { AppWorld } from "./app-world.ts";
import { carryOut } from "./carry-out.ts";
import { noteBaseRef } from "./check-notes.ts";
import type { CheckParts } from "./check-parts.ts";
import { gather } from "./gather.ts";
import { holdLease } from "./hold-lease.ts";
import { isGone } from "./publisher.ts";

/** The last word is said also when the job's own signal has fired, within this time. */
const LAST_WORD_MS = 60_000;

/** @throws EnvironmentError and the like for the queue to try again; Interrupted when drained */
export async function runCheck(id: string, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { store } = parts.world;
  const check = await store.readCheck(id);
  if (check === undefined) return;
  const { world } = parts;
  await goAbout(check, { ...parts, world: { ...world, log: world.log.child(traceOf(check)) } }, signal);
}

/** What each line about a check has: its delivery first, which the webhook's own line has too. */
function traceOf({ delivery, owner, name, number, headSha, installationId }: CheckRecord) {
  return { delivery, repository: `${owner}/${name}`, number, headSha, installation: installationId };
}

async function goAbout(check: CheckRecord, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { id } = check;
  if (!isFinal(check.state) && check.state !== "waiting") await underLease(check, parts, signal);
  const lastWord = AbortSignal.any([AbortSignal.timeout(LAST_WORD_MS), ...(signal.aborted ? [] : [signal])]);
  // A push that nobody told us of.
  if (await parts.publisher.tell(id, "for-good", lastWord)) await parts.looker.lookAt(check, lastWord);
}

async function underLease(check: CheckRecord, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { world } = parts;
  await using lease = await holdLease(check.id, world, signal);
  if (lease === undefined) return;
  const began = world.clock();
  world.log.info({ worker: world.worker, scope: check.scope }, "check begins");
  try {
    await goOn(check, parts, lease.signal);
  } catch (error) {
    await conclude(check, error, world);
  } finally {
    await recordLogs(check, world);
    const { state, reason, result } = (await world.store.readCheck(check.id)) ?? check;
    const ms = Math.round(world.clock() - began);
    world.log.info({ state, reason, verdict: result?.verdict, ms }, "check left");
  }
}

/** Also of a check that failed or was ended: what was written until then is what people ask for. */
async function recordLogs({ id }: CheckRecord, { store, logs, log }: AppWorld): Promise<void> {
  try {
    for (const kept of await logs.list(id)) await store.recordLog(id, kept);
  } catch (error) {
    log.warn({ err: error, check: id }, "logs not recorded");
  }
}

async function goOn(check: CheckRecord, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { world, looker } = parts;
  const { store } = world;
  if (!(await store.moveCheck(check.id, "running"))) return;
  const github = world.github.installation(check.installationId);
  const gathered = await gather(check, github, signal);
  switch (gathered.kind) {
    case "left-alone":
      await store.moveCheck(check.id, "cancelled", gathered.reason);
      return;
    case "moved":
      await looker.lookAt(check, signal);
      return requireEnd(check, world);
    case "facts": {
      const { base, merge } = gathered.compared;
      await noteBaseRef(store, check.id, gathered.facts.baseRef);
      await store.updateCheck(check.id, { baseSha: base, mergeSha: merge, conflict: merge === null });
      return carryOut({ check, ...gathered, github }, parts, signal);
    }
  }
}

/** Looking at a pull request whose head moved ends the check of the old one, unless it moved back meanwhile. */
async function requireEnd({ id }: CheckRecord, { store }: AppWorld): Promise<void> {
  const check = await store.readCheck(id);
  if (check === undefined || isFinal(check.state)) return;
  throw new EnvironmentError(
    "head-unsteady",
    "the head of the pull request moved while it was looked at",
    "It is looked at again.",
    { retryable: true },
  );
}

/** What ended the work, in the order of what it may have been: taken away, a person's to mend, nobody there, ours. */
async function conclude({ id }: CheckRecord, error: unknown, { store, log }: AppWorld): Promise<void> {
  const now = await store.readCheck(id);
  if (now === undefined || isFinal(now.state)) return;
  if (error instanceof UserError) {
    await store.moveCheck(id, "failed", [error.message, error.details].join("\n"));
    return;
  }
  if (isGone(error)) {
    log.info({ err: error, check: id }, "the pull request is gone");
    await store.moveCheck(id, "cancelled", "the repository or the pull request is not there any more");
    return;
  }
  throw error;
}
