/**
 * The App in memory: a GitHub, a store with its queue, workers that can be killed at any call they make.
 *
 * A killed worker does nothing any more: every later call of its ports fails, as that of a process that is not there.
 */
import { randomUUID } from "node:crypto";
import { EnvironmentError } from "../../../src/errors.ts";
import type { AppLog, AppWorld } from "../../../src/workflow/app/app-world.ts";
import { createHandlers } from "../../../src/workflow/app/handlers.ts";
import type { Delivery } from "../../../src/workflow/app-ports.ts";
import type { PullRequestEvents } from "../../../src/workflow/pull-request-events.ts";
import { createFakeGitHub, INSTALLATION, REPOSITORY } from "./fake-github.ts";
import { createFakeStore, type Job } from "./fake-store.ts";
import { createFakeRepository, createFakeWorkplace } from "./fake-workplace.ts";

export class Killed extends Error {}

type Line = Readonly<Record<string, unknown>>;

function recordingLog(lines: Line[], bound: Line = {}): AppLog {
  const say = (data: object, message: string) => void lines.push({ ...bound, ...data, message });
  return { info: say, warn: say, error: say, child: (data) => recordingLog(lines, { ...bound, ...data }) };
}

const MOST_TRIES = 6;

/** Counts calls over all ports of one worker, and lets one of them go wrong. */
interface Fate {
  calls: number;
  killAt: number;
  /** `killed`: neither this call nor any later one happens. `answer-lost`: GitHub does it, and answers with an error. */
  how: "killed" | "answer-lost";
  /** Called with the name of each call. */
  onCall?: (name: string) => Promise<void> | void;
}

function mortal<T extends object>(port: T, name: string, fate: Fate): T {
  return new Proxy(port, {
    get(target, key) {
      const method: unknown = Reflect.get(target, key);
      if (typeof method !== "function" || typeof key !== "string") return method;
      return async (...given: unknown[]) => {
        fate.calls += 1;
        const call = fate.calls;
        if (call >= fate.killAt && fate.how === "killed") throw new Killed();
        await fate.onCall?.(`${name}.${key}`);
        const value: unknown = await Reflect.apply(method, target, given);
        if (call === fate.killAt && name !== "store")
          throw new EnvironmentError("github-unavailable", "GitHub answered 502", "Wait.", {
            retryable: true,
          });
        return value;
      };
    },
  });
}

export function createStory() {
  let time = new Date("2026-01-01T12:00:00Z").getTime();
  const now = () => new Date(time);
  const github = createFakeGitHub();
  const fake = createFakeStore(now);
  const repository = createFakeRepository();
  const logged: Line[] = [];
  const events = new Map<string, (events: PullRequestEvents) => Promise<void>>();

  const worldFor = (fate: Fate, worker: string): AppWorld => {
    const port = mortal(github.port, "github", fate);
    return {
      github: { ...mortal(github.app, "app", fate), installation: () => port },
      store: mortal(fake.store, "store", fate),
      receive: async (delivery, heard) => events.get(delivery.guid)?.(heard),
      openWorkplace: async () => ({ ...createFakeWorkplace(repository), async [Symbol.asyncDispose]() {} }),
      logs: { list: async (id) => [{ name: "boot", path: `/logs/${id}/boot.log.gz`, bytes: 1 }] },
      worker,
      buildSystem: "x86_64-linux",
      heldBack: async () => story.heldBack,
      pageOf: (id) => `https://modprobot.example/checks/${id}`,
      falseAlarmUrl: null,
      clock: () => performance.now(),
      now,
      log: recordingLog(logged),
    };
  };
  const eternal = (): Fate => ({ calls: 0, killAt: Number.POSITIVE_INFINITY, how: "killed" });
  const startWorker = (fate: Fate = eternal(), worker = "w1") => createHandlers(worldFor(fate, worker));

  /** One job, as the queue runs it. @returns whether it has to come again */
  const runJob = async (
    job: Job,
    handlers: ReturnType<typeof createHandlers>,
    signal: AbortSignal,
    tries: number,
  ) => {
    try {
      await handlers[job.kind](job.id, signal);
      return false;
    } catch (error) {
      if (error instanceof Killed) throw error;
      if (error instanceof EnvironmentError && error.retryable && tries < MOST_TRIES) return true;
      await handlers.gaveUp(job.kind, job.id, error instanceof Error ? error.message : String(error), signal);
      return false;
    }
  };

  const story = {
    /** Why no check is begun. */
    heldBack: null as string | null,
    github,
    store: fake.store,
    rows: fake.rows,
    jobs: fake.jobs,
    deliveries: fake.deliveries,
    /** Systems with a worker that is alive. */
    served: fake.served,
    repository,
    /** All of all workers. */
    logged,
    eternal,
    startWorker,
    pass(milliseconds: number) {
      time += milliseconds;
    },
    now,
    /** Something happens on GitHub; the delivery waits until `work`. */
    async hears(tell: (events: PullRequestEvents) => Promise<void>, guid = randomUUID()) {
      events.set(guid, tell);
      const delivery: Delivery = { guid, event: "pull_request", bodySha256: guid, payload: {} };
      await fake.store.acceptDelivery(delivery);
      return guid;
    },
    hint: (number = 1) => ({
      owner: REPOSITORY.owner,
      name: REPOSITORY.name,
      repositoryId: REPOSITORY.id,
      installationId: INSTALLATION,
      number,
    }),
    looks: (number = 1) => story.hears((events) => events.lookAt(story.hint(number))),
    comments: (login: string, body: string, commentId = Math.floor(Math.random() * 1e9)) => {
      const comment = { ...story.hint(), commentId, body, login, isBot: false, createdAt: new Date(time) };
      return story.hears((events) => events.commented(comment)).then(() => commentId);
    },
    presses: (button: "rerun" | "vm" | "cancel", login: string, externalId: string | null) => {
      const { number: _, ...place } = story.hint();
      const { headSha } = github.pullRequest(1);
      return story.hears((events) =>
        events.buttonPressed({ ...place, button, login, headSha, externalId, numbers: [] }),
      );
    },
    /**
     * All jobs, one after the other, until none is left. A worker that is killed is replaced, and its job comes again after all
     * others; or is lost, as far as checks go.
     * @returns whether the worker met its fate
     */
    async work(fate: Fate = eternal(), killedJobs: "come again" | "are lost" = "come again") {
      let handlers = startWorker(fate);
      const tries = new Map<string, number>();
      for (let job = fake.jobs.shift(); job !== undefined; job = fake.jobs.shift()) {
        const tried = (tries.get(job.id) ?? 0) + 1;
        tries.set(job.id, tried);
        try {
          if (await runJob(job, handlers, new AbortController().signal, tried)) fake.enqueue(job);
        } catch (error) {
          if (!(error instanceof Killed)) throw error;
          handlers = startWorker();
          if (killedJobs === "come again" || job.kind === "delivery") fake.enqueue(job);
        }
      }
      return fate.calls >= fate.killAt;
    },
    async reconcile() {
      await startWorker().reconcile(new AbortController().signal);
    },
    latest() {
      const row = fake.rows.at(-1);
      if (row === undefined) throw new Error("no check was asked for");
      return row;
    },
    comment() {
      return github.comments[0]?.body ?? "";
    },
    owing: () => fake.rows.filter(({ told }) => !told),
  };
  return story;
}

export type Story = ReturnType<typeof createStory>;
