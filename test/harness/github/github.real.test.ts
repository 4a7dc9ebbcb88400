/**
 * The fake GitHub, used with plain Octokit and plain git: each thing a story needs can be done, and looks like GitHub.
 * Git that talks to it has to run beside this process, not inside a synchronous call: the server is in it.
 */
import { verify } from "@octokit/webhooks-methods";
import { App, Octokit } from "octokit";
import { expect, it } from "vitest";
import { commitFiles, gitIn, repositoryOf } from "../../git/repositories.ts";
import { personToken } from "./cast.ts";
import { git } from "./git-repositories.ts";
import { type GitHub, type GitHubOptions, githubForTest } from "./github.ts";
import { type Listener, listenerForTest } from "./webhook-listener.ts";
import type { Pull, Repository } from "./world.ts";

interface Scene {
  readonly github: GitHub;
  readonly listener: Listener;
  readonly local: string;
  readonly repository: Repository;
  readonly names: { readonly owner: string; readonly repo: string };
  octokit(): Promise<Octokit>;
  open(options?: Partial<Parameters<GitHub["openPullRequest"]>[0]>): Promise<Pull>;
}

/** A repository `kernel-org/kernels` with the App installed, and a local branch `change`. */
async function scene(options: GitHubOptions & { readonly isPrivate?: boolean } = {}): Promise<Scene> {
  const local = repositoryOf({ "default.nix": "{ }\n", README: "kernels\n" });
  gitIn(local, "checkout", "--quiet", "-b", "change");
  commitFiles(local, { "default.nix": "{ linux = 1; }\n" });
  const listener = await listenerForTest();
  const github = await githubForTest(options);
  github.webhookUrl = listener.url;
  const { isPrivate = false } = options;
  const repository = await github.createRepository({
    from: local,
    name: "kernels",
    branches: ["main"],
    isPrivate,
  });
  const installation = await github.installApp();
  const app = new App({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    Octokit: Octokit.defaults((given: object) => ({
      ...given,
      baseUrl: github.url,
      throttle: { enabled: false },
      retry: { enabled: false },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    })),
  });
  return {
    github,
    listener,
    local,
    repository,
    names: { owner: "kernel-org", repo: "kernels" },
    octokit: () => app.getInstallationOctokit(installation),
    open: (more = {}) =>
      github.openPullRequest({ repository, from: { directory: local, branch: "change" }, ...more }),
  };
}

function events(listener: Listener): string[] {
  return listener.received.map(({ event, payload }) => `${event}.${payload["action"]}`);
}

it("signs what it sends", async () => {
  const { github, listener, open } = await scene();
  await open();

  const [first] = listener.received;
  expect(events(listener)).toEqual(["installation.created", "pull_request.opened"]);
  expect(await verify(github.webhookSecret, first?.text ?? "", first?.signature ?? "")).toBe(true);
  expect(await verify("another", first?.text ?? "", first?.signature ?? "")).toBe(false);
});

it("merges a pull request when asked for it, and anew after a push and when the base moves", async () => {
  const { github, listener, local, repository, names, octokit, open } = await scene();
  const pull = await open();
  const ask = async () =>
    (await (await octokit()).rest.pulls.get({ ...names, pull_number: pull.number })).data;

  github.mergesLate(pull, 1);
  expect((await ask()).mergeable).toBe(null);
  const first = await ask();
  expect(first).toMatchObject({ mergeable: true, head: { sha: pull.headSha } });

  commitFiles(local, { "default.nix": "{ linux = 2; }\n" });
  const pushed = await github.push(pull, { directory: local, branch: "change" });
  const second = await ask();
  expect(second.head.sha).toBe(pushed);
  expect(second.merge_commit_sha).not.toBe(first.merge_commit_sha);
  expect(events(listener).at(-1)).toBe("pull_request.synchronize");

  const base = await github.moveBase(repository, { other: "1\n" });
  const third = await ask();
  await git(local, [
    "fetch",
    "--quiet",
    github.cloneUrl(repository, "rob-read"),
    `refs/pull/${pull.number}/merge`,
  ]);
  expect(gitIn(local, "rev-parse", "FETCH_HEAD", "FETCH_HEAD^1", "FETCH_HEAD^2").split("\n")).toEqual([
    third.merge_commit_sha,
    base,
    pushed,
  ]);
});

it("leaves the merge of before where there is a conflict", async () => {
  const { github, repository, names, octokit, open } = await scene();
  const pull = await open();
  const ask = async () =>
    (await (await octokit()).rest.pulls.get({ ...names, pull_number: pull.number })).data;
  const before = await ask();

  await github.moveBase(repository, { "default.nix": "{ linux = 9; }\n" });

  expect(await ask()).toMatchObject({ mergeable: false, merge_commit_sha: before.merge_commit_sha });
});

it("keeps comments, reactions and who said what through which App", async () => {
  const { github, listener, names, octokit, open } = await scene();
  const pull = await open({ fork: true, author: "fay-forker" });
  const asked = await github.comment(pull, "eve-stranger", "/modprobot check");
  const { rest } = await octokit();

  await rest.reactions.createForIssueComment({ ...names, comment_id: asked, content: "eyes" });
  const made = await rest.issues.createComment({ ...names, issue_number: pull.number, body: "counting" });
  await rest.issues.updateComment({ ...names, comment_id: made.data.id, body: "43 rebuilds" });
  await github.settled();

  expect((await github.nextComment(pull)).body).toBe("43 rebuilds");
  expect(github.reactions(asked)).toEqual(["eyes"]);
  const all = await rest.issues.listComments({ ...names, issue_number: pull.number });
  expect(
    all.data.map(({ user, performed_via_github_app: app }) => [user?.login, user?.type, app?.id]),
  ).toEqual([
    ["eve-stranger", "User", undefined],
    ["modprobot[bot]", "Bot", github.app.id],
  ]);
  expect(events(listener).slice(2)).toEqual([
    "issue_comment.created",
    "issue_comment.created",
    "issue_comment.edited",
  ]);
});

it("keeps check runs with all their annotations, and people press their buttons", async () => {
  const { github, listener, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  const annotations = Array.from({ length: 50 }, (_, line) => ({
    path: "default.nix",
    start_line: line + 1,
    end_line: line + 1,
    annotation_level: "warning" as const,
    message: "breaks a consumer",
  }));
  const output = { title: "43 rebuilds", summary: "…", annotations };

  const made = await rest.checks.create({
    ...names,
    name: "modprobot",
    head_sha: pull.headSha,
    external_id: "1",
  });
  await rest.checks.update({ ...names, check_run_id: made.data.id, output });
  await rest.checks.update({
    ...names,
    check_run_id: made.data.id,
    status: "completed",
    conclusion: "failure",
    output,
    actions: [{ label: "Run VM again", description: "Boots again", identifier: "vm" }],
  });
  await github.settled();

  const run = await github.completedCheckRun(pull);
  expect(run).toMatchObject({
    conclusion: "failure",
    title: "43 rebuilds",
    externalId: "1",
    actions: ["vm"],
  });
  expect(run.annotations).toHaveLength(100);
  const listed = await rest.checks.listForRef({ ...names, ref: pull.headSha, app_id: github.app.id });
  expect(listed.data.check_runs.map(({ id }) => id)).toEqual([run.id]);

  await github.pressButton(pull, "vm");
  await github.rerunCheck(run);
  await github.rerunAll(pull);
  expect(events(listener).slice(2)).toEqual([
    "check_run.created",
    "check_run.completed",
    "check_run.requested_action",
    "check_run.rerequested",
    "check_suite.rerequested",
  ]);
});

it("sets and removes labels", async () => {
  const { github, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  await github.addLabel(pull, "6.topic: kernel");

  await rest.issues.createLabel({
    ...names,
    name: "modprobot: boot-fails",
    color: "ee0000",
    description: "does not boot",
  });
  await rest.issues.addLabels({ ...names, issue_number: pull.number, labels: ["modprobot: boot-fails"] });
  expect(await github.labels(pull)).toEqual(["6.topic: kernel", "modprobot: boot-fails"]);
  await rest.issues.removeLabel({ ...names, issue_number: pull.number, name: "modprobot: boot-fails" });

  expect(await github.labels(pull)).toEqual(["6.topic: kernel"]);
});

it("answers for each person what they may do", async () => {
  const { github, repository, names, octokit } = await scene();
  const { rest } = await octokit();
  const ask = async (username: string) => {
    const { data } = await rest.repos.getCollaboratorPermissionLevel({ ...names, username });
    return [data.permission, data.role_name];
  };

  expect(await ask("max-maintain")).toEqual(["write", "maintain"]);
  expect(await ask("tim-triage")).toEqual(["read", "triage"]);
  expect(await ask("eve-stranger")).toEqual(["read", "read"]);
  await expect(ask("nobody-at-all")).rejects.toMatchObject({ status: 404 });
  await github.setPermission(repository, "eve-stranger", "write", "kernel reviewer");
  expect(await ask("eve-stranger")).toEqual(["write", "kernel reviewer"]);
});

it("redirects from the names of before", async () => {
  const { github, local, repository, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  await github.renameRepository(repository, "linux");

  const { data } = await rest.pulls.get({ ...names, pull_number: pull.number });

  expect(data.base.repo.full_name).toBe("kernel-org/linux");
  const former = `${github.url}/kernel-org/kernels.git`;
  expect(await git(local, ["ls-remote", former, "refs/heads/main"])).toContain("refs/heads/main");
});

it("lets go of a fork and keeps what was pushed", async () => {
  const { github, local, repository, names, octokit, open } = await scene();
  const pull = await open({ fork: true, author: "fay-forker" });
  await github.deleteFork(pull);

  const { data } = await (await octokit()).rest.pulls.get({ ...names, pull_number: pull.number });

  expect(data.head).toMatchObject({ sha: pull.headSha, repo: null });
  await git(local, [
    "fetch",
    "--quiet",
    github.cloneUrl(repository, "rob-read"),
    `refs/pull/${pull.number}/head`,
  ]);
  expect(gitIn(local, "rev-parse", "FETCH_HEAD")).toBe(pull.headSha);
});

it("shows a private repository to nobody but those who may see it", async () => {
  const { github, local, repository, names, octokit } = await scene({ isPrivate: true });
  const bare = `${github.url}/kernel-org/kernels.git`;
  const token = ((await (await octokit()).auth({ type: "installation" })) as { token: string }).token;

  expect(token).toMatch(/^ghs_\d+_[\w.-]{400,}$/);
  await expect(git(local, ["ls-remote", bare])).rejects.toThrow();
  expect(await git(local, ["ls-remote", bare.replace("//", `//x-access-token:${token}@`)])).toContain(
    "refs/heads/main",
  );
  await expect(new Octokit({ baseUrl: github.url }).rest.repos.get(names)).rejects.toMatchObject({
    status: 404,
  });
  expect(await (await octokit()).rest.apps.listReposAccessibleToInstallation()).toMatchObject({
    data: { repositories: [{ id: repository.id, private: true }] },
  });
});

it("refuses what the installation was not granted, and everything once it is suspended", async () => {
  const { github, names, octokit, open } = await scene({
    permissions: { metadata: "read", contents: "read" },
  });
  const pull = await open();
  const { rest } = await octokit();
  const comment = () => rest.issues.createComment({ ...names, issue_number: pull.number, body: "hello" });

  await expect(comment()).rejects.toMatchObject({ status: 403, message: /not accessible by integration/ });
  await github.suspendInstallation();
  await expect(comment()).rejects.toMatchObject({ status: 403, message: /suspended/ });
  await github.unsuspendInstallation();
  github.expireTokens();
  await expect(comment()).rejects.toMatchObject({ status: 401 });
});

it("keeps GitHub's limits", async () => {
  const { github, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  const comment = (body: string) => rest.issues.createComment({ ...names, issue_number: pull.number, body });

  await expect(comment("x".repeat(65_537))).rejects.toMatchObject({ status: 422 });
  await expect(rest.issues.createLabel({ ...names, name: "x".repeat(51) })).rejects.toMatchObject({
    status: 422,
  });
  await comment("x".repeat(65_536));
  expect(await github.comments(pull)).toHaveLength(1);
});

it("makes lost deliveries again when asked, under the same GUID", async () => {
  const { github, listener, open } = await scene();
  const found = github.loseDeliveries();
  await open();
  found();
  const app = new App({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    Octokit: Octokit.defaults({ baseUrl: github.url }),
  });

  const { data } = await app.octokit.rest.apps.listWebhookDeliveries({ per_page: 1 });
  const [lost] = data;
  expect(lost).toMatchObject({ event: "pull_request", status_code: 502, redelivery: false });
  await app.octokit.rest.apps.redeliverWebhookDelivery({ delivery_id: lost?.id ?? 0 });
  await github.delivered(lost?.guid ?? "");

  expect(listener.received.at(-1)).toMatchObject({ event: "pull_request", guid: lost?.guid });
});

it("reads commits, files and refs from git", async () => {
  const { github, repository, names, octokit, open } = await scene();
  const pull = await open();
  const base = await github.moveBase(repository, { other: "1\n" });
  const { rest } = await octokit();

  const between = await rest.repos.compareCommitsWithBasehead({
    ...names,
    basehead: `${base}...${pull.headSha}`,
  });
  expect(between.data).toMatchObject({ status: "diverged", merge_base_commit: { sha: pull.baseSha } });
  const commit = await rest.git.getCommit({ ...names, commit_sha: base });
  expect(commit.data.parents.map(({ sha }) => sha)).toEqual([pull.baseSha]);
  const file = await rest.repos.getContent({ ...names, path: "other", ref: base });
  expect(file.data).toMatchObject({ content: Buffer.from("1\n").toString("base64") });
  const files = await rest.pulls.listFiles({ ...names, pull_number: pull.number });
  expect(files.data.map(({ filename }) => filename)).toEqual(["default.nix"]);
  const ref = await rest.git.getRef({ ...names, ref: "heads/main" });
  expect(ref.data.object.sha).toBe(base);
  const { data } = await rest.repos.listPullRequestsAssociatedWithCommit({
    ...names,
    commit_sha: pull.headSha,
  });
  expect(data.map(({ number }) => number)).toEqual([pull.number]);
});

it("knows people by their tokens", async () => {
  const { github, names, open } = await scene();
  const pull = await open();
  const octokit = new Octokit({ baseUrl: github.url, auth: personToken("wim-write") });

  expect((await octokit.rest.users.getAuthenticated()).data.login).toBe("wim-write");
  await octokit.rest.issues.createComment({ ...names, issue_number: pull.number, body: "mine" });
  await expect(
    new Octokit({ baseUrl: github.url, auth: "ghp_nobody" }).rest.users.getAuthenticated(),
  ).rejects.toMatchObject({ status: 401 });
  expect((await github.comments(pull)).map(({ login }) => login)).toEqual(["wim-write"]);
});

it("goes on where a request is not as described, and fails the test at its end", async () => {
  const { github, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  const wrong = { ...names, issue_number: pull.number, body: "x", colour: "red" };

  await expect(rest.issues.createComment(wrong)).rejects.toMatchObject({ status: 422 });
  await rest.issues.createComment({ ...names, issue_number: pull.number, body: "unread" });
  await rest.checks.create({ ...names, name: "modprobot", head_sha: pull.headSha });
  github.next("pulls/get", { kind: "silent" });

  expect(await github.leftovers()).toEqual([
    "issues/create-comment: request: / must NOT have unevaluated properties (colour)",
    "unused fault: silent for pulls/get",
    "unexpected comment on pull request 1: unread",
    expect.stringContaining(`open check run on ${pull.headSha}: queued`),
  ]);
  await expect(github.finish()).rejects.toThrow(/left over/);
});

it("goes wrong on demand, before or after the work is done", async () => {
  const { github, names, octokit, open } = await scene();
  const pull = await open();
  const { rest } = await octokit();
  const comment = (body: string) => rest.issues.createComment({ ...names, issue_number: pull.number, body });

  github.next("issues/create-comment", { kind: "status", status: 500 });
  github.next("issues/create-comment", { kind: "502-after-success" });
  github.next("issues/create-comment", { kind: "secondary-limit", retryAfterSeconds: 7 });
  github.next("issues/create-comment", { kind: "cut-after-success" });
  await expect(comment("a")).rejects.toMatchObject({ status: 500 });
  await expect(comment("b")).rejects.toMatchObject({ status: 502 });
  await expect(comment("c")).rejects.toMatchObject({
    status: 403,
    response: { headers: { "retry-after": "7" } },
  });
  await expect(comment("d")).rejects.toThrow();

  const all = await github.comments(pull);
  expect(all.map(({ body }) => body)).toEqual(["b", "d"]);
});

it("goes on with drafts, other bases, closing and opening again", async () => {
  const { github, listener, repository, open } = await scene();
  const pull = await open({ draft: true });
  await github.readyForReview(pull);
  await github.convertToDraft(pull);
  const sha = await github.moveBase(repository, { other: "1\n" });
  await github.close(pull);
  await github.reopen(pull);

  expect(sha).toMatch(/^[0-9a-f]{40}$/);
  expect(events(listener).slice(1)).toEqual([
    "pull_request.opened",
    "pull_request.ready_for_review",
    "pull_request.converted_to_draft",
    "pull_request.closed",
    "pull_request.reopened",
  ]);
});
