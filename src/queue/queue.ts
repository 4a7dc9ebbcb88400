/**
 * The queue: pg-boss in the store's database, so that work is enqueued in the transaction that stores why.
 *
 * pg-boss keeps the jobs, their tries and their time table; taking and holding them is done here, because its own
 * workers neither hear that a job was cancelled nor give one back without failing it. Any number of processes may
 * open the queue; those that only receive never call `work`.
 */
import { PgBoss } from "pg-boss";
import { EnvironmentError, InternalError } from "../errors.ts";
import type { Outbox, QueueHandlers, QueuePort, SqlAccess, SqlExecutor } from "../workflow/app-ports.ts";
import { backToQueue, type HeldJob, holdJob, type JobWork } from "./hold-job.ts";
import { activeJobs, countJobs, indexLiveJobs, liveJobs, lookAtJobs } from "./job-table.ts";
import { type Lane, startLane } from "./lane.ts";
import {
  checkQueue,
  DELIVERIES,
  definitionOf,
  GIVEN_UP,
  isCheckQueue,
  type JobData,
  RECONCILE,
  SUPERVISE_SECONDS,
} from "./queues.ts";

export interface QueueSettings {
  readonly access: SqlAccess;
  /** Systems that checks may be asked for here. */
  readonly systems: readonly string[];
  /** Trouble that ends nothing: a handler's error that will be tried again, a database that was away. For the log. */
  readonly onError: (error: unknown, where: string) => void;
  /** Why no check is to be begun here for now; null: they may. Everything else goes on. */
  readonly holdsChecks?: () => Promise<string | null>;
  /** At once per worker. Default 1. */
  readonly checksAtOnce?: number;
  /** Default 4. */
  readonly deliveriesAtOnce?: number;
  /** How soon a new job is seen. Default 500. */
  readonly pollMs?: number;
  /** How soon a cancelled job's signal fires. Default 2000. */
  readonly heartbeatMs?: number;
}

export interface Queue extends QueuePort, AsyncDisposable {
  /** For the store. */
  readonly outbox: Outbox;
  /** Has a worker look now for what was missed, unless one is about to. `work` does that too. */
  reconcileSoon(): Promise<void>;
}

/** Nobody waits for these, and each look costs a statement. */
const SELDOM = 10;
const EVERY_FIVE_MINUTES = "*/5 * * * *";
/** A handler has this long to end once its signal has fired. */
const AFTER_GRACE_MS = 10_000;

/** @throws EnvironmentError queue-unusable */
export async function openQueue(settings: QueueSettings): Promise<Queue> {
  const { access } = settings;
  const boss = createBoss(access, settings.onError);
  const queues = new Set<string>();
  const lanes: Lane[] = [];
  const held = new Set<HeldJob>();

  async function makeQueue(name: string): Promise<void> {
    if (queues.has(name)) return;
    const { policy, ...options } = definitionOf(name);
    await boss.createQueue(name, { policy, ...options });
    // What was made by an earlier version keeps its policy and gets today's numbers.
    await boss.updateQueue(name, options);
    // pg-boss reads a queue's settings when it first needs them. Within a transaction of an embedded database it would
    // wait for itself.
    await boss.findJobs(name, { id: "00000000-0000-0000-0000-000000000000" });
    queues.add(name);
  }

  async function take(names: readonly string[], workFor: (queue: string) => JobWork) {
    for (const name of names) {
      if (isCheckQueue(name) && ((await settings.holdsChecks?.()) ?? null) !== null) continue;
      const [job] = await boss.fetch<JobData>(name, { includeMetadata: true });
      if (job === undefined) continue;
      const holding = holdJob(boss, access, job, workFor(job.sourceName ?? name));
      held.add(holding);
      return () => holding.run().finally(() => held.delete(holding));
    }
    return undefined;
  }

  function startTaking(
    names: readonly string[],
    concurrency: number,
    workFor: (queue: string) => JobWork,
    patience = 1,
  ) {
    lanes.push(
      startLane({
        concurrency,
        pollMs: (settings.pollMs ?? 500) * patience,
        take: () => take(names, workFor),
        onError: (error) => settings.onError(error, names.join(", ")),
      }),
    );
  }

  async function cancel(queue: string, id: string, db?: SqlExecutor): Promise<void> {
    const live = await liveJobs(db ?? access, queue, id);
    if (live.length > 0) await boss.cancel(queue, [...live], db === undefined ? {} : { db });
  }

  const outbox: Outbox = {
    async deliveries(guids, tx) {
      await boss.insert(
        DELIVERIES,
        guids.map((id) => ({ data: { id } satisfies JobData })),
        { db: tx },
      );
    },
    async check(id, system, tx) {
      const name = checkQueue(system);
      if (!queues.has(name))
        throw new InternalError(`checks for ${system} are asked for and no queue was opened`);
      await boss.send(name, { id } satisfies JobData, { singletonKey: id, db: tx });
    },
    cancelCheck: (id, system, tx) => cancel(checkQueue(system), id, tx),
  };

  async function drain(graceMs: number): Promise<void> {
    const idle = Promise.all(lanes.map((lane) => lane.stop().then(() => lane.idle())));
    await within(idle, graceMs);
    for (const job of held) job.drain();
    await within(idle, AFTER_GRACE_MS);
    await Promise.all([...held].map((job) => job.handBack()));
    lanes.length = 0;
    await boss.stop({ graceful: false });
  }

  async function reconcileSoon(): Promise<void> {
    await boss.send(RECONCILE, { id: "" } satisfies JobData);
  }

  await start(boss);
  await indexLiveJobs(access);
  for (const name of [GIVEN_UP, DELIVERIES, RECONCILE, ...settings.systems.map(checkQueue)])
    await makeQueue(name);
  // Nobody else can be at work on an embedded database, so whoever had these has died.
  if (access.url === null) for (const job of await activeJobs(access)) await backToQueue(boss, access, job);

  return {
    outbox,
    reconcileSoon,

    async work(handlers, systems) {
      for (const name of systems.map(checkQueue)) await makeQueue(name);
      const workFor = (queue: string): JobWork => ({
        ...handlersOf(queue, handlers),
        heartbeatMs: settings.heartbeatMs ?? 2000,
        onError: (error) => settings.onError(error, queue),
      });
      const giveUpFor = (queue: string): JobWork => {
        const { giveUp, ...rest } = workFor(queue);
        return {
          ...rest,
          giveUp,
          handle: (id, signal) => giveUp(id, "its workers died, one after the other", signal),
        };
      };
      startTaking([DELIVERIES], settings.deliveriesAtOnce ?? 4, workFor);
      startTaking(systems.map(checkQueue), settings.checksAtOnce ?? 1, workFor);
      await boss.schedule(RECONCILE, EVERY_FIVE_MINUTES, { id: "" } satisfies JobData);
      await reconcileSoon();
      startTaking([RECONCILE], 1, workFor, SELDOM);
      startTaking([GIVEN_UP], 1, giveUpFor, SELDOM);
    },

    async cancelCheck(id) {
      for (const { name } of await boss.getQueues()) if (isCheckQueue(name)) await cancel(name, id);
    },

    depth: () => countJobs(access),
    jobs: () => lookAtJobs(access),

    drain,
    [Symbol.asyncDispose]: () => drain(0),
  };
}

function handlersOf(queue: string, handlers: QueueHandlers): Pick<JobWork, "handle" | "giveUp"> {
  if (queue === RECONCILE)
    return { handle: (_id, signal) => handlers.reconcile(signal), giveUp: async () => undefined };
  const what = isCheckQueue(queue) ? "check" : "delivery";
  return {
    handle: (id, signal) => handlers[what](id, signal),
    giveUp: async (id, reason, signal) => handlers.gaveUp?.(what, id, reason, signal),
  };
}

function createBoss(access: SqlAccess, onError: QueueSettings["onError"]): PgBoss {
  const embedded = access.url === null;
  const boss = new PgBoss({
    ...(access.url === null
      ? { db: { executeSql: access.executeSql }, backend: "pglite" as const }
      : { connectionString: access.url, max: 4, application_name: "modprobot-queue" }),
    // Embedded, no other process can die; then these rounds only cost.
    superviseIntervalSeconds: embedded ? 60 : SUPERVISE_SECONDS,
    monitorIntervalSeconds: embedded ? 60 : SUPERVISE_SECONDS,
    // Jobs here never depend on one another.
    flowIntervalSeconds: 3600,
  });
  boss.on("error", (error) => onError(error, "queue"));
  boss.on("warning", ({ message }) => onError(new Error(message), "queue"));
  return boss;
}

async function start(boss: PgBoss): Promise<void> {
  try {
    await boss.start();
  } catch (cause) {
    throw new EnvironmentError(
      "queue-unusable",
      `the queue's tables cannot be made or read (${cause instanceof Error ? cause.message : cause})`,
      "The database's user has to own a schema named pgboss, or be allowed to create it.",
      { cause, retryable: true },
    );
  }
}

async function within(work: Promise<unknown>, ms: number): Promise<void> {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, over]);
  clearTimeout(timer);
}
