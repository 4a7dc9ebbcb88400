/**
 * Pull requests as git sees them. Asking for one makes GitHub merge it for a test, so `mergeable` is not known at
 * first, and an answer may be of a merge that is no longer current.
 */
import { answer, type Call, forward, notFound, page, type Routes, repositoryOf } from "../call.ts";
import { git } from "../git-repositories.ts";
import { isObject, type Json, reactionCounts } from "../shapes.ts";
import { findPull, type Pull } from "../world.ts";

export const pullRoutes: Routes = {
  "pulls/get": async (call) => {
    const pull = pullOf(call);
    if (pull !== undefined) await mergeWhenAsked(call, pull);
    return forward(call);
  },
  "pulls/list-files": async (call) => {
    const pull = pullOf(call);
    if (pull === undefined) return notFound();
    const { items, headers } = page(call, await changedFiles(call, pull.baseSha, pull.headSha));
    return answer(200, items, headers);
  },
  "issues/get": getIssue,
  "repos/list-pull-requests-associated-with-commit": async (call) => {
    const { id, owner, name } = repositoryOf(call);
    const pulls = call.world.pulls.filter(
      (pull) => pull.repositoryId === id && pull.headSha === call.params["commit_sha"],
    );
    const bodies = pulls.map(async ({ number }) => {
      // A simple pull request lists no numbers of its own; more fields than described are allowed.
      return (await call.ask("GET", `/repos/${owner}/${name}/pulls/${number}`)).body;
    });
    return answer(200, await Promise.all(bodies));
  },
};

/** A pull request is an issue too, which the emulator denies. */
async function getIssue(call: Call) {
  const { owner, name } = repositoryOf(call);
  const number = Number(call.params["issue_number"]);
  const list = await call.ask("GET", `/repos/${owner}/${name}/pulls?state=all&per_page=100`);
  const pull = Array.isArray(list.body)
    ? list.body.filter(isObject).find((one) => one["number"] === number)
    : undefined;
  return pull === undefined ? forward(call) : answer(200, issueOf(pull));
}

const OF_BOTH = [
  "id",
  "node_id",
  "number",
  "title",
  "user",
  "labels",
  "state",
  "locked",
  "active_lock_reason",
  "assignee",
  "assignees",
  "milestone",
  "comments",
  "created_at",
  "updated_at",
  "closed_at",
  "author_association",
  "body",
  "draft",
  "html_url",
];

function issueOf(pull: Json): Json {
  const url = String(pull["issue_url"]);
  const html = String(pull["html_url"]);
  return {
    ...Object.fromEntries(OF_BOTH.map((key) => [key, pull[key]])),
    url,
    repository_url: url.replace(/\/issues\/.*/, ""),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    timeline_url: `${url}/timeline`,
    state_reason: null,
    closed_by: null,
    performed_via_github_app: null,
    type: null,
    reactions: reactionCounts(url, []),
    pull_request: {
      url: pull["url"],
      html_url: html,
      diff_url: pull["diff_url"],
      patch_url: pull["patch_url"],
      merged_at: pull["merged_at"],
    },
  };
}

/** @throws where git fails */
export async function mergeWhenAsked({ git: repositories }: Pick<Call, "git">, pull: Pull): Promise<void> {
  if (!pull.isStale) return;
  if (pull.unknownAnswers > 0) {
    pull.unknownAnswers -= 1;
    pull.mergeable = null;
    return;
  }
  const { repositoryId, number, headSha } = pull;
  const base = (await repositories.branches(repositoryId)).get(pull.baseRef);
  if (base === undefined) return;
  const merged = await repositories.testMerge(repositoryId, number, base, headSha);
  pull.isStale = false;
  pull.mergeable = merged.mergeable;
  pull.mergeSha = merged.sha ?? pull.mergeSha;
}

/** GitHub lists 3,000 files at most. */
async function changedFiles(call: Call, base: string, head: string): Promise<Json[]> {
  const { id, owner, name } = repositoryOf(call);
  const text = await git(call.git.directory(id), [
    "diff",
    "--name-status",
    "-z",
    "--no-renames",
    `${base}...${head}`,
  ]);
  const fields = text.split("\0");
  const count = Math.min(3000, Math.floor(fields.length / 2));
  return Array.from({ length: count }, (_, index) => {
    const [letter, filename = ""] = fields.slice(index * 2, index * 2 + 2);
    const path = encodeURIComponent(filename);
    return {
      sha: head,
      filename,
      status: letter === "A" ? "added" : letter === "D" ? "removed" : "modified",
      additions: 0,
      deletions: 0,
      changes: 0,
      blob_url: `${call.world.url}/${owner}/${name}/blob/${head}/${path}`,
      raw_url: `${call.world.url}/${owner}/${name}/raw/${head}/${path}`,
      contents_url: `${call.world.url}/repos/${owner}/${name}/contents/${path}?ref=${head}`,
    };
  });
}

function pullOf(call: Call): Pull | undefined {
  return findPull(call.world, repositoryOf(call).id, Number(call.params["pull_number"]));
}
