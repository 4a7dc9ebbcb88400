/**
 * What GitHub told us, in words of ours: hints to go and look, never facts to act on.
 *
 * `src/app.ts` translates webhooks into these calls and decides nothing; the workflow asks GitHub before it
 * does anything. So a lost, doubled or late delivery changes nothing. Names in a hint may be outdated by a
 * rename; `repositoryId` never is. A call that throws makes the delivery be tried again.
 */
import type { PullRequestRef, RepositoryRef } from "../domain/pull-request.ts";

export interface RepositoryHint extends RepositoryRef {
  readonly installationId: number;
  /** GitHub's stable number. */
  readonly repositoryId: number;
}

export interface PullRequestHint extends RepositoryHint, PullRequestRef {}

export interface CommentHint extends PullRequestHint {
  readonly commentId: number;
  readonly body: string;
  /** Who wrote it. What they may do is asked of GitHub. */
  readonly login: string;
  /** Apps and bots, ourselves included: never to be answered. */
  readonly isBot: boolean;
  /** When it was written: commands are pinned to the head that was there. */
  readonly createdAt: Date;
}

/** The buttons of a finished check run. `rerun` is also GitHub's own "Re-run". */
export type Button = "rerun" | "vm" | "cancel";
export const BUTTONS = ["rerun", "vm", "cancel"] as const satisfies readonly Button[];

export interface ButtonHint extends RepositoryHint {
  readonly button: Button;
  readonly login: string;
  readonly headSha: string;
  /** Our check's id, as we gave it to the check run. Null for "Re-run all", which is about every run of a head. */
  readonly externalId: string | null;
  /** Numbers GitHub named. Always empty for pull requests from forks: go by `externalId` or the head. */
  readonly numbers: readonly number[];
}

export type InstallationChange =
  | "installed"
  | "removed"
  | "suspended"
  | "unsuspended"
  | "permissions-accepted"
  | "repositories-added"
  | "repositories-removed";

export interface InstallationHint {
  readonly installationId: number;
  readonly change: InstallationChange;
  /** Those added or removed; empty where the change is about all of them. */
  readonly repositories: readonly (RepositoryRef & { readonly id: number })[];
}

export interface PullRequestEvents {
  /** Opened, pushed to, reopened, made ready, or its base branch changed. */
  lookAt(pullRequest: PullRequestHint): Promise<void>;
  /** Closed, merged, or turned back into a draft. */
  closed(pullRequest: PullRequestHint, why: "closed" | "draft"): Promise<void>;
  commented(comment: CommentHint): Promise<void>;
  buttonPressed(press: ButtonHint): Promise<void>;
  installationChanged(installation: InstallationHint): Promise<void>;
}
