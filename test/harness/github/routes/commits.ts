/** Commits and what lies between two of them, read from the real repository. */
import { answer, type Call, notFound, type Routes, repositoryOf } from "../call.ts";
import { git, tryGit } from "../git-repositories.ts";
import type { Json } from "../shapes.ts";

export const commitRoutes: Routes = {
  "git/get-commit": async (call) => {
    const commit = await readCommit(call, call.params["commit_sha"] ?? "");
    return commit === undefined ? notFound() : answer(200, gitCommitObject(call, commit));
  },
  "repos/get-commit": async (call) => {
    const commit = await readCommit(call, call.params["ref"] ?? "");
    return commit === undefined ? notFound() : answer(200, commitObject(call, commit));
  },
  "repos/compare-commits-with-basehead": compare,
};

async function compare(call: Call) {
  const [base = "", head = ""] = (call.params["basehead"] ?? "").split("...");
  const directory = call.git.directory(repositoryOf(call).id);
  const merged = await tryGit(directory, ["merge-base", base, head]);
  const mergeBase = await readCommit(call, merged.stdout.trim());
  const baseCommit = await readCommit(call, base);
  if (merged.status !== 0 || mergeBase === undefined || baseCommit === undefined) return notFound();
  const count = await git(directory, ["rev-list", "--left-right", "--count", `${base}...${head}`]);
  const [behind = 0, ahead = 0] = count.split(/\s+/).map(Number);
  const url = `${addressOf(call)}/compare/${base}...${head}`;
  return answer(200, {
    url: `${call.world.url}/repos${url}`,
    html_url: `${call.world.url}${url}`,
    permalink_url: `${call.world.url}${url}`,
    diff_url: `${call.world.url}${url}.diff`,
    patch_url: `${call.world.url}${url}.patch`,
    base_commit: commitObject(call, baseCommit),
    merge_base_commit: commitObject(call, mergeBase),
    status: ahead > 0 ? (behind > 0 ? "diverged" : "ahead") : behind > 0 ? "behind" : "identical",
    ahead_by: ahead,
    behind_by: behind,
    total_commits: ahead,
    commits: [],
    files: [],
  });
}

interface Commit {
  readonly sha: string;
  readonly tree: string;
  readonly parents: readonly string[];
  readonly who: { readonly name: string; readonly email: string; readonly date: string };
  readonly message: string;
}

const UNSIGNED = { verified: false, reason: "unsigned", signature: null, payload: null, verified_at: null };

async function readCommit(call: Call, revision: string): Promise<Commit | undefined> {
  const directory = call.git.directory(repositoryOf(call).id);
  const format = ["%H", "%T", "%P", "%aI", "%an", "%ae", "%B"].join("%n");
  // The prefix keeps a revision from being read as an option.
  const args = ["log", "-1", `--format=${format}`, "--end-of-options", `${revision}^{commit}`];
  const { status, stdout } = await tryGit(directory, args);
  if (status !== 0) return undefined;
  const [sha = "", tree = "", parents = "", date = "", name = "", email = "", ...message] =
    stdout.split("\n");
  return {
    sha,
    tree,
    parents: parents.split(" ").filter((parent) => parent !== ""),
    who: { name, email, date },
    message: message.join("\n").trim(),
  };
}

function addressOf(call: Call): string {
  const { owner, name } = repositoryOf(call);
  return `/${owner}/${name}`;
}

function parentsOf(call: Call, { parents }: Commit, kind: "git/commits" | "commits"): Json[] {
  const url = `${call.world.url}/repos${addressOf(call)}/${kind}`;
  const html = `${call.world.url}${addressOf(call)}/commit`;
  return parents.map((sha) => ({ sha, url: `${url}/${sha}`, html_url: `${html}/${sha}` }));
}

function gitCommitObject(call: Call, commit: Commit): Json {
  const { sha, tree, who, message } = commit;
  const url = `${call.world.url}/repos${addressOf(call)}/git`;
  return {
    sha,
    node_id: `C_${sha}`,
    url: `${url}/commits/${sha}`,
    html_url: `${call.world.url}${addressOf(call)}/commit/${sha}`,
    author: who,
    committer: who,
    message,
    tree: { sha: tree, url: `${url}/trees/${tree}` },
    parents: parentsOf(call, commit, "git/commits"),
    verification: UNSIGNED,
  };
}

function commitObject(call: Call, commit: Commit): Json {
  const { sha, tree, who, message } = commit;
  const url = `${call.world.url}/repos${addressOf(call)}`;
  return {
    sha,
    node_id: `C_${sha}`,
    url: `${url}/commits/${sha}`,
    html_url: `${call.world.url}${addressOf(call)}/commit/${sha}`,
    comments_url: `${url}/commits/${sha}/comments`,
    commit: {
      url: `${url}/git/commits/${sha}`,
      author: who,
      committer: who,
      message,
      comment_count: 0,
      tree: { sha: tree, url: `${url}/git/trees/${tree}` },
      verification: UNSIGNED,
    },
    author: null,
    committer: null,
    parents: parentsOf(call, commit, "commits"),
  };
}
