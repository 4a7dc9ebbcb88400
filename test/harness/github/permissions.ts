/**
 * Which permission each operation needs of an App's installation, as the reference of each says
 * (https://docs.github.com/rest/authentication/permissions-required-for-github-apps). What is not listed an App of ours
 * may not call: extend the table together with `app.yml`.
 */
import { permissionReaches } from "../../../src/domain/app-manifest.ts";

export interface Needed {
  /** Any of these suffices. */
  readonly anyOf: readonly string[];
  readonly level: "read" | "write";
}

const CONVERSATION = ["issues", "pull_requests"] as const;
/**
 * On a pull request labels are refused to those with `issues` alone, and new labels to those without it, whatever the
 * reference says: https://github.com/orgs/community/discussions/156181
 */
const LABELS = "pull_requests";
const NEW_LABELS = "issues";
const read = (...anyOf: string[]): Needed => ({ anyOf, level: "read" });
const write = (...anyOf: string[]): Needed => ({ anyOf, level: "write" });

export const NEEDED: Readonly<Record<string, Needed>> = {
  "apps/list-repos-accessible-to-installation": read("metadata"),
  "apps/revoke-installation-access-token": read("metadata"),
  "checks/create": write("checks"),
  "checks/get": read("checks"),
  "checks/list-annotations": read("checks"),
  "checks/list-for-ref": read("checks"),
  "checks/list-for-suite": read("checks"),
  "checks/list-suites-for-ref": read("checks"),
  "checks/update": write("checks"),
  "git/get-commit": read("contents"),
  "git/get-ref": read("contents"),
  "issues/add-labels": write(LABELS),
  "issues/create-comment": write(...CONVERSATION),
  "issues/create-label": write(NEW_LABELS),
  "issues/delete-comment": write(...CONVERSATION),
  "issues/get": read(...CONVERSATION),
  "issues/get-comment": read(...CONVERSATION),
  "issues/get-label": read(...CONVERSATION),
  "issues/list-comments": read(...CONVERSATION),
  "issues/list-labels-for-repo": read(...CONVERSATION),
  "issues/list-labels-on-issue": read(...CONVERSATION),
  "issues/remove-label": write(LABELS),
  "issues/update-comment": write(...CONVERSATION),
  "issues/update-label": write(NEW_LABELS),
  "meta/get": read("metadata"),
  "pulls/get": read("pull_requests"),
  "pulls/list": read("pull_requests"),
  "pulls/list-commits": read("pull_requests"),
  "pulls/list-files": read("pull_requests"),
  "rate-limit/get": read("metadata"),
  "reactions/create-for-issue-comment": write(...CONVERSATION),
  "reactions/delete-for-issue-comment": write(...CONVERSATION),
  "reactions/list-for-issue-comment": read(...CONVERSATION),
  "repos/compare-commits-with-basehead": read("contents"),
  "repos/get": read("metadata"),
  "repos/get-collaborator-permission-level": read("metadata"),
  "repos/get-commit": read("contents"),
  "repos/get-content": read("contents"),
  "repos/list-pull-requests-associated-with-commit": read("pull_requests", "contents"),
};

/** What the App asks as itself, with its signed token; no installation has granted anything for it. */
export const AS_APP: ReadonlySet<string> = new Set([
  "apps/create-installation-access-token",
  "apps/get-authenticated",
  "apps/get-webhook-config-for-app",
  "apps/list-installations",
  "apps/list-webhook-deliveries",
  "apps/redeliver-webhook-delivery",
  "apps/update-webhook-config-for-app",
]);

/** What anybody may ask, or a person with a token of their own. */
export const AS_ANYBODY: ReadonlySet<string> = new Set([
  "apps/create-from-manifest",
  "rate-limit/get",
  "users/get-authenticated",
]);

/** What an App has to have to hear of an event. https://docs.github.com/webhooks/webhook-events-and-payloads */
export const NEEDED_TO_HEAR: Readonly<Record<string, Needed>> = {
  check_run: read("checks"),
  check_suite: read("checks"),
  issue_comment: read("issues"),
  pull_request: read("pull_requests"),
};

/** About the App itself: always sent, and cannot be asked for. */
export const ALWAYS_SENT: ReadonlySet<string> = new Set(["installation", "installation_repositories"]);

/** GitHub grants `metadata` to every App. */
export function isGranted(needed: Needed, granted: Readonly<Record<string, string>>): boolean {
  return needed.anyOf.includes("metadata") || isListed(needed, granted);
}

export function isListed({ anyOf, level }: Needed, listed: Readonly<Record<string, string>>): boolean {
  return anyOf.some((name) => permissionReaches(listed[name], level));
}
