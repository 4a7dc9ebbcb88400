/**
 * Looking at a pull request: what its head needs now, whatever we were told and however often.
 *
 * Every answer follows from what GitHub says at this moment and what the store has, so looking twice does nothing
 * twice. A head that has a check against its base branch already has what it needs.
 */
import { type CheckRecord, isFinal } from "../../domain/check-record.ts";
import type { PullRequestHint } from "../pull-request-events.ts";
import type { AppWorld } from "./app-world.ts";
import { readBaseRef } from "./check-notes.ts";
import type { Publisher } from "./publisher.ts";

export interface Looker {
  lookAt(pullRequest: PullRequestHint, signal: AbortSignal): Promise<void>;
  closed(pullRequest: PullRequestHint, why: "closed" | "draft", signal: AbortSignal): Promise<void>;
}

export function createLooker(world: AppWorld, publisher: Publisher): Looker {
  const { store } = world;

  const lookAt = async (hint: PullRequestHint, signal: AbortSignal): Promise<void> => {
    const github = world.github.installation(hint.installationId);
    const { headSha, baseRef, state, draft } = await github.head(hint, signal);
    const latest = await store.latestCheck(hint.repositoryId, hint.number);
    if (state === "closed") return end(latest, "cancelled", CLOSED, signal);
    if (draft) {
      // Drafts are checked when somebody asks, and what was asked for is about a head.
      if (latest?.headSha === headSha) return;
      await end(latest, "superseded", movedTo(headSha), signal);
      await publisher.show(hint, signal);
      return;
    }
    if (latest?.headSha === headSha && latest.scope.kind === "everything") {
      const against = await readBaseRef(store, latest.id);
      const isSameBase = against === undefined || against === baseRef;
      if (isSameBase && hasWhatItNeeds(latest)) return;
      if (!isSameBase)
        await store.moveCheck(latest.id, "superseded", `the base branch is \`${baseRef}\` now`);
    }
    const requested = await store.requestCheck({
      ...placeOf(hint),
      headSha,
      scope: { kind: "everything" },
      requestedBy: null,
      approved: await store.isApproved(hint.repositoryId, hint.number, headSha),
    });
    world.log.info(
      { ...placeOf(hint), headSha, check: requested.check.id, created: requested.created },
      "check requested",
    );
    for (const superseded of requested.superseded) await publisher.tell(superseded.id, "for-now", signal);
    if (latest !== undefined) await publisher.show(hint, signal);
  };

  const end = async (
    check: CheckRecord | undefined,
    state: "cancelled" | "superseded",
    reason: string,
    signal: AbortSignal,
  ): Promise<void> => {
    if (check === undefined || isFinal(check.state)) return;
    await store.moveCheck(check.id, state, reason);
    await publisher.tell(check.id, "for-now", signal);
  };

  return {
    lookAt,
    async closed(hint, why, signal) {
      const github = world.github.installation(hint.installationId);
      const { state, draft } = await github.head(hint, signal);
      // It may have been reopened since.
      if (state === "open" && !draft) return lookAt(hint, signal);
      const latest = await store.latestCheck(hint.repositoryId, hint.number);
      await end(latest, "cancelled", state === "closed" ? CLOSED : DRAFT, signal);
      world.log.info({ ...placeOf(hint), why }, "pull request left alone");
    },
  };
}

/** What is kept of a hint. */
export function placeOf({
  installationId,
  repositoryId,
  owner,
  name,
  number,
}: PullRequestHint): PullRequestHint {
  return { installationId, repositoryId, owner, name, number };
}

export const CLOSED = "the pull request is closed";
export const DRAFT = "the pull request is a draft";
export const REMOVED = "the App was removed from the repository";
export const SUSPENDED = "the App is suspended here";
/** Why a check was ended that is wanted again as soon as this no longer holds. */
const PASSING: readonly (string | null)[] = [CLOSED, DRAFT, REMOVED, SUSPENDED];

function movedTo(headSha: string): string {
  return `the head moved to ${headSha.slice(0, 12)}`;
}

/**
 * True for a check that runs, has ended, or was ended by a person, which reopening does not undo. Not for one that was
 * ended because of how things stood at the time, nor for one that something else was to take the place of.
 */
export function hasWhatItNeeds({ state, reason }: CheckRecord): boolean {
  if (state === "superseded") return false;
  return state !== "cancelled" || !PASSING.includes(reason);
}
