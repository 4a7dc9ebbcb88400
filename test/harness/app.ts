/**
 * The App as an operator runs it: `bin/modprobot serve` and `bin/modprobot worker` in processes of their own, against the
 * fake GitHub. They can be asked to stop, or killed as a power cut would; what they logged is kept where a test fails.
 *
 *     const github = await githubForTest();
 *     const app = await appForTest({ github, database: "pglite" });
 *     await app.server.kill();
 *     await app.restart();
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { GitHub } from "./github/github.ts";
import { waitFor } from "./github/waits.ts";
import { PROJECT } from "./modprobot.ts";

export interface AppOptions {
  readonly github: GitHub;
  /** `pglite`: embedded, one process. An address: PostgreSQL, with workers of their own where wanted. */
  readonly database: "pglite" | string;
  /** Further `modprobot worker` processes; PostgreSQL only. */
  readonly workers?: number;
  /** Of `serve`; default none. */
  readonly serverArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface AppProcess {
  readonly command: "serve" | "worker";
  readonly pid: number;
  /** Where `/livez`, `/readyz` and `/metrics` are. */
  readonly metricsUrl: string;
  readonly logFile: string;
  log(): Promise<string>;
  hasEnded(): boolean;
  /** SIGTERM, and waits until it has drained. Returns its exit status. */
  stop(): Promise<number | null>;
  /** SIGKILL, to it alone: what it started is left behind, as in real life. */
  kill(): Promise<void>;
}

export interface RunningApp {
  /** Of the server's pages. */
  readonly url: string;
  readonly dataDirectory: string;
  /** The newest, which may have ended. */
  readonly server: AppProcess;
  readonly workers: readonly AppProcess[];
  /** A new server on the same port, data and database, for one that ended. */
  restart(): Promise<AppProcess>;
  /** One more; on another machine it would have a data directory of its own. */
  startWorker(dataDirectory?: string): Promise<AppProcess>;
  /** Everything that was logged, process by process. */
  logs(): Promise<string>;
  /** Stops what runs; keeps the logs where `keepLogs`. */
  finish(keepLogs?: boolean): Promise<void>;
}

/** Ends with the test; where that fails, says where the logs are. */
export async function appForTest(options: AppOptions): Promise<RunningApp> {
  const app = await startApp(options);
  onTestFinished(async ({ task }) => {
    const failed = task.result?.state === "fail";
    if (failed) console.error(`what the App logged:\n${(await app.logs()).slice(-20_000)}`);
    await app.finish(failed);
  });
  return app;
}

export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { github } = options;
  const directory = await mkdtemp(join(tmpdir(), "modprobot-app-"));
  const dataDirectory = join(directory, "data");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const processes: AppProcess[] = [];

  const start = async (command: AppProcess["command"], data = dataDirectory) => {
    const metricsPort = await freePort();
    const env = {
      ...settings(options, data, url),
      METRICS_PORT: String(metricsPort),
      ...(command === "serve" ? { PORT: String(port), WEBHOOK_SECRET: github.webhookSecret } : {}),
      ...options.env,
    };
    const logFile = join(directory, `${processes.length + 1}-${command}.log`);
    const args = command === "serve" ? (options.serverArgs ?? []) : [];
    const started = startProcess(command, args, env, logFile, `http://127.0.0.1:${metricsPort}`);
    processes.push(started);
    await isReady(started);
    return started;
  };

  const newestServer = () => {
    const newest = processes.findLast(({ command }) => command === "serve");
    if (newest === undefined) throw new Error("no server was started");
    return newest;
  };
  const finish = async (keepLogs = false) => {
    await Promise.all(processes.map((one) => one.stop()));
    for (const { pid } of processes) endGroup(pid);
    if (!keepLogs) await rm(directory, { recursive: true, force: true });
  };

  try {
    await start("serve");
    github.webhookUrl = `${url}/api/github/webhooks`;
    for (let count = 0; count < (options.workers ?? 0); count += 1) await start("worker");
    return {
      url,
      dataDirectory,
      get server() {
        return newestServer();
      },
      get workers() {
        return processes.filter(({ command }) => command === "worker");
      },
      restart: () => start("serve"),
      startWorker: (data) => start("worker", data),
      logs: async () => {
        const texts = processes.map(async ({ logFile, log }) => `== ${logFile}\n${await log()}`);
        return (await Promise.all(texts)).join("\n");
      },
      finish,
    };
  } catch (error) {
    // The error has the log in it.
    await finish();
    throw error;
  }
}

/** Nothing of this process' environment but where programs and Nix are. */
const PASSED_ON = ["PATH", "TMPDIR", "NIX_REMOTE", "NIX_CONF_DIR", "NIX_USER_CONF_FILES"];

function settings(
  { github, database }: AppOptions,
  dataDirectory: string,
  url: string,
): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    HOME: dataDirectory,
    APP_ID: String(github.app.id),
    PRIVATE_KEY: github.app.privateKey,
    MODPROBOT_GITHUB_API_URL: github.url,
    MODPROBOT_DATA: dataDirectory,
    PUBLIC_URL: url,
    LOG_LEVEL: "debug",
    ...(database === "pglite" ? {} : { DATABASE_URL: database }),
  };
}

function startProcess(
  command: AppProcess["command"],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  logFile: string,
  metricsUrl: string,
): AppProcess {
  // A group of its own, so that what a killed process left behind can be ended with the test.
  const child = spawn(`${PROJECT}/bin/modprobot`, [command, ...args], {
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const log = createWriteStream(logFile);
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const ended = new Promise<number | null>((resolve) => child.on("close", (code) => resolve(code)));
  const end = (signal: NodeJS.Signals) => {
    if (!hasEnded(child)) child.kill(signal);
    return ended;
  };
  return {
    command,
    pid: child.pid ?? 0,
    metricsUrl,
    logFile,
    log: () => readFile(logFile, "utf8"),
    hasEnded: () => hasEnded(child),
    stop: () => end("SIGTERM"),
    kill: async () => {
      await end("SIGKILL");
    },
  };
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nothing of it is left.
  }
}

/** @throws Error with its log where it ended instead */
async function isReady(started: AppProcess): Promise<void> {
  await waitFor(
    `${started.command} to be ready`,
    "server",
    async () => {
      if (started.hasEnded())
        throw new Error(`modprobot ${started.command} ended at once:\n${await started.log()}`);
      const answer = await fetch(`${started.metricsUrl}/readyz`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    },
    () => started.log(),
  );
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
