/**
 * Pull request: the facts about one, as gathered from GitHub and git, and never from a payload.
 *
 * What is compared follows from `comparison`: normally GitHub's test merge and its first parent, so that base
 * and head never drift apart; on conflict the head commit and the merge base.
 */
import type { BranchFacts } from "./branch-advice.ts";

export interface RepositoryRef {
  readonly owner: string;
  readonly name: string;
}

export interface PullRequestRef extends RepositoryRef {
  readonly number: number;
}

export type PullRequestComparison =
  /** `merge` has `base` as first and the head sha as second parent. */
  | { readonly kind: "merge"; readonly merge: string; readonly base: string }
  /** Head against its merge base with the base branch. */
  | { readonly kind: "conflict"; readonly mergeBase: string }
  /** GitHub has not said yet, or its merge commit is not of this head; ask again later. */
  | { readonly kind: "unknown"; readonly reason: string };

export interface PullRequestFacts extends PullRequestRef {
  /** GitHub's stable number of the repository: survives renames and transfers. */
  readonly repositoryId: number;
  readonly state: "open" | "closed";
  readonly draft: boolean;
  readonly headSha: string;
  /** `owner/name`, or null where the fork is gone. */
  readonly headRepository: string | null;
  readonly baseRef: string;
  readonly headRef: string;
  readonly author: { readonly login: string; readonly isBot: boolean };
  readonly labels: readonly string[];
  readonly comparison: PullRequestComparison;
}

/** A fork may call its branches what it likes, so the head's counts as such only where it is the repository's own. */
export function branchesOf({
  owner,
  name,
  baseRef,
  headRef,
  headRepository,
}: PullRequestFacts): Pick<BranchFacts, "baseRef" | "headRef"> {
  const isOwn = headRepository?.toLowerCase() === `${owner}/${name}`.toLowerCase();
  return { baseRef, headRef: isOwn ? headRef : null };
}

/** What somebody may do on a repository, in GitHub's order (role_name; custom roles count as what they are built on). */
export type Permission = "none" | "read" | "triage" | "write" | "maintain" | "admin";
