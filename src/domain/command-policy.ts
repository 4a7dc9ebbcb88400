/**
 * Who may what, by their real permission on the repository. Fails closed: `none` stands for strangers and for
 * every doubt alike.
 *
 * Two questions that are easily mixed up. May this person give this command? And may code of this pull request
 * be built and booted here? The second is asked per head: authors who can write are trusted anyway, others wait
 * until somebody who can write says so, for exactly the commits that were there (`approve`, or any command that
 * asks for builds). Evaluation and counts never wait.
 */
import type { CommandKind } from "./commands.ts";
import type { Permission } from "./pull-request.ts";

/** Whose pull requests are built without being asked for. */
export type AuthorPolicy = "everyone" | "collaborators";

/** Commands a configuration may restrict. `help` and `status` only say what everybody can see. */
export type GatedCommand = Exclude<CommandKind, "help" | "status">;
export type CommandPermissions = Readonly<Record<GatedCommand, Permission>>;

const ORDER: readonly Permission[] = ["none", "read", "triage", "write", "maintain", "admin"];

export function hasAtLeast(permission: Permission, needed: Permission): boolean {
  return ORDER.indexOf(permission) >= ORDER.indexOf(needed);
}

/** Approving stands for "I have looked at these commits", so no configuration opens it below this. */
const LEAST_FOR_APPROVING: Permission = "write";

export type CommandDecision =
  | {
      readonly allowed: true;
      /** Builds and boots of this head may go on from here. */
      readonly approves: boolean;
    }
  | { readonly allowed: false; readonly needs: Permission };

export function decideCommand(
  kind: CommandKind,
  permission: Permission,
  configured: CommandPermissions,
): CommandDecision {
  const needs = neededFor(kind, configured);
  if (!hasAtLeast(permission, needs)) return { allowed: false, needs };
  return { allowed: true, approves: BUILDS[kind] && hasAtLeast(permission, LEAST_FOR_APPROVING) };
}

function neededFor(kind: CommandKind, configured: CommandPermissions): Permission {
  if (kind === "help" || kind === "status") return "none";
  const needs = configured[kind];
  return kind === "approve" && !hasAtLeast(needs, LEAST_FOR_APPROVING) ? LEAST_FOR_APPROVING : needs;
}

/** Commands that make builds, boots or tests happen. */
const BUILDS: Readonly<Record<CommandKind, boolean>> = {
  check: true,
  rebuilds: false,
  build: true,
  test: true,
  consumers: true,
  cancel: false,
  status: false,
  approve: true,
  help: false,
};

export interface PullRequestTrust {
  readonly policy: AuthorPolicy;
  readonly author: Permission;
  /** Somebody approved exactly this head. */
  readonly headApproved: boolean;
}

/** Whether builds, VM and consumers of this head may run. */
export function mayBuild({ policy, author, headApproved }: PullRequestTrust): boolean {
  return headApproved || policy === "everyone" || hasAtLeast(author, "write");
}

/** What the buttons of a check run need: the same as the commands they stand for. */
export const BUTTON_COMMANDS = {
  rerun: "check",
  vm: "test",
  cancel: "cancel",
} as const satisfies Record<string, GatedCommand>;
