/** How a run of the evaluator ended, from what is left of it: a status, a signal, its last lines. */
import type { AttrError } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import type { RunResult } from "../process.ts";
import { errorMessage } from "./evaluator-message.ts";
import { fatal, type Halt, type RunEnd, type RunTime } from "./run-end.ts";

/** What is known of it. */
export interface EndedRun {
  /** It said something that is ours. */
  started(): boolean;
  /** It said that it is at its end. */
  ended(): boolean;
  tail(): readonly string[];
  end(): Pick<RunEnd, "settled" | "at" | "current" | "progress">;
}

/** Boehm's collector and Nix say it in their own words; a hard stop shows as SIGABRT through bubblewrap. */
const OUT_OF_MEMORY =
  /out of memory|bad_alloc|failed to map segment|Failed to expand heap|Out of Memory|cannot allocate memory/i;
/** SIGHUP, SIGINT, SIGKILL, SIGTERM: nothing that is evaluated ends by these. */
const FROM_OUTSIDE = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/** @throws EnvironmentError evaluator-failed: nothing of the repository was looked at */
export function judgeRun(
  result: RunResult | undefined,
  halted: Halt | undefined,
  progress: EndedRun,
  time: RunTime,
): RunEnd {
  const tail = progress.tail();
  const said = errorMessage(tail) ?? tail.slice(-3).join(" ");
  const end = { ...progress.end(), said, error: fatal(said) };
  if (halted === "end" || (result?.exitCode === 0 && progress.ended())) return { ...end, how: "ended" };
  if (result?.timedOut) return { ...end, how: "deadline" };
  if (halted === "slow") return { ...end, how: "slow", error: tooSlow(time.patienceMs) };
  if (halted === "unreadable") return { ...end, how: "failed" };
  if (halted !== undefined) return { ...end, how: halted };
  if (result === undefined || fromOutside(result))
    return { ...end, how: "killed", said: endedBySignal(result) };
  if (OUT_OF_MEMORY.test(tail.join("\n")))
    return { ...end, how: "memory", error: { ok: false, error: "out of memory", cause: "memory" } };
  if (!progress.started()) throw neverStarted(tail);
  return { ...end, how: "failed", error: fatal(errorMessage(tail) ?? endedBySignal(result)) };
}

function tooSlow(patienceMs: number): AttrError {
  return { ok: false, error: `takes longer than ${Math.round(patienceMs / 1000)} s`, cause: "timeout" };
}

function fromOutside({ exitCode, signal }: RunResult): boolean {
  if (signal !== null) return Object.hasOwn(FROM_OUTSIDE, signal);
  // bubblewrap passes a signal on as 128 + its number, as shells do.
  return Object.values(FROM_OUTSIDE).includes((exitCode ?? 0) - 128);
}

function endedBySignal(result: RunResult | undefined): string {
  const code = result?.exitCode ?? 0;
  if (typeof result?.signal === "string") return `ended by ${result.signal}`;
  return code > 128
    ? `ends the evaluator with signal ${code - 128}`
    : `ends the evaluator with status ${code} and no message`;
}

function neverStarted(tail: readonly string[]): EnvironmentError {
  return new EnvironmentError(
    "evaluator-failed",
    `nix-instantiate did not start: ${errorMessage(tail) ?? (tail.slice(-3).join(" ") || "it said nothing")}`,
    "This is before anything of the repository is read. Check that nix-instantiate --version works and that the data directory can be written.",
  );
}
