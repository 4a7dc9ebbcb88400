/** GitHub's limits, kept before it has to ask: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api */
import { expect, it } from "vitest";
import { createGitHubApp } from "../../src/github/github.ts";
import { GITHUB_PACE } from "../../src/github/pace.ts";
import { commitFiles, gitIn, repositoryOf } from "../git/repositories.ts";
import { githubForTest } from "../harness/github/github.ts";

const SIGNAL = new AbortController().signal;

async function scene() {
  const local = repositoryOf({ "default.nix": "{ }\n" });
  gitIn(local, "checkout", "--quiet", "-b", "change");
  commitFiles(local, { "default.nix": "{ linux = 1; }\n" });
  const github = await githubForTest();
  const repository = await github.createRepository({ from: local, name: "kernels", branches: ["main"] });
  const installation = await github.installApp();
  const { id: appId, privateKey } = github.app;
  const log = { info() {}, warn() {} };
  // As in operation: nothing shortened.
  const app = createGitHubApp({ appId, privateKey, apiUrl: github.url, log, pace: GITHUB_PACE });
  const pull = await github.openPullRequest({ repository, from: { directory: local, branch: "change" } });
  const ref = { owner: "kernel-org", name: "kernels", number: pull.number };
  return { github, port: app.installation(installation), pull, ref };
}

const isWrite = ({ method, operation }: { readonly method: string; readonly operation: string }) =>
  method !== "GET" && /^(?:issues|reactions|checks)\//.test(operation);

it("writes one thing after the other, and comments at least a second apart", async () => {
  const { github, port, pull, ref } = await scene();
  const comment = await github.comment(pull, "wim-write", "hello");
  const open: number[] = [];
  const look = () => void open.push(github.requests.filter((one) => isWrite(one) && one.status === 0).length);
  const slow = { kind: "slow", milliseconds: 1_200 } as const;
  for (let count = 0; count < 3; count += 1) {
    github.next("issues/create-comment", slow);
    github.when("issues/create-comment", "arrives", look);
    github.next("reactions/create-for-issue-comment", slow);
    github.when("reactions/create-for-issue-comment", "arrives", look);
  }

  await Promise.all([
    ...["one", "two", "three"].map((key) => port.reply(ref, key, key, SIGNAL)),
    ...(["eyes", "rocket", "confused"] as const).map((reaction) =>
      port.react(ref, comment, reaction, SIGNAL),
    ),
  ]);

  expect(open).toEqual([1, 1, 1, 1, 1, 1]);
  const created = github.requests.filter(({ operation }) => operation === "issues/create-comment");
  const gaps = created.slice(1).map(({ at }, index) => at.getTime() - (created[index]?.at.getTime() ?? 0));
  expect(gaps).toHaveLength(2);
  // Sent three seconds apart, they may wait for another write; what GitHub asks for is a second.
  expect(Math.min(...gaps)).toBeGreaterThan(1_000);
  await github.comments(pull);
});

it("gets a new token where the old one is refused, and that only once", async () => {
  const { github, port, pull, ref } = await scene();
  const tokens = () =>
    github.requests.filter(({ operation }) => operation === "apps/create-installation-access-token").length;
  const { id } = await port.upsertComment(ref, null, "counting", SIGNAL);
  expect(tokens()).toBe(1);

  github.expireTokens();
  await port.upsertComment(ref, id, "done", SIGNAL);
  await port.setLabels(ref, ["modprobot: breaks-consumers"], () => true, SIGNAL);

  expect(tokens()).toBe(2);
  expect((await github.comments(pull)).map(({ body }) => body)).toEqual([expect.stringMatching(/^done/)]);
});
