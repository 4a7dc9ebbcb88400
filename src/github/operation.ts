/**
 * What a request asks of GitHub, by the names in GitHub's own description (`operationId`). For metrics: there are as many as we
 * use, however many repositories and people there are. https://github.com/github/rest-api-description
 */

const REPOSITORY = "/repos/{owner}/{repo}";

/** `METHOD path`, placeholders as in the description. */
export const OPERATIONS = {
  "apps/create-installation-access-token": "POST /app/installations/{installation_id}/access_tokens",
  "apps/get-authenticated": "GET /app",
  "apps/list-installations": "GET /app/installations",
  "apps/list-repos-accessible-to-installation": "GET /installation/repositories",
  "apps/list-webhook-deliveries": "GET /app/hook/deliveries",
  "apps/redeliver-webhook-delivery": "POST /app/hook/deliveries/{delivery_id}/attempts",
  "checks/create": `POST ${REPOSITORY}/check-runs`,
  "checks/get": `GET ${REPOSITORY}/check-runs/{check_run_id}`,
  "checks/list-for-ref": `GET ${REPOSITORY}/commits/{ref}/check-runs`,
  "checks/update": `PATCH ${REPOSITORY}/check-runs/{check_run_id}`,
  "git/get-commit": `GET ${REPOSITORY}/git/commits/{commit_sha}`,
  "issues/add-labels": `POST ${REPOSITORY}/issues/{issue_number}/labels`,
  "issues/create-comment": `POST ${REPOSITORY}/issues/{issue_number}/comments`,
  "issues/create-label": `POST ${REPOSITORY}/labels`,
  "issues/delete-comment": `DELETE ${REPOSITORY}/issues/comments/{comment_id}`,
  "issues/get-label": `GET ${REPOSITORY}/labels/{name}`,
  "issues/list-comments": `GET ${REPOSITORY}/issues/{issue_number}/comments`,
  "issues/list-labels-on-issue": `GET ${REPOSITORY}/issues/{issue_number}/labels`,
  "issues/remove-label": `DELETE ${REPOSITORY}/issues/{issue_number}/labels/{name}`,
  "issues/update-comment": `PATCH ${REPOSITORY}/issues/comments/{comment_id}`,
  "pulls/get": `GET ${REPOSITORY}/pulls/{pull_number}`,
  "pulls/list": `GET ${REPOSITORY}/pulls`,
  "reactions/create-for-issue-comment": `POST ${REPOSITORY}/issues/comments/{comment_id}/reactions`,
  "repos/compare-commits-with-basehead": `GET ${REPOSITORY}/compare/{basehead}`,
  "repos/get-collaborator-permission-level": `GET ${REPOSITORY}/collaborators/{username}/permission`,
  "repos/get-content": `GET ${REPOSITORY}/contents/{path}`,
  "users/get-authenticated": "GET /user",
} as const satisfies Record<string, string>;

const PATTERNS = Object.entries(OPERATIONS).map(([operation, route]) => {
  const [method = "", path = ""] = route.split(" ");
  const pattern = path.replaceAll("{path}", ".+").replace(/\{\w+\}/g, "[^/]+");
  return { operation, method, pattern: new RegExp(`^${pattern}$`) };
});

/** `other` where we do not know it. @param apiUrl what all addresses begin with, without a slash at its end */
export function operationOf(method: string, url: string, apiUrl: string): string {
  const path = url
    .slice(url.startsWith(apiUrl) ? apiUrl.length : 0)
    .replace(/[?#].*$/s, "")
    // Further pages, and repositories that were renamed, come by number.
    .replace(/^\/repositories\/\d+(?=\/)/, "/repos/_/_");
  const found = PATTERNS.find((known) => known.method === method && known.pattern.test(path));
  return found?.operation ?? "other";
}
