/**
 * Shapes that the emulator does not give, or not in full, as GitHub's description demands them. `mend` walks an
 * answer and completes what it recognises; `contract.ts` tells whether that was enough.
 */
import { userId, userType } from "./cast.ts";
import { APP } from "./emulator.ts";
import { findPull, repositoryById, type World } from "./world.ts";

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function mend(node: unknown, world: World): unknown {
  if (Array.isArray(node)) return node.map((item) => mend(item, world));
  if (!isObject(node)) return node;
  const inner = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, mend(value, world)]));
  if ("login" in inner && "events_url" in inner) return mendUser(inner, world);
  if ("full_name" in inner && "keys_url" in inner) return mendRepository(inner);
  if ("external_id" in inner && "check_suite" in inner) return mendCheckRun(inner, world);
  if ("issue_url" in inner && "author_association" in inner && "body" in inner && !("head" in inner))
    return mendComment(inner, world);
  if ("merge_commit_sha" in inner && "head" in inner) return mendPull(inner, world);
  return inner;
}

/** One form for everybody: bots' addresses encoded, organizations with all that people have. */
function mendUser(user: Json, { url }: World): Json {
  return { ...user, ...userObject(url, String(user["login"])) };
}

function mendRepository(repository: Json): Json {
  return {
    ...repository,
    ssh_url: `git@localhost:${repository["full_name"]}.git`,
    teams_url: `${repository["url"]}/teams`,
    hooks_url: `${repository["url"]}/hooks`,
    master_branch: repository["default_branch"],
    temp_clone_token: "",
    network_count: 0,
    subscribers_count: 0,
    web_commit_signoff_required: false,
    custom_properties: {},
    pull_request_creation_policy: "all",
    has_pull_requests: true,
  };
}

export function appObject(world: World): Json {
  return {
    id: APP.id,
    client_id: "Iv23liModprobotTest0",
    slug: APP.slug,
    node_id: "A_kwHOAAbdtM4ABm3Z",
    owner: userObject(world.url, "kernel-org"),
    name: APP.name,
    description: null,
    external_url: "https://example.org/modprobot",
    html_url: `${world.url}/apps/${APP.slug}`,
    created_at: world.startedAt,
    updated_at: world.startedAt,
    permissions: world.permissions,
    events: world.events,
  };
}

export function userObject(url: string, login: string): Json {
  const id = userId(login);
  const encoded = encodeURIComponent(login);
  const user = `${url}/users/${encoded}`;
  return {
    login,
    id,
    node_id: `U_${id}`,
    avatar_url: `${url}/avatars/u/${encoded}`,
    gravatar_id: "",
    url: user,
    html_url: `${url}/${encoded}`,
    followers_url: `${user}/followers`,
    following_url: `${user}/following{/other_user}`,
    gists_url: `${user}/gists{/gist_id}`,
    starred_url: `${user}/starred{/owner}{/repo}`,
    subscriptions_url: `${user}/subscriptions`,
    organizations_url: `${user}/orgs`,
    repos_url: `${user}/repos`,
    events_url: `${user}/events{/privacy}`,
    received_events_url: `${user}/received_events`,
    type: userType(login),
    site_admin: false,
    user_view_type: "public",
  };
}

const REACTIONS = ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] as const;

/** `contents`: one entry for each reaction. */
export function reactionCounts(url: string, contents: readonly string[]): Json {
  const count = (content: string) => contents.filter((one) => one === content).length;
  return {
    url: `${url}/reactions`,
    total_count: contents.length,
    ...Object.fromEntries(REACTIONS.map((content) => [content, count(content)])),
  };
}

function mendComment(comment: Json, world: World): Json {
  const reactions = world.reactions.filter((reaction) => reaction.commentId === comment["id"]);
  const user = comment["user"];
  const isOurs = isObject(user) && user["login"] === `${APP.slug}[bot]`;
  return {
    ...comment,
    reactions: reactionCounts(
      String(comment["url"]),
      reactions.map(({ content }) => content),
    ),
    performed_via_github_app: isOurs ? appObject(world) : null,
  };
}

function mendPull(pull: Json, world: World): Json {
  const [head, base] = [pull["head"], pull["base"]];
  if (!isObject(head) || !isObject(base) || !isObject(base["repo"])) return pull;
  const known = findPull(world, Number(base["repo"]["id"]), Number(pull["number"]));
  if (known === undefined) return pull;
  const gone = known.headRepositoryId === null;
  return {
    ...pull,
    active_lock_reason: null,
    statuses_url: `${base["repo"]["url"]}/statuses/${known.headSha}`,
    mergeable: known.mergeable,
    mergeable_state: known.mergeable === null ? "unknown" : known.mergeable ? "clean" : "dirty",
    rebaseable: known.mergeable,
    merge_commit_sha: pull["merged"] === true ? pull["merge_commit_sha"] : known.mergeSha,
    head: {
      ...head,
      label: `${known.headOwner}:${known.headRef}`,
      sha: known.headSha,
      user: userObject(world.url, known.headOwner),
      repo: gone ? null : head["repo"],
    },
    base: { ...base, ref: known.baseRef, sha: known.baseSha },
  };
}

function mendCheckRun(run: Json, world: World): Json {
  const extras = world.checkRuns.get(Number(run["id"]));
  const output = isObject(run["output"]) ? run["output"] : {};
  const suite = isObject(run["check_suite"]) ? run["check_suite"] : {};
  return {
    ...run,
    started_at: run["started_at"] ?? world.startedAt,
    // Without one it is the App's own page.
    details_url: run["details_url"] ?? appObject(world)["external_url"],
    output: {
      ...output,
      annotations_count: extras?.annotations.length ?? 0,
      annotations_url: `${run["url"]}/annotations`,
    },
    check_suite: { ...suite, id: extras?.suiteId ?? suite["id"] },
    app: appObject(world),
    pull_requests: pullsOfCommit(world, extras?.repositoryId, String(run["head_sha"])),
  };
}

/** Pull requests from forks are never listed on a check run or suite. */
export function pullsOfCommit(world: World, repositoryId: number | undefined, sha: string): Json[] {
  const pulls = world.pulls.filter(
    (pull) =>
      pull.repositoryId === repositoryId && pull.headRepositoryId === repositoryId && pull.headSha === sha,
  );
  return pulls.map((pull) => {
    const { owner, name, id } = repositoryById(world, pull.repositoryId);
    const repo = { id, name, url: `${world.url}/repos/${owner}/${name}` };
    return {
      id: 700_000 + pull.number,
      number: pull.number,
      url: `${repo.url}/pulls/${pull.number}`,
      head: { ref: pull.headRef, sha: pull.headSha, repo },
      base: { ref: pull.baseRef, sha: pull.baseSha, repo },
    };
  });
}
