/** Facts of a pull request, or why there is nothing to check any more. All from GitHub, at this moment. */
import type { CheckRecord } from "../../domain/check-record.ts";
import type { PullRequestFacts } from "../../domain/pull-request.ts";
import { EnvironmentError } from "../../errors.ts";
import type { GitHubPort } from "../app-ports.ts";
import { CLOSED, DRAFT } from "./look-at.ts";

/** Full commit hashes of what is compared. */
export interface Compared {
  readonly base: string;
  readonly head: string;
  /** Null on conflict, where the head itself is compared with the merge base. */
  readonly merge: string | null;
}

export type Gathered =
  | { readonly kind: "facts"; readonly facts: PullRequestFacts; readonly compared: Compared }
  | { readonly kind: "moved"; readonly facts: PullRequestFacts }
  | { readonly kind: "left-alone"; readonly reason: string };

/** @throws EnvironmentError merge-unknown (retryable) and those of `GitHubPort` */
export async function gather(check: CheckRecord, github: GitHubPort, signal: AbortSignal): Promise<Gathered> {
  const facts = await github.pullRequest(check, signal);
  if (facts.state === "closed") return { kind: "left-alone", reason: CLOSED };
  // Somebody who asks for a check of a draft gets it.
  if (facts.draft && check.requestedBy === null) return { kind: "left-alone", reason: DRAFT };
  if (facts.headSha !== check.headSha) return { kind: "moved", facts };
  return { kind: "facts", facts, compared: comparedOf(facts) };
}

/** @throws EnvironmentError merge-unknown, retryable */
export function comparedOf({ comparison, headSha }: PullRequestFacts): Compared {
  switch (comparison.kind) {
    case "merge":
      return { base: comparison.base, head: comparison.merge, merge: comparison.merge };
    case "conflict":
      return { base: comparison.mergeBase, head: headSha, merge: null };
    case "unknown":
      throw new EnvironmentError(
        "merge-unknown",
        `GitHub has not said yet what the pull request would merge into: ${comparison.reason}`,
        "It is asked again later. A new push, or closing and reopening, makes GitHub try again too.",
        { retryable: true },
      );
  }
}
