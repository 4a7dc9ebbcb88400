/**
 * What a program costs, seen from outside: time, processor time of it and everything it started, and the memory of its largest
 * process by name. The same for our own program as for those it is compared with.
 */
import { spawn } from "node:child_process";
import { createWriteStream, readdirSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { finished } from "node:stream/promises";
import { setTimeout as pause } from "node:timers/promises";
import { plainEnvironment } from "./environment.ts";

export interface MeasureOptions {
  /** Where it runs. */
  readonly directory: string;
  /** Existing directory for files of this run, which the next one overwrites. It has nothing else of the caller's home. */
  readonly scratch: string;
}

export interface MeasuredProcess {
  readonly status: number | null;
  readonly seconds: number;
  /** User and system, of every process that was waited for. */
  readonly processorSeconds: number;
  /** Name of a process, as the kernel has it (15 characters) → peak resident memory of the largest one, in bytes. */
  readonly peaks: ReadonlyMap<string, number>;
  readonly stdoutFile: string;
  readonly stderr: string;
}

/** Peaks do not sink, so what is missed is what a process allocates between the last look and its end. */
const LOOK_MS = 25;
/** bash says what its children used, those they waited for included. */
const TIMED = 'times=$1; shift; exec 3>&2 2>"$times"; TIMEFORMAT="%U %S"; time "$@" 2>&3 3>&-; exit $?';

/** Does not throw on an exit status. */
export async function measureProcess(
  command: readonly string[],
  { directory, scratch }: MeasureOptions,
): Promise<MeasuredProcess> {
  const [timesFile, stdoutFile] = [join(scratch, "times"), join(scratch, "stdout")];
  const started = performance.now();
  const child = spawn("bash", ["-c", TIMED, "bash", timesFile, ...command], {
    cwd: directory,
    env: plainEnvironment(scratch),
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own, so that all of it can be ended.
    detached: true,
  });
  const end = () => void (child.pid !== undefined && process.kill(-child.pid, "SIGTERM"));
  // Before its files are removed.
  process.prependOnceListener("exit", end);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr = (stderr + text).slice(-100_000);
  });
  const written = finished(child.stdout.pipe(createWriteStream(stdoutFile)));
  const stop = new AbortController();
  const peaks = watchMemory(child.pid ?? 0, stop.signal);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => process.off("exit", end));
  const seconds = (performance.now() - started) / 1000;
  stop.abort();
  await written;
  const times = (await readFile(timesFile, "utf8")).trim().split("\n").at(-1) ?? "";
  const [user = Number.NaN, system = Number.NaN] = times.split(" ").map(Number);
  return { status, seconds, processorSeconds: user + system, peaks: await peaks, stdoutFile, stderr };
}

/** What evaluates: Nix's own programs, and nix-eval-jobs. */
const EVALUATORS = ["nix-instantiate", "nix-env", "nix-eval-jobs"];

/** Of the largest evaluator among what ran, in bytes. */
export function evaluatorPeak({ peaks }: Pick<MeasuredProcess, "peaks">): number {
  return Math.max(0, ...EVALUATORS.map((name) => peaks.get(name) ?? 0));
}

/** Of Node's main process; of its names, newer versions have the first. */
export function nodePeak({ peaks }: Pick<MeasuredProcess, "peaks">): number {
  return peaks.get("MainThread") ?? peaks.get("node") ?? 0;
}

/**
 * Reads synchronously: a look costs half a millisecond then, and ten times that otherwise, which would show in what is measured.
 */
async function watchMemory(root: number, stop: AbortSignal): Promise<ReadonlyMap<string, number>> {
  const peaks = new Map<string, number>();
  while (!stop.aborted) {
    for (const pid of withDescendants(root)) {
      const { name, bytes } = peakOf(pid);
      peaks.set(name, Math.max(bytes, peaks.get(name) ?? 0));
    }
    await pause(LOOK_MS, undefined, { signal: stop }).catch(() => undefined);
  }
  return peaks;
}

function withDescendants(pid: number): number[] {
  const threads = attempt([], () => readdirSync(`/proc/${pid}/task`));
  const children = threads.flatMap(
    (thread) =>
      attempt("", () => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8")).match(/\d+/g) ?? [],
  );
  return [pid, ...children.flatMap((child) => withDescendants(Number(child)))];
}

/** `VmHWM` of proc_pid_status(5). */
function peakOf(pid: number): { readonly name: string; readonly bytes: number } {
  const status = attempt("", () => readFileSync(`/proc/${pid}/status`, "utf8"));
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)`, "m").exec(status)?.[1];
  return { name: field("Name") ?? "(ended)", bytes: Number(field("VmHWM") ?? 0) * 1024 };
}

/** Any process may end while it is looked at. */
function attempt<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
