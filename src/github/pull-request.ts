/**
 * Facts about a pull request, asked for until GitHub has made its test merge.
 *
 * What trips people up: asking starts the merge; `mergeable` is null meanwhile, `merge_commit_sha` may still be of
 * an older head for minutes, and stays stale on conflict. So the merge commit's parents decide, not the field:
 * the second must be the head, the first is then what to compare with. https://docs.github.com/en/rest/pulls/pulls#get-a-pull-request
 */
import type {
  PullRequestComparison,
  PullRequestFacts,
  PullRequestRef,
  RepositoryRef,
} from "../domain/pull-request.ts";
import { EnvironmentError } from "../errors.ts";
import type { Caller } from "./call.ts";
import { sleep } from "./pace.ts";

export async function readPullRequest(
  caller: Caller,
  ref: PullRequestRef,
  signal: AbortSignal,
): Promise<PullRequestFacts> {
  for (let looked = 0; ; looked += 1) {
    const pull = await getPull(caller, ref, signal);
    const comparison = await compare(caller, pull, signal);
    const wait = caller.pace.mergeMs[looked];
    if (comparison.kind !== "unknown" || pull.state === "closed" || wait === undefined)
      return factsOf(pull, comparison);
    await sleep(wait, signal);
  }
}

/** Follows renames and transfers, as `fetch` follows GitHub's redirects. */
export async function readHead(caller: Caller, ref: PullRequestRef, signal: AbortSignal) {
  const pull = await getPull(caller, ref, signal);
  return {
    headSha: pull.head.sha,
    baseRef: pull.base.ref,
    state: stateOf(pull),
    draft: pull.draft ?? false,
  };
}

/** More open pull requests than nixpkgs has ever had. */
const MOST_OPEN = 20_000;

export async function listOpenPullRequests(
  { call }: Caller,
  { owner, name }: RepositoryRef,
  signal: AbortSignal,
) {
  const pulls = await call(
    `list the open pull requests of ${owner}/${name}`,
    async (octokit, parameters) => {
      const found: { number: number; headSha: string; draft: boolean }[] = [];
      const pages = octokit.paginate.iterator(octokit.rest.pulls.list, {
        ...parameters,
        owner,
        repo: name,
        state: "open",
        per_page: 100,
      });
      for await (const { data } of pages) {
        for (const { number, head, draft } of data)
          found.push({ number, headSha: head.sha, draft: draft ?? false });
        if (found.length >= MOST_OPEN) break;
      }
      return { data: found };
    },
    signal,
  );
  // A pull request that is opened meanwhile moves others onto the next page.
  return [...new Map(pulls.map((pull) => [pull.number, pull])).values()];
}

type Pull = Awaited<ReturnType<typeof getPull>>;

function getPull({ call }: Caller, { owner, name, number }: PullRequestRef, signal: AbortSignal) {
  return call(
    `read pull request ${owner}/${name}#${number}`,
    (octokit, parameters) =>
      octokit.rest.pulls.get({ ...parameters, owner, repo: name, pull_number: number }),
    signal,
  );
}

async function compare(caller: Caller, pull: Pull, signal: AbortSignal): Promise<PullRequestComparison> {
  if (stateOf(pull) === "closed") return { kind: "unknown", reason: "the pull request is closed" };
  switch (pull.mergeable) {
    case true:
      return pull.merge_commit_sha === null
        ? { kind: "unknown", reason: "GitHub names no test merge" }
        : checkMerge(caller, pull, pull.merge_commit_sha, signal);
    case false:
      return { kind: "conflict", mergeBase: await findMergeBase(caller, pull, signal) };
    case null:
      return { kind: "unknown", reason: "GitHub has not made its test merge yet" };
  }
}

async function checkMerge(
  { call }: Caller,
  pull: Pull,
  merge: string,
  signal: AbortSignal,
): Promise<PullRequestComparison> {
  try {
    const { parents } = await call(
      `read the test merge of ${nameOf(pull)}`,
      (octokit, parameters) =>
        octokit.rest.git.getCommit({ ...parameters, ...baseOf(pull), commit_sha: merge }),
      signal,
    );
    const [base, head, more] = parents.map(({ sha }) => sha);
    if (base === undefined || head !== pull.head.sha || more !== undefined)
      return { kind: "unknown", reason: "GitHub's test merge is of another head" };
    return { kind: "merge", merge, base };
  } catch (error) {
    // GitHub replaced it since; the next look names the new one.
    if (isGone(error)) return { kind: "unknown", reason: "GitHub's test merge is gone" };
    throw error;
  }
}

async function findMergeBase({ call }: Caller, pull: Pull, signal: AbortSignal): Promise<string> {
  const { merge_base_commit } = await call(
    `compare ${nameOf(pull)} with its base branch`,
    (octokit, parameters) =>
      octokit.rest.repos.compareCommitsWithBasehead({
        ...parameters,
        ...baseOf(pull),
        basehead: `${pull.base.sha}...${pull.head.sha}`,
        // The merge base is all that is wanted; a page of one commit keeps the list of files off as well.
        per_page: 1,
        page: 2,
      }),
    signal,
  );
  return merge_base_commit.sha;
}

function factsOf(pull: Pull, comparison: PullRequestComparison): PullRequestFacts {
  return {
    // GitHub's own names: what we asked with may be older than a rename.
    owner: pull.base.repo.owner.login,
    name: pull.base.repo.name,
    number: pull.number,
    repositoryId: pull.base.repo.id,
    state: stateOf(pull),
    draft: pull.draft ?? false,
    headSha: pull.head.sha,
    headRepository: pull.head.repo?.full_name ?? null,
    baseRef: pull.base.ref,
    headRef: pull.head.ref,
    // Accounts that are deleted leave their pull requests to `ghost`.
    author: { login: pull.user?.login ?? "ghost", isBot: pull.user?.type === "Bot" },
    labels: pull.labels.flatMap(({ name }) => name ?? []).sort(),
    comparison,
  };
}

function stateOf({ state }: Pull): "open" | "closed" {
  return state === "open" ? "open" : "closed";
}

function baseOf({ base }: Pull) {
  return { owner: base.repo.owner.login, repo: base.repo.name };
}

function nameOf({ base, number }: Pull): string {
  return `${base.repo.full_name}#${number}`;
}

function isGone(error: unknown): boolean {
  return error instanceof EnvironmentError && error.code === "github-gone";
}
