/**
 * One process of the webhook bench: the real server, store and queue, and checks that compute in processes of their own
 * (`busy-check.ts`) or only wait. Started by `webhooks.ts` with what it is to be as its argument; tells its address and
 * its memory, ends when its parent does.
 */
import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { startCalls } from "../src/calls.ts";
import type { CheckResult } from "../src/domain/check-result.ts";
import { startOwnProcess } from "../src/own-process.ts";
import { openQueue } from "../src/queue/queue.ts";
import { type DatabasePlace, openDatabase } from "../src/store/database.ts";
import { createStore } from "../src/store/store.ts";
import { createReadiness } from "../src/web/readiness.ts";
import { startWebServer } from "../src/web/server.ts";
import type { QueueHandlers } from "../src/workflow/app-ports.ts";
import type { BusyCalls, BusyServer } from "./busy-check.ts";

export interface ProcessPlan {
  readonly place: DatabasePlace;
  readonly secret: string;
  readonly serves: boolean;
  readonly works: boolean;
  /** Checks to put into the queue before anything else. */
  readonly queued: number;
  readonly check: BenchCheck;
}

/** One that computes keeps a core busy the whole time; one that waits, as for a build, needs nothing. */
export type BenchCheck =
  | { readonly kind: "computes"; readonly ms: number; readonly attrs: number }
  | { readonly kind: "waits"; readonly ms: number };

export type ProcessNews =
  | { readonly kind: "ready"; readonly url: string | null }
  | { readonly kind: "used"; readonly bytes: number; readonly cpuMs: number }
  | { readonly kind: "check-done"; readonly count: number };

const SYSTEM = "x86_64-linux";
const plan = JSON.parse(process.argv[2] ?? "{}") as ProcessPlan;
const tell = (news: ProcessNews) => process.send?.(news);
process.on("disconnect", () => process.exit(0));

const database = await openDatabase(plan.place);
const queue = await openQueue({ access: database.access, systems: [SYSTEM], onError: () => undefined });
const store = createStore(database, queue.outbox, { system: SYSTEM });
if (plan.queued > 0) await fillQueue(plan.queued);

let url: string | null = null;
if (plan.serves) {
  const quiet = { info() {}, warn() {}, error() {} };
  const server = await startWebServer(
    {
      store,
      logs: { read: async () => undefined },
      webhookSecrets: [plan.secret],
      readiness: createReadiness([]),
      metrics: { webhook() {} },
      version: "bench",
      log: quiet,
    },
    { host: "127.0.0.1", port: 0 },
  );
  url = server.url;
}
if (plan.works) await queue.work(handlers(), [SYSTEM]);
tell({ kind: "ready", url });
setInterval(() => tell({ kind: "used", bytes: readResident(), cpuMs: readProcessorTime() }), 1000);

/** Each delivery asks for a check of one of a hundred pull requests, as pushes do; each check saves its stages. */
function handlers(): QueueHandlers {
  let count = 0;
  return {
    async delivery(guid) {
      await store.readDelivery(guid);
      await store.requestCheck(checkOf(1 + (count++ % 100), `${guid}`));
      await store.finishDelivery(guid, "handled");
    },
    async check(id) {
      await store.moveCheck(id, "running");
      if (plan.check.kind === "waits") await pause(plan.check.ms);
      else await compute(id, plan.check);
      await store.moveCheck(id, "done");
      tell({ kind: "check-done", count: 1 });
    },
    reconcile: async () => undefined,
  };
}

/** Stores what comes from its process as the App does: attrs once, the result each time it grows. */
async function compute(id: string, { ms, attrs }: Extract<BenchCheck, { kind: "computes" }>): Promise<void> {
  const child = startOwnProcess(new URL("busy-check.ts", import.meta.url), {
    heapMegabytes: 1024,
    died: (how) => new Error(`a check of the bench ended with ${how}`),
  });
  // Of the shape, as far as the store looks at it.
  const keep = (result: object) => store.updateCheck(id, { result: result as CheckResult });
  const server: BusyServer = {
    save: (value) => store.saveStage(id, "evaluate", value),
    heard: (soFar) => void keep(soFar),
  };
  await keep(
    await startCalls<BusyCalls>(child.channel, { ...server }).call("check", { computeMs: ms, attrs }),
  );
  child.kill();
  await child.ended;
}

function checkOf(number: number, head: string) {
  return {
    owner: "octo",
    name: "kernels",
    number,
    installationId: 1,
    repositoryId: 1,
    headSha: Buffer.from(head).toString("hex").padEnd(40, "0").slice(0, 40),
    scope: { kind: "everything" as const },
    requestedBy: null,
    approved: true,
  };
}

/** By one statement: asking for each would take minutes. */
async function fillQueue(checks: number): Promise<void> {
  await database.access.transaction(async (tx) => {
    await tx.executeSql("insert into repositories values (1, 1, 'octo', 'kernels') on conflict do nothing");
    const { rows } = await tx.executeSql(
      `insert into checks (id, repository_id, number, head_sha, scope, system, approved)
       select gen_random_uuid(), 1, 1000 + n, repeat('a', 40), '{"kind":"everything"}', '${SYSTEM}', true
       from generate_series(1, ${checks}) n returning id`,
    );
    for (const { id } of rows as { id: string }[]) await queue.outbox.check(id, SYSTEM, tx);
  });
}

/** Of all threads of this process, the embedded database's among them. */
function readProcessorTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Of this process: checks have their own memory, and give it back when they end. */
function readResident(): number {
  const pages = readFileSync("/proc/self/statm", "utf8").split(" ")[1];
  return Number(pages) * 4096;
}
