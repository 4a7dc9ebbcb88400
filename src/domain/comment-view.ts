/**
 * What the one comment of a pull request has to say, from what is known of its checks and its head. Pure.
 *
 * The newest check owns the comment. Until it knows something, the last full report stays, marked outdated; a count
 * that was asked for never takes the place of a fuller report about the same commits. Silence is the answer for a change that
 * touches no recipe, unless there is a comment that would otherwise go on saying something else.
 */
import type { CheckRecord } from "./check-record.ts";

export type CommentView =
  /** Leave it as it is, or do not begin one. */
  | { readonly kind: "nothing" }
  | { readonly kind: "report"; readonly check: CheckRecord; readonly outdatedBy: string | null }
  /** `check` has a result that is not complete; more is to come. */
  | { readonly kind: "progress"; readonly check: CheckRecord }
  /** Rebuilds are counted; the rest waits for an approval of this head. */
  | { readonly kind: "waiting"; readonly check: CheckRecord }
  /** Queued or running, and nothing known yet. */
  | { readonly kind: "started"; readonly check: CheckRecord; readonly previous: CheckRecord | null }
  | { readonly kind: "untouched"; readonly check: CheckRecord }
  /** Ended without a report: failed for want of something, or ended by somebody. */
  | { readonly kind: "ended"; readonly check: CheckRecord; readonly previous: CheckRecord | null };

export interface CommentFacts {
  readonly latest: CheckRecord | undefined;
  /** The last one with a full report, the latest itself included. */
  readonly done: CheckRecord | undefined;
  /** Of the pull request now. */
  readonly headSha: string;
  readonly exists: boolean;
  /** The latest is known to touch a recipe. */
  readonly touched: boolean;
}

export function decideComment(facts: CommentFacts): CommentView {
  const { latest, headSha, exists, touched } = facts;
  if (latest === undefined) return NOTHING;
  const previous = previousReport(facts);
  if (latest.headSha !== headSha) return outdated(facts);
  switch (latest.state) {
    case "done":
      if (latest.result === null) return exists ? { kind: "untouched", check: latest } : NOTHING;
      return { kind: "report", check: latest, outdatedBy: null };
    case "waiting":
      return { kind: "waiting", check: latest };
    case "queued":
    case "running":
      if (latest.result !== null) return { kind: "progress", check: latest };
      return exists || touched ? { kind: "started", check: latest, previous } : NOTHING;
    case "superseded":
      // Another one is on its way.
      return exists ? { kind: "started", check: latest, previous } : NOTHING;
    case "failed":
    case "cancelled":
      return exists || touched ? { kind: "ended", check: latest, previous } : NOTHING;
  }
}

const NOTHING: CommentView = { kind: "nothing" };

/** The head has moved and its own check does not exist yet. */
function outdated({ latest, done, headSha, exists }: CommentFacts): CommentView {
  const shown = latest?.state === "waiting" && latest.result !== null ? latest : done;
  if (shown !== undefined && exists) return { kind: "report", check: shown, outdatedBy: headSha };
  if (latest === undefined || !exists) return NOTHING;
  return { kind: "started", check: { ...latest, headSha }, previous: null };
}

function previousReport({ latest, done }: CommentFacts): CheckRecord | null {
  return done === undefined || done.id === latest?.id ? null : done;
}
