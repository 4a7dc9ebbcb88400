/** A worker dies in the midst of a check: nothing of it lives on, and another one goes on from the last finished stage. */
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { StageResult } from "../../src/domain/check-result.ts";
import { openDatabase } from "../../src/store/database.ts";
import { readJson } from "../../src/store/stored-json.ts";
import { temporaryDirectory } from "../git/repositories.ts";
import { appForTest } from "../harness/app.ts";
import { githubForTest } from "../harness/github/github.ts";
import { waitFor } from "../harness/github/waits.ts";
import { startPostgres } from "../harness/postgres.ts";
import { descendants, isAlive } from "../harness/processes.ts";
import { smallKernels } from "../harness/small-package-set.ts";

async function scene(slow: Parameters<ReturnType<typeof smallKernels>["branch"]>[1]) {
  const local = smallKernels();
  const github = await githubForTest();
  const repository = await github.createRepository({
    from: local.directory,
    name: "kernels",
    branches: ["main"],
  });
  await github.installApp();
  const branch = local.branch("change", slow);
  const open = () => github.openPullRequest({ repository, from: { directory: local.directory, branch } });
  return { github, open };
}

it("what a killed server had started ends with it, down to the builder", async () => {
  const { github, open } = await scene({ kernel: 1234 });
  const app = await appForTest({ github, database: "pglite" });
  const pull = await open();
  const isBuilder = ({ command }: { readonly command: string }) => /^sleep 1234\b/.test(command);
  const builder = () => descendants(app.server.pid).some(isBuilder) || undefined;
  await waitFor("the kernel to be built", "stage", builder, () => app.logs());

  process.kill(app.server.pid, "SIGSTOP");
  const started = descendants(app.server.pid);
  await app.server.kill();

  await waitFor(
    "all that it had started to end",
    "answer",
    () => started.filter(isAlive).length === 0 || undefined,
    () => JSON.stringify(started.filter(isAlive), null, 1),
  );
  await app.restart();
  await waitFor("the kernel to be built again", "stage", builder, () => app.logs());
  await github.close(pull);
  await github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled", "stage");
  await waitFor("the builder to end", "answer", () => builder() === undefined || undefined);
  for (const { body } of await github.comments(pull)) expect(body).not.toContain("could not be checked");
});

it("another worker goes on from the last finished stage", async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.remove());
  const { github, open } = await scene({ consumer: 10 });
  const place = await postgres.place();
  const app = await appForTest({
    github,
    database: place.url,
    workers: 1,
    serverArgs: ["--no-worker"],
  });
  const database = await openDatabase(place);
  onTestFinished(() => database[Symbol.asyncDispose]());
  const [first] = app.workers;
  const query = async (text: string) => (await database.access.executeSql(text)).rows as Row[];

  const pull = await open();
  const [kept] = await waitFor("the boots to be kept", "stage", async () => {
    const rows = await query("select value from stages where stage = 'vm' and value is not null");
    return rows.length > 0 ? rows : undefined;
  });
  // Another machine: none of the first one's checkouts and evaluations.
  await app.startWorker(join(temporaryDirectory(), "data"));
  await first?.kill();

  const run = await github.completedCheckRun(pull);
  expect(run.conclusion).toBe("failure");
  await github.commentThatSays(pull, /1 consumer breaks/);
  const [check] = await query("select result, worker from checks");
  const stages = (readJson(String(check?.["result"])) as { stages: StageResult[] }).stages;
  const before = (readJson(String(kept?.["value"])) as { results: StageResult[] }).results;
  expect(before.map(({ stage }) => stage)).toEqual(["build", "sizes", "vm"]);
  // With the very seconds they took there. Done again, the builds would have been found in the store at once.
  expect(before[0]?.seconds).toBeGreaterThan(0);
  expect(stages).toEqual(expect.arrayContaining(before));
  expect((await github.checkRuns(pull.headSha)).length).toBe(1);
});

type Row = Readonly<Record<string, unknown>>;
