/** What a command is about: the pull request as it is, and whether its author can have meant that. */
import type { CheckRecord } from "../../domain/check-record.ts";
import type { GitHubPort } from "../app-ports.ts";
import type { CommentHint } from "../pull-request-events.ts";
import type { CheckParts } from "./check-parts.ts";
import { placeOf } from "./look-at.ts";

/** What the pull request is now, and what the commander can have known. */
export interface Standing {
  readonly headSha: string;
  readonly baseRef: string;
  readonly state: "open" | "closed";
  readonly latest: CheckRecord | undefined;
  /** The head that is there now came after the comment was written. */
  readonly moved: boolean;
  /** The head that is there now surely was there when the comment was written. An approval needs no less. */
  readonly known: boolean;
}

/**
 * GitHub does not say which head a comment was written for, and dates of commits are whatever their author wants. The
 * earliest time we know a head by is that of its first check. Comments have whole seconds: within the same one,
 * nothing is known to have moved, and nothing counts as approved.
 */
export async function standingOf(
  comment: CommentHint,
  { world: { store }, looker }: CheckParts,
  github: GitHubPort,
  signal: AbortSignal,
  delivery: string,
): Promise<Standing> {
  const { repositoryId, number, createdAt } = comment;
  const { headSha, baseRef, state, draft } = await github.head(comment, signal);
  const before = await store.latestCheck(repositoryId, number);
  // A push that we have not heard of yet is seen from now on.
  if (before !== undefined && before.headSha !== headSha && state === "open" && !draft)
    await looker.lookAt(placeOf(comment), signal, delivery);
  const seen = (await store.headSeenAt(repositoryId, number, headSha))?.getTime();
  const written = createdAt.getTime();
  return {
    headSha,
    baseRef,
    state,
    latest: await store.latestCheck(repositoryId, number),
    moved: seen !== undefined && Math.floor(seen / 1000) * 1000 > written,
    known: seen !== undefined && seen <= written,
  };
}
