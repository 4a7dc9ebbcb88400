/** A GitHub in memory, as far as `GitHubPort` goes: creations are remembered, and found again as the real adapter finds them. */
import type { Permission } from "../../../src/domain/pull-request.ts";
import { EnvironmentError } from "../../../src/errors.ts";
import type { CheckRunUpdate, GitHubAppPort, GitHubPort } from "../../../src/workflow/app-ports.ts";

export interface FakePullRequest {
  number: number;
  state: "open" | "closed";
  draft: boolean;
  headSha: string;
  headRef: string;
  /** `owner/name`. */
  headRepository: string | null;
  baseRef: string;
  baseSha: string;
  author: string;
  conflict: boolean;
  mergeKnown: boolean;
}

export interface FakeCheckRun extends CheckRunUpdate {
  id: number;
}

export const REPOSITORY = { id: 7, owner: "octo", name: "pkgs" };
export const INSTALLATION = 11;

export function sha(text: string): string {
  return Buffer.from(text).toString("hex").padEnd(40, "0").slice(0, 40);
}

export function createFakeGitHub() {
  const pullRequests = new Map<number, FakePullRequest>();
  const comments: { id: number; number: number; body: string }[] = [];
  const replies: { number: number; key: string; body: string }[] = [];
  const checkRuns: FakeCheckRun[] = [];
  const labels = new Map<number, Set<string>>();
  const reactions: string[] = [];
  const permissions = new Map<string, Permission>();
  const files = new Map<string, string>();
  const failed: { id: number; guid: string }[] = [];
  const redelivered: number[] = [];
  let gone = false;
  let nextId = 100;
  /** What each comment looked like after each write. */
  const commentHistory: string[] = [];

  const get = (number: number): FakePullRequest => {
    const found = pullRequests.get(number);
    if (found === undefined || gone)
      throw new EnvironmentError("github-gone", `there is no #${number}`, "It was removed.");
    return found;
  };

  const port: GitHubPort = {
    async pullRequest({ number }) {
      const {
        headSha,
        headRef,
        headRepository,
        baseRef,
        baseSha,
        author,
        conflict,
        mergeKnown,
        state,
        draft,
      } = get(number);
      const comparison = !mergeKnown
        ? ({ kind: "unknown", reason: "not computed yet" } as const)
        : conflict
          ? ({ kind: "conflict", mergeBase: baseSha } as const)
          : ({ kind: "merge", merge: sha(`merge ${headSha.slice(0, 10)}`), base: baseSha } as const);
      return {
        owner: REPOSITORY.owner,
        name: REPOSITORY.name,
        number,
        repositoryId: REPOSITORY.id,
        state,
        draft,
        headSha,
        headRepository,
        baseRef,
        headRef,
        author: { login: author, isBot: false },
        labels: [],
        comparison,
      };
    },
    async head({ number }) {
      const { headSha, baseRef, state, draft } = get(number);
      return { headSha, baseRef, state, draft };
    },
    async openPullRequests() {
      return [...pullRequests.values()].filter(({ state }) => state === "open");
    },
    async permission(_repository, login) {
      return permissions.get(login) ?? "none";
    },
    async readFile(_repository, _ref, path) {
      return files.get(path);
    },
    async react(_repository, commentId, reaction) {
      const text = `${commentId} ${reaction}`;
      if (!reactions.includes(text)) reactions.push(text);
    },
    async reply({ number }, key, body) {
      get(number);
      if (!replies.some((reply) => reply.number === number && reply.key === key))
        replies.push({ number, key, body });
    },
    async upsertComment({ number }, knownId, body) {
      get(number);
      const known = comments.find((comment) => comment.id === knownId || comment.number === number);
      commentHistory.push(body);
      if (known !== undefined) {
        known.body = body;
        return { id: known.id };
      }
      const id = nextId++;
      comments.push({ id, number, body });
      return { id };
    },
    async upsertCheckRun({ number }, knownId, update) {
      get(number);
      const known = checkRuns.find((run) => run.id === knownId || run.externalId === update.externalId);
      if (known !== undefined) {
        Object.assign(known, update);
        return { id: known.id };
      }
      const id = nextId++;
      checkRuns.push({ ...update, id });
      return { id };
    },
    async setLabels({ number }, wanted, isOurs) {
      get(number);
      const now = labels.get(number) ?? new Set();
      labels.set(number, new Set([...[...now].filter((label) => !isOurs(label)), ...wanted]));
    },
    async gitCredential() {
      return { url: "https://example.invalid/octo/pkgs.git", token: "t" };
    },
  };

  const app: GitHubAppPort = {
    installation: () => port,
    async installations() {
      return [{ id: INSTALLATION, suspended: false }];
    },
    async repositories() {
      return [REPOSITORY];
    },
    async failedDeliveries() {
      return failed;
    },
    async redeliver(id) {
      redelivered.push(id);
    },
  };

  return {
    app,
    port,
    comments,
    commentHistory,
    replies,
    checkRuns,
    reactions,
    permissions,
    files,
    failed,
    redelivered,
    labels: (number: number) => [...(labels.get(number) ?? [])].sort(),
    vanish() {
      gone = true;
    },
    pullRequest(number: number): FakePullRequest {
      return get(number);
    },
    open(differing: Partial<FakePullRequest> = {}): FakePullRequest {
      const pullRequest: FakePullRequest = {
        number: 1,
        state: "open",
        draft: false,
        headSha: sha("h1"),
        headRef: "topic",
        headRepository: null,
        baseRef: "main",
        baseSha: sha("b1"),
        author: "stranger",
        conflict: false,
        mergeKnown: true,
        ...differing,
      };
      pullRequests.set(pullRequest.number, pullRequest);
      return pullRequest;
    },
  };
}

export type FakeGitHub = ReturnType<typeof createFakeGitHub>;
