/**
 * The App, joined: database, queue, store, GitHub, the story of a check, and the server, in the order in which each
 * needs the other. Ending goes the other way round: not ready, take no more, finish or hand back, close.
 */
import { mkdir } from "node:fs/promises";
import { availableParallelism, hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { ServeSettings, WorkerSettings } from "../../config/app-settings.ts";
import { defaultDataDirectory } from "../../config/env.ts";
import { isFinal } from "../../domain/check-record.ts";
import { createGitHubApp } from "../../github/github.ts";
import { createLog, type Log } from "../../log.ts";
import { createNix } from "../../nix/adapter.ts";
import { STORE_DIRECTORY } from "../../nix/store-path.ts";
import { openQueue } from "../../queue/queue.ts";
import { checkQueue, DELIVERIES, RECONCILE } from "../../queue/queues.ts";
import { createLogDirectory, type LogDirectory, logsBelow } from "../../store/check-logs.ts";
import { openDatabase } from "../../store/database.ts";
import { createStore } from "../../store/store.ts";
import { createMetrics, type Metrics } from "../../web/metrics.ts";
import { createReadiness } from "../../web/readiness.ts";
import { type ListeningServer, startMetricsServer, startWebServer } from "../../web/server.ts";
import type { AppWorld } from "../../workflow/app/app-world.ts";
import { createHandlers } from "../../workflow/app/handlers.ts";
import type { QueueHandlers, StorePort } from "../../workflow/app-ports.ts";
import { hostSystem } from "../host-system.ts";
import { VERSION } from "../version.ts";
import { startAnnouncing } from "./announce.ts";
import { evaluatorBytes } from "./evaluator-memory.ts";
import { heapFor, openWorkplace } from "./open-workplace.ts";
import { databaseProbe, diskProbe, freeBytes, nixProbe, queueProbe, shortOfDisk } from "./probes.ts";
import { createReceiver } from "./receive.ts";

export interface AppOptions {
  readonly settings: WorkerSettings;
  /** Undefined: no webhooks are received here. */
  readonly web: Pick<ServeSettings, "host" | "port" | "webhookSecrets"> | undefined;
  /** False: somebody else does the work. */
  readonly worksHere: boolean;
  readonly systems: readonly string[];
  readonly checksAtOnce: number;
  /** Wins over the settings. */
  readonly dataDirectory: string | undefined;
  readonly writeLog: (line: string) => void;
}

export interface RunningApp {
  /** Undefined where no webhooks are received. */
  readonly url: string | undefined;
  readonly metricsUrl: string;
  readonly log: Log;
  /** Ends everything; running checks have so long to finish before they are handed back. */
  stop(graceMs: number): Promise<void>;
}

const DEFAULT_METRICS_PORT = 9464;
/** Answers on their way when the server closes. */
const CLOSE_MS = 2_000;

/** @throws UserError, EnvironmentError: what its parts throw, with nothing left open */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { settings, systems } = options;
  const log = createLog({ level: settings.logLevel, secrets: secretsOf(options), write: options.writeLog });
  const dataDirectory = resolve(options.dataDirectory ?? settings.dataDirectory ?? defaultDataDirectory());
  await mkdir(dataDirectory, { recursive: true, mode: 0o700 });

  await using opened = new AsyncDisposableStack();
  const database = opened.use(
    await openDatabase(
      settings.databaseUrl === undefined
        ? { directory: join(dataDirectory, "database") }
        : { url: settings.databaseUrl },
    ),
  );
  const disks = options.worksHere ? [dataDirectory, tmpdir(), STORE_DIRECTORY] : [dataDirectory];
  const queue = await openQueue({
    holdsChecks: () => shortOfDisk(disks),
    access: database.access,
    systems,
    checksAtOnce: options.checksAtOnce,
    onError: (error, where) => log.warn({ err: error, where }, "queue"),
  });
  // Draining twice does no harm, and `stop` does it first.
  opened.defer(() => queue.drain(0));
  const store = createStore(database, queue.outbox, { system: systems[0] ?? hostSystem() });

  const logs = createLogDirectory(logsBelow(dataDirectory));
  const nix = createNix({
    dataDirectory,
    temporaryDirectory: tmpdir(),
    warn: (message) => log.warn({}, message),
  });
  const readiness = createReadiness([
    databaseProbe(database.access),
    queueProbe(queue),
    diskProbe(disks),
    ...(options.worksHere ? [nixProbe(nix)] : []),
  ]);
  const metrics = createMetrics({
    version: VERSION,
    queues: [DELIVERIES, RECONCILE, ...systems.map(checkQueue)],
    jobs: () => queue.jobs(),
    freeBytes: () => freeBytes(dataDirectory),
    evaluatorBytes: () => evaluatorBytes(process.pid),
    isDraining: () => readiness.isDraining,
  });

  const metricsServer = await startMetricsServer(
    { metrics, readiness, version: VERSION },
    metricsPlace(settings),
  );
  opened.defer(() => metricsServer.close(0));
  let webServer: ListeningServer | undefined;
  if (options.web !== undefined) {
    const { host, port, webhookSecrets } = options.web;
    const world = { store, logs, webhookSecrets, readiness, metrics, version: VERSION, log };
    webServer = await startWebServer(world, { host, port });
  }
  const closeWeb = async () => webServer?.close(CLOSE_MS);
  opened.defer(closeWeb);
  if (options.worksHere) {
    const world = await createWorld({ ...options, dataDirectory, disks, store, logs, metrics, log });
    await queue.work(countEnds(createHandlers(world), store, metrics), systems);
  } else {
    // Webhooks were lost while no server listened; the workers have not noticed.
    await queue.reconcileSoon();
  }
  opened.use(
    await startAnnouncing({
      store,
      worker: workerName(),
      systems: options.worksHere ? systems : [],
      watches: options.web !== undefined,
      log,
    }),
  );

  const resources = opened.move();
  log.info({ version: VERSION, url: webServer?.url, metrics: metricsServer.url, systems }, "started");
  return {
    url: webServer?.url,
    metricsUrl: metricsServer.url,
    log,
    async stop(graceMs) {
      log.info({ graceMs }, "shutting down");
      readiness.drain();
      await queue.drain(graceMs);
      await closeWeb();
      await resources.disposeAsync();
      log.info({}, "shut down");
    },
  };
}

function secretsOf({ settings, web }: AppOptions): readonly string[] {
  const { databaseUrl, github } = settings;
  // `URL` does not read those of sockets, which have no host.
  const password = decodeURIComponent(/^[a-z]+:\/\/[^:@/]*:([^@/]*)@/.exec(databaseUrl ?? "")?.[1] ?? "");
  return [github.privateKey, ...(web?.webhookSecrets ?? []), password, databaseUrl ?? ""];
}

function metricsPlace({ metricsHost, metricsPort }: WorkerSettings) {
  return { host: metricsHost, port: metricsPort ?? DEFAULT_METRICS_PORT };
}

async function createWorld(parts: {
  readonly settings: WorkerSettings;
  readonly dataDirectory: string;
  readonly disks: readonly string[];
  readonly checksAtOnce: number;
  readonly store: StorePort;
  readonly logs: LogDirectory;
  readonly metrics: Metrics;
  readonly log: Log;
}): Promise<AppWorld> {
  const { settings, dataDirectory, disks, store, logs, metrics, log } = parts;
  const { appId, privateKey, host, apiUrl } = settings.github;
  const github = createGitHubApp({
    appId,
    privateKey,
    ...(host === undefined ? {} : { host }),
    ...(apiUrl === undefined ? {} : { apiUrl }),
    log,
    onRequest: metrics.githubRequest,
  });
  const { publicUrl, falseAlarmUrl } = settings;
  const buildSystem = hostSystem();
  const place = { dataDirectory, temporaryDirectory: tmpdir(), cores: availableParallelism(), buildSystem };
  const heapMegabytes = heapFor(parts.checksAtOnce);
  return {
    github,
    store,
    logs,
    receive: await createReceiver({ appId, privateKey }),
    openWorkplace: (request, signal) => openWorkplace(request, { place, heapMegabytes, log }, signal),
    worker: workerName(),
    buildSystem,
    async heldBack() {
      const short = await shortOfDisk(disks);
      // Where it lies is the operator's business, and stands in /readyz.
      return short === null
        ? null
        : "the disk of the machine is nearly full; it is begun as soon as there is room";
    },
    pageOf: (id) => (publicUrl === undefined ? null : `${publicUrl}/checks/${id}`),
    falseAlarmUrl: falseAlarmUrl ?? null,
    clock: () => performance.now(),
    now: () => new Date(),
    log,
  };
}

/** In a container the process number is the same after a restart, elsewhere an old lease ends by itself. */
function workerName(): string {
  return `${hostname()}:${process.pid}`;
}

function countEnds(handlers: QueueHandlers, store: StorePort, metrics: Metrics): QueueHandlers {
  return {
    ...handlers,
    async check(id, signal) {
      await handlers.check(id, signal);
      const check = await store.readCheck(id);
      if (check !== undefined && isFinal(check.state)) metrics.checkEnded(check);
    },
  };
}
