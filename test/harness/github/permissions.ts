/**
 * Which permission each operation needs of an App's installation, as the reference of each says
 * (https://docs.github.com/rest/authentication/permissions-required-for-github-apps). What is not listed an App of ours
 * may not call: extend the table together with `app.yml`.
 */
export interface Needed {
  /** Any of these suffices. */
  readonly anyOf: readonly string[];
  readonly level: "read" | "write";
}

const CONVERSATION = ["issues", "pull_requests"] as const;
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
  "issues/add-labels": write(...CONVERSATION),
  "issues/create-comment": write(...CONVERSATION),
  "issues/create-label": write(...CONVERSATION),
  "issues/delete-comment": write(...CONVERSATION),
  "issues/get": read(...CONVERSATION),
  "issues/get-comment": read(...CONVERSATION),
  "issues/get-label": read(...CONVERSATION),
  "issues/list-comments": read(...CONVERSATION),
  "issues/list-labels-for-repo": read(...CONVERSATION),
  "issues/list-labels-on-issue": read(...CONVERSATION),
  "issues/remove-label": write(...CONVERSATION),
  "issues/update-comment": write(...CONVERSATION),
  "issues/update-label": write(...CONVERSATION),
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

const RANK: Readonly<Record<string, number>> = { read: 1, write: 2, admin: 3 };

export function isGranted(needed: Needed, granted: Readonly<Record<string, string>>): boolean {
  const wanted = RANK[needed.level] ?? 0;
  return needed.anyOf.some((name) => name === "metadata" || (RANK[granted[name] ?? ""] ?? 0) >= wanted);
}
