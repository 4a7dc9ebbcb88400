import nock from "nock";
import { afterEach, describe, expect, it, vi } from "vitest";
import { REPORT_MARKER } from "../../src/domain/marker.ts";
import type { Permission } from "../../src/domain/pull-request.ts";
import { InternalError, Interrupted, UserError } from "../../src/errors.ts";
import { gitHubAddress } from "../../src/github/address.ts";
import { failedOf } from "../../src/github/deliveries.ts";
import { createGitHubWithToken } from "../../src/github/github.ts";
import { permissionOf } from "../../src/github/permission.ts";
import type { CheckRunUpdate } from "../../src/workflow/app-ports.ts";
import { fakeGitHub, HEAD, ours } from "./fake-github.ts";

const signal = new AbortController().signal;
const ref = { owner: "o", name: "r", number: 1 };
const SILENT = { info: () => undefined, warn: () => undefined };

afterEach(() => {
  vi.useRealTimers();
  nock.cleanAll();
  nock.restore();
});

describe("facts of a pull request", () => {
  it("compares the test merge with its first parent", async () => {
    const { port } = await fakeGitHub();

    expect(await port.pullRequest(ref, signal)).toEqual({
      owner: "o",
      name: "r",
      number: 1,
      repositoryId: 1,
      state: "open",
      draft: false,
      headSha: HEAD,
      headRepository: "somebody/r",
      baseRef: "main",
      headRef: "topic",
      author: { login: "somebody", isBot: false },
      labels: ["a", "b"],
      comparison: { kind: "merge", merge: "merge", base: "base" },
    });
  });

  it("asks again until GitHub has made the merge", async () => {
    const { port, state, count } = await fakeGitHub();
    let looks = 0;
    Object.defineProperty(state.pull, "mergeable", {
      enumerable: true,
      get() {
        looks += 1;
        return looks > 2 ? true : null;
      },
    });

    expect((await port.pullRequest(ref, signal)).comparison.kind).toBe("merge");
    expect(count(/^GET .*pulls\/1$/)).toBe(3);
  });

  it.each([
    ["of an older head", [{ sha: "base" }, { sha: "older" }]],
    ["with no second parent", [{ sha: "base" }]],
    ["with a third parent", [{ sha: "base" }, { sha: HEAD }, { sha: "x" }]],
  ])("does not take a merge %s", async (_, parents) => {
    const { port, state, count } = await fakeGitHub();
    state.parents = parents;

    const { comparison } = await port.pullRequest(ref, signal);

    expect(comparison.kind).toBe("unknown");
    expect(count(/^GET .*pulls\/1$/)).toBe(4);
  });

  it("falls back to the merge base on conflict", async () => {
    const { port, state } = await fakeGitHub();
    state.pull.mergeable = false;
    state.pull.merge_commit_sha = "stale";

    expect((await port.pullRequest(ref, signal)).comparison).toEqual({
      kind: "conflict",
      mergeBase: "merge-base",
    });
  });

  it("does not wait for the merge of what is closed", async () => {
    const { port, state, count } = await fakeGitHub();
    Object.assign(state.pull, { state: "closed", mergeable: null });

    expect(await port.pullRequest(ref, signal)).toMatchObject({
      state: "closed",
      comparison: { kind: "unknown" },
    });
    expect(count(/pulls\/1$/)).toBe(1);
  });

  it("knows forks and accounts that are gone", async () => {
    const { port, state } = await fakeGitHub();
    state.pull.head.repo = null;
    state.pull.user = null;

    expect(await port.pullRequest(ref, signal)).toMatchObject({
      headRepository: null,
      author: { login: "ghost", isBot: false },
    });
  });

  it("goes by GitHub's names, which may be newer than ours", async () => {
    const { port, state } = await fakeGitHub();
    Object.assign(state.pull.base.repo, {
      name: "renamed",
      owner: { login: "moved" },
      full_name: "moved/renamed",
    });
    state.pull.mergeable = null;
    state.pull.state = "closed";

    expect(await port.pullRequest(ref, signal)).toMatchObject({
      owner: "moved",
      name: "renamed",
      repositoryId: 1,
    });
  });

  it("ends its waiting when told to", async () => {
    const { port, state, count } = await fakeGitHub({ mergeMs: [60_000] });
    state.pull.mergeable = null;
    const controller = new AbortController();

    const reading = expect(port.pullRequest(ref, controller.signal)).rejects.toBeInstanceOf(Interrupted);
    await vi.waitFor(() => expect(count(/\/pulls\/1$/)).toBe(1));
    controller.abort();
    await reading;
  });
});

describe("permission", () => {
  it.each<[string, string | undefined, Permission]>([
    ["admin", "admin", "admin"],
    ["write", "maintain", "maintain"],
    ["write", "write", "write"],
    ["read", "triage", "triage"],
    ["read", "read", "read"],
    ["none", "none", "none"],
    ["write", "release-manager", "write"],
    ["read", "release-manager", "read"],
    ["write", undefined, "write"],
    ["read", "admin", "read"],
    ["none", "write", "none"],
    ["owner", "owner", "none"],
    ["constructor", "constructor", "none"],
  ])("%s with role %s is %s", (permission, role, is) => {
    expect(permissionOf(permission, role)).toBe(is);
  });

  it.each([404, 403] as const)("is none on %s", async (fault) => {
    const { port, fault: fail } = await fakeGitHub();
    fail(/permission$/, fault, Number.POSITIVE_INFINITY);

    expect(await port.permission(ref, "somebody", signal)).toBe("none");
  });

  it.each([500, "silent", "slow", "garbage", "cut"] as const)("is not known on %s", async (fault) => {
    const { port, fault: fail } = await fakeGitHub();
    fail(/permission$/, fault, Number.POSITIVE_INFINITY);

    await expect(port.permission(ref, "somebody", signal)).rejects.toMatchObject({ retryable: true });
  });
});

describe("the one comment", () => {
  it("is found behind a hundred others, and not taken from somebody who pasted the marker", async () => {
    const { port, state } = await fakeGitHub();
    const pasted = { ...ours(1), user: { login: "somebody", type: "User" }, performed_via_github_app: null };
    const otherApp = {
      ...ours(2),
      user: { login: "other[bot]", type: "Bot" },
      performed_via_github_app: { id: 99 },
    };
    const named = {
      ...ours(3),
      user: { login: "modprobot[bot]", type: "User" },
      performed_via_github_app: null,
    };
    const chatter = Array.from({ length: 230 }, (_, n) => ({ ...pasted, id: 10 + n, body: "hello" }));
    state.comments.push(pasted, otherApp, named, ...chatter, ours(900));

    expect(await port.upsertComment(ref, null, "new", signal)).toEqual({ id: 900 });
    expect(state.comments).toHaveLength(234);
    expect(state.comments.at(-1)?.body).toBe(`new\n\n${REPORT_MARKER}\n`);
  });

  it("is ours by name where GitHub does not say which App wrote it", async () => {
    const { port, state } = await fakeGitHub();
    const { performed_via_github_app: _, ...plain } = ours(5);
    state.comments.push(plain);

    expect(await port.upsertComment(ref, null, "new", signal)).toEqual({ id: 5 });
  });

  it("is the oldest of several, and the others go", async () => {
    const { port, state } = await fakeGitHub();
    state.comments.push(ours(3), ours(4), ours(5));

    expect(await port.upsertComment(ref, null, "new", signal)).toEqual({ id: 3 });
    expect(state.comments.map(({ id }) => id)).toEqual([3]);
  });

  it("is made again where somebody removed it", async () => {
    const { port, state } = await fakeGitHub();

    const { id } = await port.upsertComment(ref, 3, "new", signal);

    expect(state.comments.map((comment) => comment.id)).toEqual([id]);
  });

  it("costs one request where it is known", async () => {
    const { port, state } = await fakeGitHub();
    state.comments.push(ours(3));
    await port.head(ref, signal);
    const before = state.requests.length;

    await port.upsertComment(ref, 3, "new", signal);

    expect(state.requests.length - before).toBe(1);
  });

  it("is not a reply, nor the other way round", async () => {
    const { port, state } = await fakeGitHub();
    await port.reply(ref, "a", "one", signal);
    await port.reply(ref, "b", "two", signal);
    await port.reply(ref, "a", "one", signal);
    await port.upsertComment(ref, null, "report", signal);

    expect(state.comments.map(({ body }) => body.split("\n")[0])).toEqual(["one", "two", "report"]);
  });

  it.each([
    ["60,000 characters", 60_000 - `\n\n${REPORT_MARKER}\n`.length, true],
    ["no more", 60_001 - `\n\n${REPORT_MARKER}\n`.length, false],
  ])("holds %s", async (_, length, fits) => {
    const { port } = await fakeGitHub();
    const write = port.upsertComment(ref, null, "x".repeat(length), signal);

    if (fits) await write;
    else await expect(write).rejects.toBeInstanceOf(InternalError);
  });
});

describe("the check run", () => {
  const update: CheckRunUpdate = {
    headSha: HEAD,
    externalId: "check-1",
    status: "in_progress",
    title: "t",
    summary: "s",
  };

  it("is found by its external id after a crash", async () => {
    const { port, state } = await fakeGitHub();
    const { id } = await port.upsertCheckRun(ref, null, update, signal);

    expect(await port.upsertCheckRun(ref, null, { ...update, title: "u" }, signal)).toEqual({ id });
    expect(state.runs.map(({ output }) => output.title)).toEqual(["u"]);
  });

  it("is another one for another check", async () => {
    const { port, state } = await fakeGitHub();
    await port.upsertCheckRun(ref, null, update, signal);
    await port.upsertCheckRun(ref, null, { ...update, externalId: "check-2" }, signal);

    expect(state.runs.map((run) => run.external_id)).toEqual(["check-1", "check-2"]);
  });

  it("is annotated once, however often it is published", async () => {
    const { port, state, count } = await fakeGitHub();
    const annotations = Array.from({ length: 101 }, (_, n) => ({
      path: `f${n}`,
      line: 1,
      level: "failure" as const,
      title: "t",
      message: "m",
    }));
    const done = { ...update, status: "completed", conclusion: "failure", annotations } as const;

    const { id } = await port.upsertCheckRun(ref, null, done, signal);
    await port.upsertCheckRun(ref, id, done, signal);
    await port.upsertCheckRun(ref, null, done, signal);

    expect(state.runs[0]?.annotations).toHaveLength(101);
    // Three batches, and two updates.
    expect(count(/^PATCH/)).toBe(5);
  });

  it.each<[string, Partial<CheckRunUpdate>]>([
    ["summary", { summary: "x".repeat(65_536) }],
    ["text", { text: "x".repeat(65_536) }],
    ["title", { title: "x".repeat(256) }],
    [
      "list of actions",
      { actions: [1, 2, 3, 4].map((n) => ({ label: `${n}`, description: "", identifier: "" })) },
    ],
    ["action", { actions: [{ label: "x".repeat(21), description: "", identifier: "" }] }],
    ["conclusion", { status: "completed" }],
  ])("is refused by us for its %s before GitHub does it", async (_, wrong) => {
    const { port, state } = await fakeGitHub();

    await expect(port.upsertCheckRun(ref, null, { ...update, ...wrong }, signal)).rejects.toBeInstanceOf(
      InternalError,
    );
    expect(state.runs).toEqual([]);
  });
});

describe("labels", () => {
  it("adds ours with colour and words, takes our stale ones, leaves others'", async () => {
    const { port, state } = await fakeGitHub();
    state.labels.push("bug", "modprobot: boot-fails", "Modprobot: build-fails");

    const wanted = ["modprobot: breaks-consumers", "modprobot: build-fails"];
    await port.setLabels(ref, wanted, (label) => label.toLowerCase().startsWith("modprobot: "), signal);

    expect(state.labels).toEqual(["bug", "Modprobot: build-fails", "modprobot: breaks-consumers"]);
    expect(state.repositoryLabels).toEqual([
      expect.objectContaining({ name: "modprobot: breaks-consumers", color: "d73a4a" }),
    ]);
  });

  it("adds as many as there is room for, the room of stale ones included", async () => {
    const { port, state } = await fakeGitHub();
    const others = Array.from({ length: 98 }, (_, index) => `other ${index}`);
    state.labels.push(...others, "ours: stale", "ours: kept");

    await port.setLabels(
      ref,
      ["ours: kept", "ours: b", "ours: a"],
      (label) => label.startsWith("ours: "),
      signal,
    );

    expect(state.labels.slice(98)).toEqual(["ours: kept", "ours: a"]);
    await port.setLabels(ref, ["ours: a", "ours: b"], (label) => label.startsWith("ours: "), signal);
    expect(state.labels).toHaveLength(100);
  });

  it("asks for nothing where all is well", async () => {
    const { port, state } = await fakeGitHub();
    state.labels.push("a: 1");
    await port.setLabels(ref, ["a: 1"], () => true, signal);

    expect(state.requests.filter(({ method, path }) => method !== "GET" && !path.startsWith("/app"))).toEqual(
      [],
    );
  });
});

describe("for metrics", () => {
  it("each answer is seen once, by what was asked, whose it was, and whether it was asked before", async () => {
    const { port, app, fault, seen } = await fakeGitHub({ timeoutMs: 10_000 });
    fault(/pulls\/1$/, 503, 2);
    fault(/labels\/b$/, "secondary");
    fault(/^POST .*issues\/1\/comments$/, "lost");

    await port.head(ref, signal);
    await port.setLabels(ref, ["b"], () => false, signal);
    await port.reply(ref, "key", "text", signal);
    await app.installations(signal);

    expect(
      seen.map(({ client, operation, status, isRetry }) => [client, operation, status, isRetry]),
    ).toEqual([
      ["installation-7", "apps/create-installation-access-token", 201, false],
      ["installation-7", "pulls/get", 503, false],
      ["installation-7", "pulls/get", 503, true],
      ["installation-7", "pulls/get", 200, true],
      ["installation-7", "issues/list-labels-on-issue", 200, false],
      ["installation-7", "issues/get-label", 403, false],
      ["installation-7", "issues/get-label", 404, true],
      ["installation-7", "issues/create-label", 201, false],
      ["installation-7", "issues/add-labels", 200, false],
      ["installation-7", "issues/list-comments", 200, false],
      ["installation-7", "issues/create-comment", 502, false],
      ["installation-7", "issues/list-comments", 200, false],
      ["app", "apps/list-installations", 200, false],
    ]);
  });
});

describe("tokens", () => {
  it("gets a new one, once, where the one it had was revoked", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { port, state, fault } = await fakeGitHub();
    await port.head(ref, signal);
    vi.setSystemTime(Date.now() + 60_000);
    fault(/pulls\/1$/, 401);

    await port.head(ref, signal);

    expect(state.tokens).toBe(2);
    expect(
      new Set(state.requests.filter(({ path }) => path.endsWith("pulls/1")).map(({ token }) => token)).size,
    ).toBe(2);
  });

  it("gives up where the new one is refused as well, in plain words", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
    const { port, fault } = await fakeGitHub();
    await port.head(ref, signal);
    vi.setSystemTime(Date.now() + 60_000);
    fault(/(?:pulls\/1|access_tokens)$/, 401, Number.POSITIVE_INFINITY);

    await expect(port.head(ref, signal)).rejects.toMatchObject({
      code: "github-refused",
      details: expect.stringContaining("private key"),
    });
  });

  it("for git is new each time, for one repository, and for reading", async () => {
    const { port, state } = await fakeGitHub();

    const first = await port.gitCredential(ref, signal);
    const second = await port.gitCredential(ref, signal);

    expect(first.token).not.toBe(second.token);
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/o\/r\.git$/);
    expect(first.url).not.toContain(first.token);
    expect(state.requests.at(-1)?.body).toEqual({ repositories: ["r"], permissions: { contents: "read" } });
  });
});

describe("refusals name the remedy", () => {
  it("of a missing permission", async () => {
    const { port, fault } = await fakeGitHub();
    fault(/comments$/, 403);

    await expect(port.upsertComment(ref, null, "x", signal)).rejects.toMatchObject({
      code: "github-refused",
      details: expect.stringContaining("app.yml"),
    });
  });

  it("of a rate limit that lasts an hour, by leaving it to the queue", async () => {
    const { port, fault } = await fakeGitHub();
    fault(/pulls\/1$/, "primary");
    const started = performance.now();

    await expect(port.head(ref, signal)).rejects.toMatchObject({
      code: "github-unavailable",
      retryable: true,
    });
    expect(performance.now() - started).toBeLessThan(2_000);
  });
});

describe("deliveries", () => {
  const attempt = (id: number, guid: string, status_code: number, delivered_at = "2025-01-02T00:00:00Z") => ({
    id,
    guid,
    status_code,
    delivered_at,
  });

  it("that never arrived, each once, by the newest attempt", () => {
    const attempts = [
      attempt(9, "a", 502),
      attempt(8, "b", 200),
      attempt(7, "a", 0),
      attempt(6, "b", 500),
      attempt(5, "c", 202),
    ];

    expect(failedOf(attempts)).toEqual([{ id: 9, guid: "a" }]);
  });

  it("are not tried for ever", () => {
    const tries = (count: number) => Array.from({ length: count }, (_, n) => attempt(n, "a", 500));

    expect(failedOf(tries(4))).toHaveLength(1);
    expect(failedOf(tries(5))).toEqual([]);
  });

  it("older than asked for are left out", async () => {
    const { app, state } = await fakeGitHub();
    state.deliveries = [attempt(2, "new", 500), attempt(1, "old", 500, "2025-01-01T00:00:00Z")];

    expect(await app.failedDeliveries(new Date("2025-01-01T12:00:00Z"), signal)).toEqual([
      { id: 2, guid: "new" },
    ]);
  });
});

it("reads a file of a branch, and says where there is none", async () => {
  const { port, fault } = await fakeGitHub();

  expect(await port.readFile(ref, "main", ".github/modprobot.yml", signal)).toBe("kernels: []\n");
  fault(/contents/, 404);
  expect(await port.readFile(ref, "main", ".github/modprobot.yml", signal)).toBeUndefined();
});

describe("where GitHub is", () => {
  it.each([
    [{}, "https://api.github.com", "https://github.com"],
    [{ host: "github.com" }, "https://api.github.com", "https://github.com"],
    [{ host: "ghe.example.org" }, "https://ghe.example.org/api/v3", "https://ghe.example.org"],
    [{ host: "ghe.example.org:8443" }, "https://ghe.example.org:8443/api/v3", "https://ghe.example.org:8443"],
    [{ apiUrl: "http://127.0.0.1:4000/api/" }, "http://127.0.0.1:4000/api", "http://127.0.0.1:4000"],
    [{ apiUrl: "http://localhost:4000" }, "http://localhost:4000", "http://localhost:4000"],
  ])("%j", (place, apiUrl, gitUrl) => {
    expect(gitHubAddress(place)).toEqual({ apiUrl, gitUrl });
  });

  it.each([
    { host: "https://ghe.example.org" },
    { host: "ghe.example.org/api" },
    { host: "user@ghe.example.org" },
    { apiUrl: "http://api.example.org" },
    { apiUrl: "http://127.0.0.1.example.org" },
    { apiUrl: "http://127.0.0.1@example.org" },
    { apiUrl: "file:///etc/passwd" },
    { apiUrl: "nonsense" },
  ])("is not at %j", (place) => {
    expect(() => gitHubAddress(place)).toThrow(UserError);
  });

  it("asks an Enterprise host with a person's token", async () => {
    nock.activate();
    const asked = nock("https://ghe.example.org", { reqheaders: { authorization: "token ghp_x" } })
      .get("/api/v3/repos/o/r/pulls/1")
      .reply(200, { head: { sha: HEAD }, base: { ref: "main" }, state: "open", draft: false });
    const port = createGitHubWithToken({ token: "ghp_x", host: "ghe.example.org", log: SILENT });

    expect(await port.head(ref, signal)).toEqual({
      headSha: HEAD,
      baseRef: "main",
      state: "open",
      draft: false,
    });
    expect(asked.isDone()).toBe(true);
    expect(await port.gitCredential(ref, signal)).toEqual({
      url: "https://ghe.example.org/o/r.git",
      token: "ghp_x",
    });
  });

  it("follows a rename", async () => {
    nock.activate();
    nock("https://api.github.com")
      .get("/repos/o/r/pulls/1")
      .reply(
        301,
        { message: "Moved Permanently" },
        { location: "https://api.github.com/repositories/1/pulls/1" },
      )
      .get("/repositories/1/pulls/1")
      .reply(200, { head: { sha: HEAD }, base: { ref: "main" }, state: "open", draft: false });
    const port = createGitHubWithToken({ token: "ghp_x", log: SILENT });

    expect((await port.head(ref, signal)).headSha).toBe(HEAD);
  });
});
