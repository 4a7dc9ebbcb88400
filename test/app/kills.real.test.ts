/**
 * `kill -9` of server and worker, twenty times on each database: whatever was accepted ends in one comment, one completed
 * check run for each head and the right labels, as if nothing had happened.
 *
 * The moments come from a seed that is printed; MODPROBOT_TEST_SEED plays them again, MODPROBOT_TEST_KILLS makes it more
 * or fewer than twenty.
 */
import { createHash, randomInt } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { openDatabase } from "../../src/store/database.ts";
import { temporaryDirectory } from "../git/repositories.ts";
import { type AppProcess, appForTest, type RunningApp } from "../harness/app.ts";
import { type GitHub, githubForTest } from "../harness/github/github.ts";
import { waitFor } from "../harness/github/waits.ts";
import type { Pull, Repository } from "../harness/github/world.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import { descendants, isAlive, type Process } from "../harness/processes.ts";
import { randomFrom } from "../harness/random.ts";
import { type SmallKernels, smallKernels } from "../harness/small-package-set.ts";
import { describeKill, type Kill, killPlan } from "./kill-plan.ts";

const SEED = Number(process.env["MODPROBOT_TEST_SEED"] ?? randomInt(2 ** 31));
const KILLS = Number(process.env["MODPROBOT_TEST_KILLS"] ?? 20);

/** What the App says on GitHub in the end. */
interface Outcome {
  readonly comments: number;
  readonly runs: readonly string[];
  readonly headline: string;
  readonly labels: readonly string[];
}

class Scene {
  readonly github: GitHub;
  readonly app: RunningApp;
  readonly repository: Repository;
  readonly local: SmallKernels;
  /** Of those that were killed. */
  readonly traces: Process[] = [];
  #branches = 0;

  constructor(parts: Pick<Scene, "github" | "app" | "repository" | "local">) {
    this.github = parts.github;
    this.app = parts.app;
    this.repository = parts.repository;
    this.local = parts.local;
  }

  openPullRequest(): Promise<Pull> {
    this.#branches += 1;
    const branch = this.local.branch(`change-${this.#branches}`);
    const from = { directory: this.local.directory, branch };
    return this.github.openPullRequest({ repository: this.repository, from });
  }

  async ends(pull: Pull, expected: Outcome | undefined, after: string): Promise<void> {
    const isAsExpected = async () => {
      const outcome = await this.outcome(pull);
      return expected === undefined ? outcome.labels.length > 1 : isDeepStrictEqual(outcome, expected);
    };
    let looked = 0;
    await waitFor(
      `pull request ${pull.number} to be done after ${after}`,
      "stage",
      async () => {
        // The fake GitHub has limits, for us as well.
        if (performance.now() - looked < 1_000) return undefined;
        looked = performance.now();
        return (await isAsExpected()) || undefined;
      },
      async () => JSON.stringify(await this.outcome(pull)),
    );
  }

  async outcome(pull: Pull): Promise<Outcome> {
    const runs = await this.github.checkRuns(pull.headSha);
    const comments = (await this.github.comments(pull)).filter(({ login }) => login.endsWith("[bot]"));
    return {
      comments: comments.length,
      runs: runs.map(({ status, conclusion, title }) => `${status} ${conclusion}: ${title}`),
      headline: comments[0]?.body.split("\n")[0] ?? "",
      labels: await this.github.labels(pull),
    };
  }

  /** Waiting or at work. */
  async deliveriesLeft(): Promise<number> {
    const text = await (await fetch(`${this.app.server.metricsUrl}/metrics`)).text();
    const counts = [...text.matchAll(/^modprobot_queue_jobs\{[^}]*queue="delivery"[^}]*\} (\d+)$/gm)];
    expect(counts).not.toEqual([]);
    return counts.reduce((sum, [, count]) => sum + Number(count), 0);
  }

  running(): readonly AppProcess[] {
    return [this.app.server, ...this.app.workers].filter((one) => !one.hasEnded());
  }

  async kill(who: Kill["who"]): Promise<void> {
    const hasWorkers = this.app.workers.length > 0;
    const victims = this.running().filter(
      ({ command }) => !hasWorkers || who === "both" || command === (who === "server" ? "serve" : "worker"),
    );
    await Promise.all(
      victims.map(async (victim) => {
        process.kill(victim.pid, "SIGSTOP");
        this.traces.push(...descendants(victim.pid));
        await victim.kill();
      }),
    );
  }

  /** Whatever is not there; killed again while it starts, it is started again. */
  async startAgain(): Promise<void> {
    for (;;) {
      try {
        if (this.app.server.hasEnded()) await this.app.restart();
        if (this.app.workers.length > 0 && this.app.workers.every((worker) => worker.hasEnded()))
          await this.app.startWorker();
        return;
      } catch (error) {
        if (!String(error).includes("ended at once")) throw error;
      }
    }
  }
}

/** Opens a pull request, kills at the moment, and starts everything again. */
async function meet({ moment, who, again }: Kill, scene: Scene, checkMs: number): Promise<Pull> {
  const { github } = scene;
  let pull: Pull;
  switch (moment.kind) {
    case "time":
      pull = await scene.openPullRequest();
      await pause(moment.fraction * checkMs);
      await scene.kill(who);
      break;
    case "request": {
      const { promise: met, resolve } = Promise.withResolvers<void>();
      github.when(moment.operation, moment.moment, () => scene.kill(who).then(resolve));
      pull = await scene.openPullRequest();
      await met;
      break;
    }
    case "receiving": {
      const before = pullRequestEvents(github);
      const opening = scene.openPullRequest();
      await waitFor(
        "the webhook to be sent",
        "server",
        () => pullRequestEvents(github) > before || undefined,
      );
      await pause(moment.milliseconds);
      await scene.kill(who);
      pull = await opening;
      break;
    }
    case "received":
      pull = await scene.openPullRequest();
      await scene.kill(who);
      break;
    case "redelivery": {
      await scene.kill("server");
      pull = await scene.openPullRequest();
      const { promise: met, resolve } = Promise.withResolvers<void>();
      github.when("apps/redeliver-webhook-delivery", moment.moment, () => scene.kill(who).then(resolve));
      await scene.startAgain();
      await met;
      break;
    }
  }
  await scene.startAgain();
  if (again !== undefined) {
    await pause(again * checkMs);
    await scene.kill(who);
    await scene.startAgain();
  }
  return pull;
}

function pullRequestEvents(github: GitHub): number {
  return github.deliveries().filter(({ event, action }) => event === "pull_request" && action === "opened")
    .length;
}

describe.each(["embedded", "PostgreSQL"] as const)("%s", (kind) => {
  let postgres: Postgres | undefined;
  afterAll(() => postgres?.remove());

  it(`bears ${KILLS} kills (MODPROBOT_TEST_SEED=${SEED})`, async () => {
    const plan = killPlan(KILLS, randomFrom(SEED));
    if (kind === "PostgreSQL") postgres = await startPostgres();
    const place = await postgres?.place();
    const local = smallKernels();
    const github = await githubForTest();
    const TMPDIR = join(temporaryDirectory(), "tmp");
    mkdirSync(TMPDIR);
    const app = await appForTest({
      github,
      env: { TMPDIR },
      ...(place === undefined
        ? { database: "pglite" }
        : { database: place.url, workers: 1, serverArgs: ["--no-worker"] }),
    });
    const repository = await github.createRepository({
      from: local.directory,
      name: "kernels",
      branches: ["main"],
    });
    await github.installApp();
    const scene = new Scene({ github, app, repository, local });

    const first = await scene.openPullRequest();
    const started = performance.now();
    await scene.ends(first, undefined, "nothing");
    const checkMs = performance.now() - started;
    const undisturbed = await scene.outcome(first);
    console.log(`undisturbed: ${Math.round(checkMs)} ms, ${JSON.stringify(undisturbed)}`);
    expect(undisturbed).toMatchObject({
      comments: 1,
      runs: [expect.stringMatching(/^completed failure: /)],
      labels: ["10.rebuild-linux: 1-10", "modprobot: breaks-consumers"],
    });

    const pulls: Pull[] = [];
    for (const [index, kill] of plan.entries()) {
      console.log(`${kind}, ${index + 1} of ${KILLS}: ${describeKill(kill)}`);
      const pull = await meet(kill, scene, checkMs);
      pulls.push(pull);
      // A job whose worker died comes again within a minute; on PostgreSQL, others go on meanwhile.
      if (kind === "embedded") await scene.ends(pull, undisturbed, describeKill(kill));
    }
    // One after the other: those that wait behind others had kills that were meant for these.
    for (const [index, pull] of pulls.entries())
      await scene.ends(pull, undisturbed, plan[index] === undefined ? "" : describeKill(plan[index]));
    await waitFor(
      "what the killed had started to end",
      "answer",
      () => scene.traces.filter(isAlive).length === 0 || undefined,
      () => JSON.stringify(scene.traces.filter(isAlive)),
    );

    // One more, which nobody disturbs: it takes away what the dead have left.
    const last = await scene.openPullRequest();
    await scene.ends(last, undisturbed, "everything");
    await github.settled();
    // What was tried in vain while GitHub or we were away comes again after some time.
    await waitFor(
      "no delivery to be left",
      "stage",
      async () => (await scene.deliveriesLeft()) === 0 || undefined,
    );
    for (const process of scene.running()) expect(await process.stop()).toBe(0);
    for (const pull of [first, ...pulls, last]) expect(await scene.outcome(pull)).toEqual(undisturbed);
    expect(readdirSync(TMPDIR)).toEqual([]);

    const database = await openDatabase(place ?? { directory: join(app.dataDirectory, "database") });
    const { rows } = await database.access.executeSql("select guid, body_sha256, outcome from deliveries");
    await database[Symbol.asyncDispose]();
    const stored = rows as { guid: string; body_sha256: string; outcome: string }[];
    for (const { guid, statusCode, event, payload } of github.deliveries()) {
      if (statusCode !== 202) continue;
      // Two that say the very same are one.
      const hash = createHash("sha256").update(JSON.stringify(payload)).digest("hex");
      const row = stored.find((one) => one.guid === guid) ?? stored.find((one) => one.body_sha256 === hash);
      expect(row?.outcome ?? "lost", `${event} ${guid}`).toMatch(/^(?:handled|ignored)$/);
    }
  });
});
