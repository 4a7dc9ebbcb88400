/**
 * Running programs: the one place that starts a child.
 *
 * A program that exits non-zero is a result, not an exception; a program that is not there, or a caller who
 * wants to stop, is thrown. Every child leads a process group of its own and the whole group is ended on
 * cancellation and time limit, so nothing it started outlives it. Should we be killed ourselves, the kernel ends the
 * child (`PR_SET_PDEATHSIG`, through setpriv(1)); Nix and bubblewrap ask the same for theirs. Output is kept as a bounded
 * tail.
 */
import { stat } from "node:fs/promises";
import type { Readable } from "node:stream";
import { execa } from "execa";
import { cleanEnvironment } from "./config/env.ts";
import { EnvironmentError, Interrupted } from "./errors.ts";

export interface RunOptions {
  /** Aborting it ends the child's process group and makes `run` throw `Interrupted`. */
  readonly signal: AbortSignal;
  readonly cwd?: string;
  /** The whole environment; default `cleanEnvironment()`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Given on standard input; without it standard input is empty. */
  readonly input?: string | Buffer | { readonly file: string };
  /** Standard output goes to this file instead of `stdout`. */
  readonly stdoutFile?: string;
  readonly timeoutMs?: number;
  /** Told the process's number once it runs. */
  readonly onStart?: (pid: number) => void;
  /** How much of each stream is kept, from its end. Default 1 MiB. */
  readonly keepBytes?: number;
  /** Called per line, without its end; lines over 64 KiB come cut. */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface RunResult {
  /** `null` when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** We ended it, for `timeoutMs`. */
  readonly timedOut: boolean;
  /** Bytes at the beginning of each stream that were not kept. */
  readonly stdoutDropped: number;
  readonly stderrDropped: number;
  readonly seconds: number;
}

/** How long output may stay quiet, once the program has ended, while something that left its group holds the pipe. */
const LINGER_MS = 1_000;
/** How long a group has between SIGTERM and SIGKILL. Nix needs a moment to end its builders and free its locks. */
const GRACE_MS = 4_000;
const LINE_LIMIT = 64 * 1024;
/** https://man7.org/linux/man-pages/man1/setpriv.1.html; it becomes the program, with the same process number. */
const STARTER = "setpriv";
const STARTER_ARGUMENTS = ["--pdeathsig", "KILL", "--"];
/** Exit statuses of setpriv, as of a shell, where there is no such program. */
const CANNOT_EXECUTE = 126;
const NOT_FOUND = 127;

/**
 * A line handler that throws ends the program, and what it threw is thrown from here.
 *
 * @throws EnvironmentError program-missing, program-unstartable; Interrupted
 */
export async function run(file: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  if (options.signal.aborted) throw new Interrupted();
  const started = performance.now();
  const child = execa(STARTER, [...STARTER_ARGUMENTS, file, ...args], {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: options.env ?? cleanEnvironment(),
    extendEnv: false,
    detached: true,
    cleanup: false,
    buffer: false,
    reject: false,
    ...standardInput(options.input),
    stdout: options.stdoutFile === undefined ? "pipe" : { file: options.stdoutFile },
    stderr: "pipe",
  });

  if (child.pid !== undefined) options.onStart?.(child.pid);
  const group = endGroup(child.pid);
  let timedOut = false;
  const timer = setTimeout(
    () => {
      timedOut = true;
      group.end();
    },
    options.timeoutMs ?? 2 ** 31 - 1,
  );
  const onAbort = () => group.end();
  options.signal.addEventListener("abort", onAbort, { once: true });

  const handlerErrors: unknown[] = [];
  const onHandlerError = (error: unknown) => {
    handlerErrors.push(error);
    group.end();
  };
  const stdout = collect(
    options.stdoutFile === undefined ? child.stdout : null,
    options.keepBytes,
    options.onStdoutLine,
    onHandlerError,
  );
  const stderr = collect(child.stderr, options.keepBytes, options.onStderrLine, onHandlerError);
  // Without this, `await` would last until everything that inherited the pipes has ended.
  child.once("exit", () => {
    group.settle();
    stdout.closeWhenQuiet();
    stderr.closeWhenQuiet();
  });
  try {
    const result = await child;
    if (options.signal.aborted) throw new Interrupted();
    if (handlerErrors.length > 0) throw handlerErrors[0];
    if (child.pid === undefined) throw await notStarted(STARTER, options.cwd, result.cause);
    if (isFileError(result.cause)) throw result.cause;
    if (result.exitCode === CANNOT_EXECUTE || result.exitCode === NOT_FOUND) {
      const said = /^setpriv: failed to execute .*: (.*)\n?$/s.exec(stderr.text())?.[1];
      if (said !== undefined) throw missing(file, said);
    }
    return {
      exitCode: result.exitCode ?? null,
      signal: result.signal ?? null,
      stdout: stdout.text(),
      stderr: stderr.text(),
      timedOut,
      stdoutDropped: stdout.dropped(),
      stderrDropped: stderr.dropped(),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener("abort", onAbort);
    group.settle();
  }
}

function standardInput(input: RunOptions["input"]) {
  if (input === undefined) return { stdin: "ignore" as const };
  return typeof input === "object" && "file" in input ? { inputFile: input.file } : { input };
}

/** `input.file` or `stdoutFile` could not be opened, read or written; the error names it. EPIPE: input nobody wanted. */
function isFileError(cause: unknown): boolean {
  if (!(cause instanceof Error) || !("syscall" in cause) || !("code" in cause)) return false;
  return ["open", "read", "write"].includes(String(cause.syscall)) && cause.code !== "EPIPE";
}

/** Why there is no process. */
async function notStarted(file: string, cwd: string | undefined, cause: unknown): Promise<unknown> {
  if (isFileError(cause)) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  const cwdMissing = cwd !== undefined && !(await stat(cwd).catch(() => undefined))?.isDirectory();
  if ((code === "ENOENT" || code === "EACCES") && !cwdMissing) return missing(file, cause);
  const saw = cwdMissing ? `its working directory ${JSON.stringify(cwd)} is gone` : code;
  return new EnvironmentError(
    "program-unstartable",
    `cannot start ${JSON.stringify(file)}: ${saw}`,
    "Check that the machine has memory and processes left, and that nobody removed temporary files meanwhile.",
    { cause },
  );
}

function missing(file: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    "program-missing",
    `cannot start ${JSON.stringify(file)}: it is not on PATH or not executable`,
    "Install it, or run bin/setup, which installs everything modprobot needs.",
    { cause },
  );
}

/** Ends a whole process group: SIGTERM, and SIGKILL for what is still there after the grace. */
function endGroup(pid: number | undefined) {
  let killer: NodeJS.Timeout | undefined;
  const send = (signal: NodeJS.Signals) => {
    if (pid === undefined) return;
    try {
      process.kill(-pid, signal);
    } catch {
      // ESRCH: the group has ended already, which is what we wanted.
    }
  };
  return {
    end() {
      if (killer !== undefined) return;
      send("SIGTERM");
      killer = setTimeout(() => send("SIGKILL"), GRACE_MS);
    },
    /** The leader has ended: whatever of its group is left goes with it. */
    settle() {
      clearTimeout(killer);
      send("SIGKILL");
    },
  };
}

/** Keeps the last bytes of a stream and hands out its lines. */
function collect(
  stream: Readable | null,
  keepBytes = 1024 * 1024,
  onLine?: (line: string) => void,
  onHandlerError?: (error: unknown) => void,
) {
  const chunks: Buffer[] = [];
  let kept = 0;
  let dropped = 0;
  let rest = "";
  let received = 0;
  const decoder = new TextDecoder();

  const feedLines = (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, LINE_LIMIT);
    for (const line of lines) handOut(line.slice(0, LINE_LIMIT));
  };
  const handOut = (line: string) => {
    try {
      onLine?.(line);
    } catch (error) {
      onHandlerError?.(error);
    }
  };
  stream?.on("data", (chunk: Buffer) => {
    received += chunk.length;
    chunks.push(chunk);
    kept += chunk.length;
    while (chunks.length > 1 && kept - (chunks[0]?.length ?? 0) >= keepBytes) {
      const first = chunks.shift()?.length ?? 0;
      kept -= first;
      dropped += first;
    }
    if (onLine !== undefined) feedLines(decoder.decode(chunk, { stream: true }));
  });
  stream?.on("end", () => {
    if (onLine !== undefined && rest !== "") handOut(rest);
  });
  const closeWhenQuiet = () => {
    if (stream === null || stream.closed) return;
    const before = received;
    // The second step lets what has arrived meanwhile be read, should this process itself have been busy.
    const look = () => setImmediate(() => (received === before ? stream.destroy() : closeWhenQuiet()));
    const timer = setTimeout(look, LINGER_MS);
    stream.once("close", () => clearTimeout(timer));
  };
  return {
    closeWhenQuiet,
    text: () =>
      Buffer.concat(chunks)
        .subarray(Math.max(0, kept - keepBytes))
        .toString("utf8"),
    dropped: () => dropped + Math.max(0, kept - keepBytes),
  };
}
