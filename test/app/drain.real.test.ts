/** SIGTERM to a server that is at work: not ready at once, nothing new begun, what runs finished or handed back, status 0. */
import { expect, it } from "vitest";
import { type AppOptions, appForTest } from "../harness/app.ts";
import { githubForTest } from "../harness/github/github.ts";
import { waitFor } from "../harness/github/waits.ts";
import { descendants, isAlive } from "../harness/processes.ts";
import { smallKernels } from "../harness/small-package-set.ts";

async function scene(options: Pick<AppOptions, "serverArgs">, seconds: number) {
  const local = smallKernels();
  const github = await githubForTest();
  const app = await appForTest({ github, database: "pglite", ...options });
  const repository = await github.createRepository({
    from: local.directory,
    name: "kernels",
    branches: ["main"],
  });
  await github.installApp();
  const open = (name: string, slow = {}) =>
    github.openPullRequest({
      repository,
      from: { directory: local.directory, branch: local.branch(name, slow) },
    });
  const isBuilder = ({ command }: { readonly command: string }) => command === `sleep ${seconds}`;
  const builds = () => descendants(app.server.pid).some(isBuilder);
  const pull = await open("first", { kernel: seconds });
  await waitFor("the kernel to be built", "stage", () => builds() || undefined);
  const isReady = async () => (await fetch(`${app.server.metricsUrl}/readyz`)).status === 200;
  return { github, app, pull, open, builds, isReady };
}

it("finishes the check that runs, and begins no other", async () => {
  const { github, app, pull, open, isReady } = await scene({ serverArgs: ["--grace", "600"] }, 20.5);
  expect(await isReady()).toBe(true);

  const stopped = app.server.stop();
  await waitFor("the server to be not ready", "server", async () => !(await isReady()) || undefined);
  expect((await github.checkRuns(pull.headSha)).map(({ status }) => status)).toEqual(["in_progress"]);
  const second = await open("second");
  expect(github.deliveries().findLast(({ event }) => event === "pull_request")?.statusCode).toBe(202);
  expect(await stopped).toBe(0);

  expect(await github.checkRuns(pull.headSha)).toMatchObject([{ conclusion: "failure" }]);
  await github.commentThatSays(pull, /1 consumer breaks/);
  expect(await github.checkRuns(second.headSha)).toEqual([]);
  await app.restart();
  expect(await github.completedCheckRun(second)).toMatchObject({ conclusion: "failure" });
  await github.commentThatSays(second, /1 consumer breaks/);
});

it("hands back a check that takes longer, with nothing of it left", async () => {
  const { github, app, pull, builds } = await scene({ serverArgs: ["--grace", "1"] }, 1235);
  const started = descendants(app.server.pid);

  expect(await app.server.stop()).toBe(0);
  expect(started.filter(isAlive)).toEqual([]);

  await app.restart();
  await waitFor("the kernel to be built again", "stage", () => builds() || undefined);
  await github.close(pull);
  await github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled", "stage");
  await github.comments(pull);
});

it("ends at once on a second signal, and loses nothing", async () => {
  const { github, app, pull, builds } = await scene({ serverArgs: ["--grace", "600"] }, 1236);
  const started = descendants(app.server.pid);

  const stopped = app.server.stop();
  await waitFor(
    "the first signal to be heard",
    "server",
    async () => (await app.server.log()).includes("shutting down") || undefined,
  );
  process.kill(app.server.pid, "SIGTERM");
  expect(await stopped).toBe(130);
  await waitFor(
    "all that it had started to end",
    "answer",
    () => started.filter(isAlive).length === 0 || undefined,
  );

  await app.restart();
  await waitFor("the kernel to be built again", "stage", () => builds() || undefined);
  await github.close(pull);
  await github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled", "stage");
  await github.comments(pull);
});
