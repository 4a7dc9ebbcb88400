/**
 * A GitHub that remembers, on a port of this machine, for one request at a time to go wrong. Conversations have a better one, in
 * `test/harness/github`; this one is small enough to see why a test fails.
 */
import { generateKeyPairSync } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { onTestFinished } from "vitest";
import { REPORT_MARKER } from "../../src/domain/marker.ts";
import type { SeenRequest } from "../../src/github/client.ts";
import { createGitHubApp } from "../../src/github/github.ts";
import type { Pace } from "../../src/github/pace.ts";

export const APP_ID = 12;
export const BOT = "modprobot[bot]";
export const HEAD = "a".repeat(40);

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const PACE: Pace = {
  timeoutMs: 100,
  retryBaseMs: 1,
  againMs: [1, 1, 1],
  mergeMs: [1, 1, 1],
  limitedMs: [1, 1, 1],
  longestWaitMs: 1_000,
  throttle: false,
};

export type Fault =
  | 401
  | 403
  | 404
  | 410
  | 422
  | 500
  | 503
  /** Done, and then a bad gateway. */
  | "lost"
  | "secondary"
  | "primary"
  | "slow"
  | "silent"
  | "garbage"
  | "cut";

interface Comment {
  id: number;
  body: string;
  user: { login: string; type: string } | null;
  performed_via_github_app?: { id: number } | null;
}

interface Run {
  id: number;
  head_sha: string;
  external_id: string;
  name: string;
  status: string;
  conclusion: string | null;
  output: { title: string; summary: string; text?: string };
  annotations: { path: string }[];
}

export type Answer = [status: number, body: unknown, headers?: Record<string, string>];

export interface Request {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly token: string;
}

export async function fakeGitHub(pace: Partial<Pace> = {}) {
  const state = {
    comments: [] as Comment[],
    runs: [] as Run[],
    labels: [] as string[],
    repositoryLabels: [] as { name: string; color: string; description: string }[],
    reactions: [] as string[],
    pull: pull(),
    parents: [{ sha: "base" }, { sha: HEAD }] as { sha: string }[],
    permission: { permission: "write", role_name: "write" } as Record<string, string>,
    deliveries: [] as object[],
    redelivered: [] as number[],
    tokens: 0,
    requests: [] as Request[],
  };
  let nextId = 100;
  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const faults: { route: RegExp; left: number; fault: Fault }[] = [];

  const routes: readonly [RegExp, (request: Request, match: RegExpExecArray) => Answer][] = [
    [
      /^POST \/app\/installations\/7\/access_tokens$/,
      () => {
        state.tokens += 1;
        return [201, { token: `ghs_${state.tokens}`, expires_at: "2099-01-01T00:00:00Z", permissions: {} }];
      },
    ],
    [/^GET \/app$/, () => [200, { id: APP_ID, slug: "modprobot" }]],
    [
      /^GET \/app\/installations$/,
      () => [
        200,
        [
          { id: 7, suspended_at: null },
          { id: 8, suspended_at: "2025-01-01T00:00:00Z" },
        ],
      ],
    ],
    [
      /^GET \/installation\/repositories$/,
      () => [
        200,
        {
          total_count: 2,
          repositories: [
            { id: 1, name: "r", owner: { login: "o" }, archived: false },
            { id: 2, name: "old", owner: { login: "o" }, archived: true },
          ],
        },
      ],
    ],
    [/^GET \/app\/hook\/deliveries$/, () => [200, state.deliveries]],
    [
      /^POST \/app\/hook\/deliveries\/(\d+)\/attempts$/,
      (_, [, id]) => {
        state.redelivered.push(Number(id));
        return [202, {}];
      },
    ],
    [/^GET \/repos\/o\/r\/pulls\/1$/, () => [200, state.pull]],
    [/^GET \/repos\/o\/r\/pulls$/, () => [200, [state.pull]]],
    [/^GET \/repos\/o\/r\/git\/commits\/(\w+)$/, () => [200, { sha: "merge", parents: state.parents }]],
    [
      /^GET \/repos\/o\/r\/compare\/.*$/,
      () => [200, { merge_base_commit: { sha: "merge-base" }, commits: [], files: [] }],
    ],
    [/^GET \/repos\/o\/r\/collaborators\/somebody\/permission$/, () => [200, state.permission]],
    [
      /^GET \/repos\/o\/r\/contents\/.*$/,
      () => [
        200,
        { type: "file", encoding: "base64", content: Buffer.from("kernels: []\n").toString("base64") },
      ],
    ],
    [
      /^POST \/repos\/o\/r\/issues\/comments\/5\/reactions$/,
      ({ body }) => {
        const content = String(body["content"]);
        const known = state.reactions.includes(content);
        if (!known) state.reactions.push(content);
        return [known ? 200 : 201, { id: 1, content }];
      },
    ],
    [
      /^GET \/repos\/o\/r\/issues\/1\/comments$/,
      ({ query }) => page(state.comments, query, `${origin()}/repos/o/r/issues/1/comments`),
    ],
    [
      /^POST \/repos\/o\/r\/issues\/1\/comments$/,
      ({ body }) => {
        const comment = ours(nextId++, String(body["body"]));
        state.comments.push(comment);
        return [201, comment];
      },
    ],
    [
      /^PATCH \/repos\/o\/r\/issues\/comments\/(\d+)$/,
      ({ body }, [, id]) => {
        const comment = state.comments.find((one) => one.id === Number(id));
        if (comment === undefined) return [404, { message: "Not Found" }];
        comment.body = String(body["body"]);
        return [200, comment];
      },
    ],
    [
      /^DELETE \/repos\/o\/r\/issues\/comments\/(\d+)$/,
      (_, [, id]) => {
        state.comments = state.comments.filter((one) => one.id !== Number(id));
        return [204, ""];
      },
    ],
    [
      /^GET \/repos\/o\/r\/commits\/a{40}\/check-runs$/,
      () => [200, { total_count: state.runs.length, check_runs: state.runs.map(shown) }],
    ],
    [
      /^POST \/repos\/o\/r\/check-runs$/,
      ({ body }) => {
        const run = { id: nextId++, annotations: [], conclusion: null, ...body } as unknown as Run;
        state.runs.push(run);
        return [201, shown(run)];
      },
    ],
    [
      /^(PATCH|GET) \/repos\/o\/r\/check-runs\/(\d+)$/,
      ({ body }, [, method, id]) => {
        const run = state.runs.find((one) => one.id === Number(id));
        if (run === undefined) return [404, { message: "Not Found" }];
        if (method === "PATCH") {
          const { annotations = [], ...output } = (body["output"] ?? {}) as Run["output"] & {
            annotations?: { path: string }[];
          };
          if (annotations.length > 50) return [422, { message: "too many annotations" }];
          Object.assign(run, body, { output });
          run.annotations.push(...annotations);
        }
        return [200, shown(run)];
      },
    ],
    [/^GET \/repos\/o\/r\/issues\/1\/labels$/, () => [200, state.labels.map((name) => ({ name }))]],
    [
      /^POST \/repos\/o\/r\/issues\/1\/labels$/,
      ({ body }) => {
        state.labels = [...new Set([...state.labels, ...(body["labels"] as string[])])];
        return [200, []];
      },
    ],
    [
      /^DELETE \/repos\/o\/r\/issues\/1\/labels\/(.*)$/,
      (_, [, name = ""]) => {
        const label = decodeURIComponent(name);
        if (!state.labels.includes(label)) return [404, { message: "Label does not exist" }];
        state.labels = state.labels.filter((one) => one !== label);
        return [200, []];
      },
    ],
    [
      /^GET \/repos\/o\/r\/labels\/(.*)$/,
      (_, [, name = ""]) => {
        const label = state.repositoryLabels.find((one) => one.name === decodeURIComponent(name));
        return label === undefined ? [404, { message: "Not Found" }] : [200, label];
      },
    ],
    [
      /^POST \/repos\/o\/r\/labels$/,
      ({ body }) => {
        const label = body as unknown as (typeof state.repositoryLabels)[number];
        if (state.repositoryLabels.some(({ name }) => name === label.name))
          return [422, { message: "Validation Failed", errors: [{ code: "already_exists" }] }];
        state.repositoryLabels.push(label);
        return [201, label];
      },
    ],
  ];

  const answer = (request: Request): Answer => {
    for (const [pattern, handler] of routes) {
      const match = pattern.exec(`${request.method} ${request.path}`);
      if (match !== null) return handler(request, match);
    }
    return [599, { message: `no such route: ${request.method} ${request.path}` }];
  };

  const server = createServer(async (incoming, response) => {
    const url = new URL(incoming.url ?? "/", "http://127.0.0.1");
    const sent = await text(incoming);
    const request: Request = {
      method: incoming.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      body: sent === "" ? {} : (JSON.parse(sent) as Record<string, unknown>),
      token: incoming.headers.authorization ?? "",
    };
    state.requests.push(request);
    const fault = faults.find(
      ({ route, left }) => left > 0 && route.test(`${request.method} ${url.pathname}`),
    );
    if (fault === undefined) return send(response, answer(request));
    fault.left -= 1;
    await misbehave(fault.fault, response, () => answer(request));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });

  const seen: SeenRequest[] = [];
  const app = createGitHubApp({
    onRequest: (request) => void seen.push(request),
    appId: APP_ID,
    privateKey,
    log: { info: () => undefined, warn: () => undefined },
    pace: { ...PACE, ...pace },
    apiUrl: origin(),
  });
  return {
    state,
    app,
    /** As metrics see them. */
    seen,
    port: app.installation(7),
    fault(route: RegExp, fault: Fault, times = 1) {
      faults.push({ route, left: times, fault });
    },
    count: (route: RegExp) =>
      state.requests.filter(({ method, path }) => route.test(`${method} ${path}`)).length,
  };
}

function send(response: ServerResponse, [status, body, headers = {}]: Answer): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(body === "" ? undefined : typeof body === "string" ? body : JSON.stringify(body));
}

async function misbehave(fault: Fault, response: ServerResponse, answer: () => Answer): Promise<void> {
  switch (fault) {
    case "lost":
      answer();
      return send(response, [502, { message: "Bad Gateway" }]);
    case "secondary":
      return send(response, [
        403,
        {
          message:
            "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
        },
        { "retry-after": "0.01" },
      ]);
    case "primary":
      return send(response, [
        403,
        { message: "API rate limit exceeded for installation ID 7." },
        {
          "x-ratelimit-remaining": "0",
          "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3600),
        },
      ]);
    case "slow":
      await new Promise((resolve) => setTimeout(resolve, 400));
      return response.destroyed ? undefined : send(response, answer());
    case "silent":
      response.destroy();
      return;
    case "garbage":
      return send(response, [200, "<html>proxy</html>", { "content-type": "text/html" }]);
    case "cut": {
      // Done, and the answer breaks off.
      const [status, body] = answer();
      const whole = JSON.stringify(body);
      response.writeHead(status === 204 ? 200 : status, {
        "content-type": "application/json",
        "content-length": whole.length + 100,
      });
      response.write(whole.slice(0, whole.length / 2));
      setTimeout(() => response.destroy(), 20);
      return;
    }
    default:
      return send(response, [fault, { message: MESSAGES[fault] ?? "no" }]);
  }
}

const MESSAGES: Readonly<Record<number, string>> = {
  401: "Bad credentials",
  403: "Resource not accessible by integration",
  404: "Not Found",
  410: "Gone",
  422: "Validation Failed",
};

export function ours(id: number, body: string = `text\n\n${REPORT_MARKER}\n`): Comment {
  return { id, body, user: { login: BOT, type: "Bot" }, performed_via_github_app: { id: APP_ID } };
}

function shown(run: Run) {
  return { ...run, output: { ...run.output, annotations_count: run.annotations.length } };
}

function page(all: readonly unknown[], query: URLSearchParams, path: string): Answer {
  const size = Number(query.get("per_page"));
  const number = Number(query.get("page") ?? 1);
  const more = all.length > number * size;
  const next = `<${path}?per_page=${size}&page=${number + 1}>; rel="next"`;
  return [200, all.slice((number - 1) * size, number * size), more ? { link: next } : {}];
}

function pull() {
  return {
    number: 1,
    state: "open",
    draft: false,
    mergeable: true as boolean | null,
    merge_commit_sha: "merge" as string | null,
    user: { login: "somebody", type: "User" } as { login: string; type: string } | null,
    head: { sha: HEAD, ref: "topic", repo: { full_name: "somebody/r" } as { full_name: string } | null },
    base: {
      ref: "main",
      sha: "base",
      repo: { id: 1, name: "r", full_name: "o/r", owner: { login: "o" } },
    },
    labels: [{ name: "b" }, { name: "a" }],
  };
}
