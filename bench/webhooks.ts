/**
 * Receiving under load: 200 signed webhooks a second for 30 seconds, at fixed times whether or not answers are late,
 * so that a server that stalls shows in the figures. Everything stays on this machine and ends by itself.
 */
import { type ChildProcess, fork } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { Agent, request } from "node:http";
import { constants, cpus, loadavg, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { DatabasePlace } from "../src/store/database.ts";
import { type Postgres, startPostgres } from "../test/harness/postgres.ts";
import { PULL_REQUEST } from "../test/web/payloads.ts";
import type { ProcessNews, ProcessPlan } from "./webhooks-process.ts";

const RATE = 200;
const SECRET = randomUUID();
const WARM_SECONDS = 5;

interface Started {
  readonly url: string | null;
  /** Once a second. */
  readonly used: readonly { readonly bytes: number; readonly cpuMs: number }[];
  readonly checksDone: () => number;
  readonly end: () => Promise<void>;
}

/** @param seconds how long each run sends */
export async function benchWebhooks(seconds: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "modprobot-bench-"));
  const postgres = await startPostgres();
  // Started apart from us, it would go on without us.
  const removeAll = () => {
    postgres.remove();
    rmSync(directory, { recursive: true, force: true });
  };
  const onStop = () => process.exit(130);
  process.once("exit", removeAll);
  // `timeout` sends its signal twice; the second must not end us while we tidy up.
  process.on("SIGINT", onStop).on("SIGTERM", onStop);
  try {
    await measureAll(directory, postgres, seconds);
  } finally {
    process.off("exit", removeAll).off("SIGINT", onStop).off("SIGTERM", onStop);
    removeAll();
  }
}

async function measureAll(directory: string, postgres: Postgres, seconds: number): Promise<void> {
  const embedded = async (): Promise<DatabasePlace> => ({ directory: join(directory, randomUUID()) });
  print(`${cpus().length} cores; ${seconds} s at ${RATE}/s for each row, while one check computes\n${HEAD}`);
  for (const [name, place] of [
    ["embedded", embedded],
    ["PostgreSQL", postgres.place],
  ] as const) {
    await receive(name, await place(), 0, seconds);
    await receive(`${name}, 10,000 checks queued`, await place(), 10_000, seconds);
  }
  print(`${"aim".padEnd(NAME_WIDTH)}${row(["", "all", 0, "", "< 50", "", "flat", "", "", "", ""])}`);

  print("\nworkers on PostgreSQL   checks a second");
  const rates: number[] = [];
  for (const workers of [1, 2]) {
    const rate = await workTogether(await postgres.place(), workers);
    rates.push(rate);
    print(`${String(workers).padEnd(24)}${rate.toFixed(1)}`);
  }
  const [one = 0, two = 0] = rates;
  print(`${"times as many (aim: 2)".padEnd(24)}${(two / one).toFixed(2)}`);
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function row(figures: readonly (string | number)[]): string {
  return figures.map((figure) => String(figure).padStart(11)).join("");
}

const NAME_WIDTH = 34;
/** Memory and share of a core are those of the server's process, the embedded database in it; load the machine's over the last minute, with everything that runs on it. */
const HEAD = `${"database".padEnd(NAME_WIDTH)}${row(["sent", "202", "lost", "p50 ms", "p99 ms", "max ms", "MiB start", "MiB half", "MiB end", "core", "load"])}`;

async function receive(name: string, place: DatabasePlace, queued: number, seconds: number): Promise<void> {
  const server = await startProcess({
    place,
    secret: SECRET,
    serves: true,
    works: true,
    queued,
    check: { kind: "computes", ms: 2_000, attrs: 20_000 },
  });
  try {
    if (server.url === null) throw new Error("the server has no address");
    // Not measured: code that runs for the first time.
    await sendAll(server.url, RATE, WARM_SECONDS);
    const before = server.used.at(-1) ?? NOTHING;
    const { url } = server;
    const answers = await withPriority(() => sendAll(url, RATE, seconds));
    const [load = 0] = loadavg();
    await pause(1100);
    const taken = answers.filter(({ status }) => status === 202);
    const times = taken.map(({ ms }) => ms).sort((a, b) => a - b);
    const at = (share: number) =>
      (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN).toFixed(1);
    const mebibytes = (bytes: number) => Math.round(bytes / 2 ** 20);
    const counts = [answers.length, taken.length, answers.length - taken.length];
    const after = server.used.at(-1) ?? NOTHING;
    // Flat is what grows no more in the second half than a warm program does.
    const halfway = server.used.at(-Math.ceil(seconds / 2) - 1) ?? before;
    const memory = [before, halfway, after].map(({ bytes }) => mebibytes(bytes));
    const core = `${Math.round((after.cpuMs - before.cpuMs) / seconds / 10)} %`;
    const waits = [at(0.5), at(0.99), at(1)];
    print(`${name.padEnd(NAME_WIDTH)}${row([...counts, ...waits, ...memory, core, load.toFixed(1)])}`);
  } finally {
    await server.end();
  }
}

const NOTHING = { bytes: 0, cpuMs: 0 };

interface Answer {
  /** 0: none. */
  readonly status: number;
  /** Since it should have been sent. */
  readonly ms: number;
}

/** Whoever sends has processors of its own; here it would wait for the server's turn and call that a late answer. */
async function withPriority<T>(work: () => Promise<T>): Promise<T> {
  const { PRIORITY_HIGH, PRIORITY_NORMAL } = constants.priority;
  try {
    setPriority(PRIORITY_HIGH);
  } catch {
    // Not allowed to everybody: then it waits.
  }
  try {
    return await work();
  } finally {
    setPriority(PRIORITY_NORMAL);
  }
}

async function sendAll(url: string, rate: number, seconds: number): Promise<readonly Answer[]> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const started = performance.now();
  const answers: Promise<Answer>[] = [];
  for (let index = 0; index < rate * seconds; index++) {
    const due = started + (index * 1000) / rate;
    const early = due - performance.now();
    if (early > 0) await pause(early);
    answers.push(send(url, agent, due));
  }
  const all = await Promise.all(answers);
  agent.destroy();
  return all;
}

function send(url: string, agent: Agent, due: number): Promise<Answer> {
  const guid = randomUUID();
  const body = PULL_REQUEST.replace("{", `{"nonce":"${guid}",`);
  const headers = {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
    "x-github-delivery": guid,
    "x-github-event": "pull_request",
    "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
  };
  return new Promise((resolve) => {
    const done = (status: number) => resolve({ status, ms: performance.now() - due });
    const sending = request(`${url}/api/github/webhooks`, {
      method: "POST",
      agent,
      headers,
      timeout: 10_000,
    });
    sending.on("response", (response) => response.resume().on("end", () => done(response.statusCode ?? 0)));
    sending.on("timeout", () => sending.destroy());
    sending.on("error", () => done(0));
    sending.end(body);
  });
}

const CHECKS = 60;

/** @returns checks a second; each waits 250 ms, as for a build, and needs little of this machine */
async function workTogether(place: DatabasePlace, workers: number): Promise<number> {
  const plan = { place, secret: SECRET, serves: false, check: { kind: "waits", ms: 250 } as const };
  const filler = await startProcess({ ...plan, works: false, queued: CHECKS });
  await filler.end();
  const started = await Promise.all(
    Array.from({ length: workers }, () => startProcess({ ...plan, works: true, queued: 0 })),
  );
  const done = () => started.reduce((sum, worker) => sum + worker.checksDone(), 0);
  const first = done();
  const since = performance.now();
  while (done() < CHECKS && performance.now() - since < 120_000) await pause(10);
  const rate = (done() - first) / ((performance.now() - since) / 1000);
  for (const worker of started) await worker.end();
  return rate;
}

async function startProcess(plan: ProcessPlan): Promise<Started> {
  const file = new URL("./webhooks-process.ts", import.meta.url);
  const child = fork(file, [JSON.stringify(plan)], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    // As `bin/modprobot` starts a server.
    execArgv: [...process.execArgv, "--single-threaded-gc"],
  });
  const used: Started["used"][number][] = [];
  let checks = 0;
  const url = await new Promise<string | null>((resolve, reject) => {
    child.on("message", (news: ProcessNews) => {
      if (news.kind === "ready") resolve(news.url);
      else if (news.kind === "used") used.push(news);
      else checks += news.count;
    });
    child.once("exit", (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });
  return { url, used, checksDone: () => checks, end: () => endProcess(child) };
}

async function endProcess(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGKILL");
  await ended;
}
