/**
 * The App in this process beside the fake GitHub: its real server, story and GitHub adapter with short waits; a store in
 * memory; and no Nix, so that a whole check takes as long as its requests.
 */
import { createReceiver } from "../../src/cli/app/receive.ts";
import { EnvironmentError } from "../../src/errors.ts";
import { createGitHubApp } from "../../src/github/github.ts";
import type { Pace } from "../../src/github/pace.ts";
import { createReadiness } from "../../src/web/readiness.ts";
import { startWebServer } from "../../src/web/server.ts";
import type { AppLog } from "../../src/workflow/app/app-world.ts";
import { createHandlers } from "../../src/workflow/app/handlers.ts";
import type { GitHub } from "../harness/github/github.ts";
import { createFakeStore, type Job } from "../workflow/app/fake-store.ts";
import { createFakeRepository, createFakeWorkplace } from "../workflow/app/fake-workplace.ts";

/** Short, but with every wait that the real one has: what GitHub does late is done before we look for it. */
export const SHORT_PACE: Pace = {
  timeoutMs: 1_000,
  retryBaseMs: 1,
  againMs: [400, 1, 1],
  mergeMs: [1, 1, 1, 1, 1],
  limitedMs: [1, 1, 1],
  longestWaitMs: 5_000,
  throttle: false,
};
/** As the queue has thirty, over an hour. */
const MOST_TRIES = 6;

const SILENT: AppLog = { info() {}, warn() {}, error() {}, child: () => SILENT };
const NEVER = new AbortController().signal;

export interface AppInProcess {
  readonly store: ReturnType<typeof createFakeStore>;
  /** Webhooks are accepted here. */
  readonly webhookUrl: string;
  /** Takes jobs until none is left. `onTrouble` is called when one has to come again, and when one is given up. */
  work(onTrouble?: () => void): Promise<void>;
  reconcile(): Promise<void>;
  /** Lets time pass, as far as records are concerned. */
  pass(milliseconds: number): void;
  close(): Promise<void>;
}

export async function appInProcess(
  github: GitHub,
  isBase: (commit: string) => boolean,
): Promise<AppInProcess> {
  const { id: appId, privateKey } = github.app;
  let passed = 0;
  const now = () => new Date(Date.now() + passed);
  const fake = createFakeStore(now);
  const log = { info() {}, warn() {}, error() {} };
  const server = await startWebServer(
    {
      store: fake.store,
      logs: { read: async () => undefined },
      webhookSecrets: [github.webhookSecret],
      readiness: createReadiness([]),
      metrics: { webhook() {} },
      version: "test",
      log,
    },
    { host: "127.0.0.1", port: 0 },
  );
  const repository = {
    ...createFakeRepository(),
    isBase,
    config: "kernels: [linux]\nvmTests: []\nlabels: true\n",
  };
  const handlers = createHandlers({
    github: createGitHubApp({ appId, privateKey, apiUrl: github.url, log, pace: SHORT_PACE }),
    store: fake.store,
    receive: await createReceiver({ appId, privateKey }),
    openWorkplace: async () => ({ ...createFakeWorkplace(repository), async [Symbol.asyncDispose]() {} }),
    logs: { list: async () => [] },
    worker: "w",
    buildSystem: "x86_64-linux",
    heldBack: async () => null,
    pageOf: () => null,
    falseAlarmUrl: null,
    clock: () => performance.now(),
    now,
    log: SILENT,
  });

  /** What cannot be told now comes again later; here, with the next `reconcile`. */
  const giveUp = async ({ kind, id }: Job, error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    await handlers.gaveUp(kind, id, reason, NEVER).catch((failure: unknown) => {
      if (!(failure instanceof EnvironmentError)) throw failure;
    });
  };

  return {
    store: fake,
    webhookUrl: `${server.url}/api/github/webhooks`,
    async work(onTrouble = () => {}) {
      const tries = new Map<string, number>();
      await github.settled();
      for (let job = fake.jobs.shift(); job !== undefined; job = fake.jobs.shift()) {
        const tried = (tries.get(job.id) ?? 0) + 1;
        tries.set(job.id, tried);
        try {
          await handlers[job.kind](job.id, NEVER);
        } catch (error) {
          onTrouble();
          if (error instanceof EnvironmentError && error.retryable && tried < MOST_TRIES) fake.enqueue(job);
          else await giveUp(job, error);
        }
        await github.settled();
      }
    },
    reconcile: () => handlers.reconcile(NEVER),
    pass(milliseconds) {
      passed += milliseconds;
    },
    close: () => server.close(0),
  };
}
