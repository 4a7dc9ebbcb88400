/**
 * The adapter against the fake GitHub, which holds every request to GitHub's own description: each method of the
 * ports once as it should go, and once with the answer lost where that could make a double.
 */
import { expect, it } from "vitest";
import { REPORT_MARKER, withMarker } from "../../src/domain/marker.ts";
import { createGitHubApp } from "../../src/github/github.ts";
import type { GitHubPort } from "../../src/workflow/app-ports.ts";
import { commitFiles, gitIn, repositoryOf } from "../git/repositories.ts";
import { git } from "../harness/github/git-repositories.ts";
import { githubForTest } from "../harness/github/github.ts";
import type { Pull } from "../harness/github/world.ts";

const SIGNAL = new AbortController().signal;
const KERNELS = { owner: "kernel-org", name: "kernels" };
/** Short, but with every wait that the real one has. */
const PACE = {
  timeoutMs: 2_000,
  retryBaseMs: 1,
  againMs: [1, 1, 1],
  mergeMs: [1, 1, 1, 1, 1],
  limitedMs: [1, 1, 1],
  longestWaitMs: 5_000,
  throttle: false,
};

async function scene() {
  const local = repositoryOf({ "default.nix": "{ }\n", ".github/modprobot.yml": "kernels: [linux]\n" });
  gitIn(local, "checkout", "--quiet", "-b", "change");
  commitFiles(local, { "default.nix": "{ linux = 1; }\n" });
  const github = await githubForTest();
  const repository = await github.createRepository({ from: local, name: "kernels", branches: ["main"] });
  const installation = await github.installApp();
  const app = createGitHubApp({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    apiUrl: github.url,
    log: { info() {}, warn() {} },
    pace: PACE,
  });
  const pull = await github.openPullRequest({ repository, from: { directory: local, branch: "change" } });
  const port = app.installation(installation);
  return {
    github,
    app,
    port,
    installation,
    repository,
    local,
    pull,
    ref: { ...KERNELS, number: pull.number },
  };
}

it("reads a pull request, its merge and where it is based", async () => {
  const { github, port, repository, local, pull, ref } = await scene();
  github.mergesLate(pull, 2);

  const facts = await port.pullRequest(ref, SIGNAL);
  expect(facts).toMatchObject({
    repositoryId: repository.id,
    headSha: pull.headSha,
    author: { login: "wim-write", isBot: false },
    comparison: { kind: "merge", base: pull.baseSha },
  });
  expect(await port.head(ref, SIGNAL)).toMatchObject({ headSha: pull.headSha, state: "open", draft: false });
  expect(await port.openPullRequests(KERNELS, SIGNAL)).toMatchObject([{ number: pull.number }]);
  expect(await port.readFile(KERNELS, "main", ".github/modprobot.yml", SIGNAL)).toBe("kernels: [linux]\n");
  expect(await port.readFile(KERNELS, "main", "missing", SIGNAL)).toBe(undefined);

  await github.moveBase(repository, { "default.nix": "{ linux = 9; }\n" });
  const conflict = await port.pullRequest(ref, SIGNAL);
  expect(conflict.comparison).toEqual({ kind: "conflict", mergeBase: pull.baseSha });
  const { url, token } = await port.gitCredential(KERNELS, SIGNAL);
  const withToken = url.replace("//", `//x-access-token:${token}@`);
  await git(local, ["fetch", "--quiet", withToken, pull.headSha]);
});

it("follows a repository to its new name, and a pull request whose fork is gone", async () => {
  const { github, port, repository, local, pull, ref } = await scene();
  const forked = await github.openPullRequest({
    repository,
    from: { directory: local, branch: "change" },
    author: "fay-forker",
    fork: true,
  });
  await github.deleteFork(forked);
  await github.renameRepository(repository, "linux");

  expect((await port.pullRequest(ref, SIGNAL)).headSha).toBe(pull.headSha);
  const gone = await port.pullRequest({ ...ref, number: forked.number }, SIGNAL);
  expect(gone).toMatchObject({ headRepository: null, headSha: forked.headSha });
});

it("says what people may do", async () => {
  const { github, port, repository } = await scene();
  await github.setPermission(repository, "rob-read", "write", "kernel reviewer");
  const ask = (login: string) => port.permission(KERNELS, login, SIGNAL);

  expect(await ask("ann-admin")).toBe("admin");
  expect(await ask("max-maintain")).toBe("maintain");
  expect(await ask("tim-triage")).toBe("triage");
  expect(await ask("rob-read")).toBe("write");
  expect(await ask("nobody")).toBe("none");
  github.next("repos/get-collaborator-permission-level", { kind: "status", status: 403 });
  expect(await ask("ann-admin")).toBe("none");
});

/** What is lost of the first answer; the work of it is done. */
const LOST = ["none", "502-after-success", "cut-after-success"] as const;

it.each(LOST)("keeps one comment, answer lost: %s", async (kind) => {
  const { github, port, ref, pull } = await scene();
  await github.comment(pull, "eve-stranger", withMarker("mine", REPORT_MARKER));
  if (kind !== "none") github.next("issues/create-comment", { kind });

  const { id } = await port.upsertComment(ref, null, "counting", SIGNAL);
  expect(await port.upsertComment(ref, null, "43 rebuilds", SIGNAL)).toEqual({ id });
  await port.upsertComment(ref, id, "done", SIGNAL);

  const bodies = (await github.comments(pull)).map(({ body }) => body);
  expect(bodies).toEqual([withMarker("mine", REPORT_MARKER), withMarker("done", REPORT_MARKER)]);
});

it.each(LOST)("replies and reacts once, answer lost: %s", async (kind) => {
  const { github, port, ref, pull } = await scene();
  const asked = await github.comment(pull, "wim-write", "/modprobot status");
  if (kind !== "none") {
    github.next("issues/create-comment", { kind });
    github.next("reactions/create-for-issue-comment", { kind });
  }

  for (let count = 0; count < 2; count += 1) {
    await port.reply(ref, `status-${asked}`, "nothing is running", SIGNAL);
    await port.react(KERNELS, asked, "eyes", SIGNAL);
  }

  expect((await github.comments(pull)).filter(({ login }) => login === "modprobot[bot]")).toHaveLength(1);
  expect(github.reactions(asked)).toEqual(["eyes"]);
});

it.each(LOST)("keeps one check run with all annotations, answer lost: %s", async (kind) => {
  const { github, port, ref, pull } = await scene();
  if (kind !== "none") github.next("checks/create", { kind });
  const queued = { headSha: pull.headSha, externalId: "check-1", title: "queued", summary: "…" } as const;
  const annotations = Array.from({ length: 120 }, (_, line) => ({
    path: "default.nix",
    line: line + 1,
    level: "warning" as const,
    title: "breaks a consumer",
    message: "names /lib/modules",
  }));

  const { id } = await port.upsertCheckRun(ref, null, { ...queued, status: "queued" }, SIGNAL);
  expect(await port.upsertCheckRun(ref, null, { ...queued, status: "in_progress" }, SIGNAL)).toEqual({ id });
  await port.upsertCheckRun(
    ref,
    id,
    {
      ...queued,
      status: "completed",
      conclusion: "failure",
      title: "9 consumers break",
      annotations,
      actions: [{ label: "Re-run", description: "Checks again", identifier: "rerun" }],
    },
    SIGNAL,
  );

  const run = await github.completedCheckRun(pull);
  expect(run).toMatchObject({ conclusion: "failure", title: "9 consumers break", actions: ["rerun"] });
  expect(new Set(run.annotations.map((one) => one.start_line)).size).toBe(120);
  expect(run.annotations).toHaveLength(120);
  expect(await github.checkRuns(pull.headSha)).toHaveLength(1);
});

it.each(LOST)("sets our labels and leaves others', answer lost: %s", async (kind) => {
  const { github, port, ref, pull } = await scene();
  await github.addLabel(pull, "6.topic: kernel");
  if (kind !== "none") github.next("issues/create-label", { kind });
  if (kind !== "none") github.next("issues/add-labels", { kind });
  const isOurs = (label: string) => label.startsWith("modprobot: ");

  await port.setLabels(ref, ["modprobot: boot-fails", "modprobot: not-checked"], isOurs, SIGNAL);
  await port.setLabels(ref, ["modprobot: boot-fails"], isOurs, SIGNAL);

  expect(await github.labels(pull)).toEqual(["6.topic: kernel", "modprobot: boot-fails"]);
});

it("finds installations, repositories and the deliveries that failed", async () => {
  const { github, app, installation, repository } = await scene();
  const since = new Date(Date.now() - 60_000);
  const failed = await app.failedDeliveries(since, SIGNAL);

  expect(await app.installations(SIGNAL)).toEqual([{ id: installation, suspended: false }]);
  expect(await app.repositories(installation, SIGNAL)).toEqual([{ id: repository.id, ...KERNELS }]);
  // Nobody listens in this scene, so every delivery so far has failed.
  expect(failed.map(({ guid }) => guid).sort()).toEqual(
    github
      .deliveries()
      .map(({ guid }) => guid)
      .sort(),
  );
  await app.redeliver(failed[0]?.id ?? 0, SIGNAL);
  await github.settled();
  expect(github.deliveries().at(-1)).toMatchObject({ guid: failed[0]?.guid, redelivery: true });
});

/** What is asked, on a pull request that has one comment and one check run of ours. */
const READS: Readonly<Record<string, (port: GitHubPort, pull: Pull, ids: Ids) => Promise<unknown>>> = {
  "pulls/get": (port, { number }) => port.head({ ...KERNELS, number }, SIGNAL),
  "pulls/list": (port) => port.openPullRequests(KERNELS, SIGNAL),
  "issues/update-comment": (port, { number }, { comment }) =>
    port.upsertComment({ ...KERNELS, number }, comment, "again", SIGNAL),
  "checks/update": (port, { number, headSha }, { run }) =>
    port.upsertCheckRun(
      { ...KERNELS, number },
      run,
      { headSha, externalId: "1", status: "completed", conclusion: "success", title: "t", summary: "s" },
      SIGNAL,
    ),
};
interface Ids {
  readonly comment: number;
  readonly run: number;
}

it("gets over what passes, at each kind of call", async () => {
  const { github, port, ref, pull } = await scene();
  const { id: comment } = await port.upsertComment(ref, null, "first", SIGNAL);
  const queued = {
    headSha: pull.headSha,
    externalId: "1",
    status: "queued",
    title: "t",
    summary: "s",
  } as const;
  const { id: run } = await port.upsertCheckRun(ref, null, queued, SIGNAL);

  for (const [operation, call] of Object.entries(READS)) {
    github.next(operation, { kind: "status", status: 500 });
    github.next(operation, { kind: "status", status: 502 });
    await call(port, pull, { comment, run });
    github.next(operation, { kind: "secondary-limit", retryAfterSeconds: 1 });
    await call(port, pull, { comment, run });
    github.next(operation, { kind: "silent" });
    await call(port, pull, { comment, run });
    github.next(operation, { kind: "slow", milliseconds: 200 });
    await call(port, pull, { comment, run });
    github.expireTokens();
    await call(port, pull, { comment, run });
  }

  expect(await github.comments(pull)).toHaveLength(1);
  expect(await github.checkRuns(pull.headSha)).toHaveLength(1);
});

it("asks for no more than it needs", async () => {
  const { github, port, ref } = await scene();
  await port.pullRequest(ref, SIGNAL);

  expect(
    github
      .permissionsUsed()
      .map(({ anyOf, level }) => `${anyOf.join("|")}: ${level}`)
      .sort(),
  ).toEqual(["contents: read", "pull_requests: read"]);
});
