/**
 * Runs one guest to its end and keeps what its console says.
 *
 * It ends by itself, or by us: at the time limit, when it writes more than a console ever should, or when it has
 * said all it had to say and does not manage to switch itself off.
 */
import type { ConsoleLog } from "../domain/console.ts";
import { Interrupted } from "../errors.ts";
import { run } from "../process.ts";

export interface GuestRun {
  /** `done`: it said `end` and was then ended by us. */
  readonly ending: "exited" | "done" | "time-limit" | "output-limit";
  /** Of QEMU, or of what was to start it; `null` unless it exited. */
  readonly exitCode: number | null;
  readonly log: ConsoleLog;
  readonly errors: string;
  readonly seconds: number;
}

/** A loud boot prints 200 KB; an emulated serial port, at 200 KB a second, takes a flood this far before the time limit. */
const CONSOLE_BYTES = 2 * 1024 * 1024;
const LINE_CUT = 64 * 1024;
const POWER_OFF_MS = 10_000;

/** @throws Interrupted; EnvironmentError program-missing */
export async function runGuest(
  [program, ...args]: readonly [string, ...string[]],
  nonce: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<GuestRun> {
  const stop = new AbortController();
  const lines: string[] = [];
  let bytes = 0;
  let ending: "done" | "output-limit" | undefined;
  let powerOff: NodeJS.Timeout | undefined;
  const end = (how: "done" | "output-limit") => {
    ending ??= how;
    stop.abort();
  };
  const onStdoutLine = (line: string) => {
    bytes += line.length + 1;
    if (bytes > CONSOLE_BYTES) return end("output-limit");
    lines.push(line);
    if (line.includes(`${nonce} end`)) powerOff ??= setTimeout(() => end("done"), POWER_OFF_MS);
  };
  const errors: string[] = [];
  const onStderrLine = (line: string) => {
    if (errors.length < 20) errors.push(line.slice(0, 500));
  };

  const started = performance.now();
  const finish = (how: GuestRun["ending"], exitCode: number | null): GuestRun => ({
    ending: how,
    exitCode,
    log: consoleLog(lines, how),
    errors: errors.join("\n"),
    seconds: (performance.now() - started) / 1000,
  });
  try {
    const result = await run(program, args, {
      signal: AbortSignal.any([signal, stop.signal]),
      timeoutMs,
      keepBytes: 1,
      onStdoutLine,
      onStderrLine,
    });
    return finish(result.timedOut ? "time-limit" : "exited", result.timedOut ? null : result.exitCode);
  } catch (error) {
    if (error instanceof Interrupted && !signal.aborted && ending !== undefined) return finish(ending, null);
    throw error;
  } finally {
    clearTimeout(powerOff);
  }
}

function consoleLog(lines: readonly string[], ending: GuestRun["ending"]): ConsoleLog {
  if (ending === "output-limit") {
    return {
      lines,
      incomplete: `the guest wrote more than ${CONSOLE_BYTES / 1024 / 1024} MiB and was ended`,
    };
  }
  if (lines.some((line) => line.length >= LINE_CUT)) {
    return { lines, incomplete: "it has a line over 64 KiB, of which the rest was not kept" };
  }
  return { lines };
}
