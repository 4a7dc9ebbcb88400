/**
 * What each command does, once it is known that it may be done. Doing it again changes nothing: requests carry a key,
 * approvals and cancellations are states.
 */
import { type CheckScope, isFinal } from "../../domain/check-record.ts";
import type { Command } from "../../domain/commands.ts";
import type { AttrPath } from "../../domain/evaluation.ts";
import {
  type Answer,
  countsFollow,
  headMoved,
  helpText,
  nothingToCancel,
  overQuota,
  rebuildCounts,
  statusOf,
  unknownAttrs,
} from "../../report/replies.ts";
import type { PullRequestHint } from "../pull-request-events.ts";
import { readAttrs } from "./check-notes.ts";
import type { CheckParts } from "./check-parts.ts";
import { quotaFor } from "./quota-for.ts";
import type { Policy } from "./read-config.ts";
import { addScopes, type FullScope, missingFrom, namedAttrs } from "./scope.ts";
import type { Standing } from "./standing.ts";

export interface GivenCommand {
  readonly command: Command;
  readonly place: PullRequestHint;
  readonly standing: Standing;
  readonly login: string;
  /** Builds of this head may run from here on. */
  readonly approves: boolean;
  readonly requestKey: string;
  /** GUID of the delivery it came with. */
  readonly delivery: string;
  readonly policy: Policy;
}

export type Effect = Omit<Answer, "line">;

const DONE: Effect = { ok: true, text: "" };

export async function carryOutCommand(
  given: GivenCommand,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<Effect> {
  const { command, standing, policy } = given;
  switch (command.kind) {
    case "help":
      return { ok: true, text: helpText(policy.commands) };
    case "status":
      return { ok: true, text: await status(standing, parts) };
    case "cancel":
      return cancel(given, parts, signal);
    case "approve":
      return approve(given, parts);
    case "rebuilds":
      return rebuilds(command.why, given, parts);
    case "check":
      return request({}, given, parts);
    case "build":
      return request({ build: command.attrs }, given, parts);
    case "test":
      return request({ tests: command.tests, bootAgain: true }, given, parts);
    case "consumers":
      return request({ consumers: command.attrs }, given, parts);
  }
}

async function status({ latest }: Standing, { world: { store } }: CheckParts): Promise<string> {
  const missing = latest?.state === "queued" ? await store.missingWorker(latest.id) : null;
  return statusOf(latest, missing);
}

async function cancel(
  { standing: { latest }, login }: GivenCommand,
  { world, publisher }: CheckParts,
  signal: AbortSignal,
): Promise<Effect> {
  if (latest === undefined || isFinal(latest.state)) return { ok: false, text: nothingToCancel() };
  await world.store.moveCheck(latest.id, "cancelled", `by \`${login}\``);
  await publisher.tell(latest.id, "for-now", signal);
  return DONE;
}

async function approve(given: GivenCommand, { world: { store } }: CheckParts): Promise<Effect> {
  const { standing, place, login, requestKey, delivery } = given;
  // An approval is for commits somebody has looked at, never for what came after.
  if (!standing.known || !given.approves) return { ok: false, text: headMoved(standing.headSha) };
  await store.approve(place.repositoryId, place.number, standing.headSha, login);
  const { latest } = standing;
  const current = latest?.headSha === standing.headSha ? latest : undefined;
  const wakes = current !== undefined && !isFinal(current.state);
  const missing = current === undefined || current.state === "cancelled" || current.state === "superseded";
  if (wakes || missing) {
    await store.requestCheck({
      ...place,
      headSha: standing.headSha,
      scope: wakes ? current.scope : { kind: "everything" },
      requestedBy: login,
      approved: true,
      requestKey,
      delivery,
    });
  }
  return DONE;
}

/** Counts stand in what is known of this head already, or come first in what runs. */
async function rebuilds(why: AttrPath | undefined, given: GivenCommand, parts: CheckParts): Promise<Effect> {
  const { latest, headSha } = given.standing;
  const isFull = latest?.headSha === headSha && latest.scope.kind === "everything";
  if (isFull && why !== undefined) return request({ why: [why] }, given, parts);
  if (isFull && latest.result !== null) return { ok: true, text: rebuildCounts(latest.result) };
  if (isFull && !isFinal(latest.state)) return { ok: true, text: countsFollow() };
  return submit({ kind: "rebuilds", ...(why === undefined ? {} : { why: [why] }) }, given, parts);
}

/** Asks for a check with these additions, which join those of a check of the same head that has not ended. */
async function request(
  additions: Omit<FullScope, "kind">,
  given: GivenCommand,
  parts: CheckParts,
): Promise<Effect> {
  const { latest, headSha } = given.standing;
  const current = latest?.headSha === headSha ? latest : undefined;
  const named = namedAttrs({ kind: "everything", ...additions });
  const known = current === undefined ? undefined : await readAttrs(parts.world.store, current.id);
  if (known !== undefined) {
    const unknown = missingFrom(known, named);
    if (unknown.length > 0) return { ok: false, text: unknownAttrs(unknown, known) };
  }
  const asked = addScopes({ kind: "everything" }, { kind: "everything", ...additions });
  const joins = current !== undefined && !isFinal(current.state) && current.scope.kind === "everything";
  return submit(joins ? addScopes(current.scope as FullScope, asked) : asked, given, parts);
}

async function submit(scope: CheckScope, given: GivenCommand, { world }: CheckParts): Promise<Effect> {
  const { place, standing, login, requestKey, delivery, policy, approves } = given;
  const { store } = world;
  const decision = await quotaFor(place, login, policy.limits, world);
  if (!decision.allowed) return { ok: false, text: overQuota(decision) };
  const { headSha } = standing;
  if (approves) await store.approve(place.repositoryId, place.number, headSha, login);
  const requested = await store.requestCheck({
    ...place,
    headSha,
    scope,
    requestedBy: login,
    approved: approves || (await store.isApproved(place.repositoryId, place.number, headSha)),
    requestKey,
    delivery,
  });
  world.log.info({ ...place, check: requested.check.id, created: requested.created }, "check requested");
  return DONE;
}
