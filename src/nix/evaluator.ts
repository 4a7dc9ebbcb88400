/**
 * One run of the evaluator in its jail: an expression on standard input, lines out of standard error.
 *
 * The expression is our walker applied to values; every value gets there as JSON inside a string literal, so that no name
 * of the package set is ever an argument or a piece of Nix. Standard input cannot be read by what is evaluated.
 */
import { readFile } from "node:fs/promises";
import { constants, setPriority } from "node:os";
import { nixString } from "../domain/attr-path.ts";
import type { System } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import { type RunResult, run } from "../process.ts";
import { openCache } from "./binary-cache/cache-directory.ts";
import { CHECKOUT_INSIDE, GATE, type Jail, jailArguments, type Mount } from "./jail.ts";
import type { HostPrograms } from "./jail-mounts.ts";
import type { AttrComponents } from "./walk-output.ts";

/** Part of what evaluations are cached by. */
export const WALKER_SOURCE = await readFile(new URL("./walker.nix", import.meta.url), "utf8");

/** Attributes by name, each with those wanted below it; null for all of them. */
export interface WantedAttrs {
  readonly [name: string]: WantedAttrs | null;
}

/** What the walker is told; see `walker.nix`. */
export interface WalkerCall {
  readonly nonce: string;
  readonly mode: "walk" | "explain" | "passthru";
  /** File below the checkout. */
  readonly entry: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** What to look at; everything without it. */
  readonly wanted?: WantedAttrs;
  /** Names at the root, by their place. */
  readonly from: number;
  readonly to: number;
  readonly careful: boolean;
  readonly known: readonly AttrComponents[];
  readonly path: AttrComponents;
  /** Files below the checkout that the evaluator has only their names of (`withheld/`), as far as Nix can read them. */
  readonly withheld?: readonly string[];
}

export interface Evaluator {
  readonly host: HostPrograms;
  readonly checkout: readonly Mount[];
  readonly storeRoot: string;
  readonly writer: Jail["writer"];
  /** For a writer `cache`: where each run gets a place of its own. */
  readonly caches?: string | undefined;
  /** Where files are withheld. */
  readonly gate?: string;
  readonly system: System;
  readonly memoryBytes: number;
  /** Takes only what others leave of the processors. */
  readonly isExtra?: boolean;
}

interface RunLimits {
  readonly timeoutMs: number;
  readonly onStderrLine: (line: string) => void;
  /** Told the process the jail is. */
  readonly onStart?: (pid: number) => void;
}

const CPU_PER_SECOND = 4;
/** More names than any set has; JSON has no infinity. */
const EVERY_NAME = 2 ** 40;

/** @throws EnvironmentError jail-failed, program-missing; Interrupted */
export function runEvaluator(
  evaluator: Evaluator,
  call: WalkerCall,
  limits: RunLimits,
  signal: AbortSignal,
): Promise<RunResult> {
  return runExpression(evaluator, expression(call, evaluator.system), limits, signal);
}

/** @throws EnvironmentError jail-failed, program-missing; Interrupted */
export async function runExpression(
  evaluator: Evaluator,
  input: string,
  limits: RunLimits,
  signal: AbortSignal,
): Promise<RunResult> {
  await using cache = evaluator.writer === "cache" ? await openCache(evaluator.caches ?? "") : undefined;
  const jail = {
    ...evaluator,
    ...evaluator.host,
    host: evaluator.host.mounts,
    cache: cache?.path,
    // Time runs out first, also for an evaluator whose collector has threads of its own.
    cpuSeconds: Math.ceil((CPU_PER_SECOND * limits.timeoutMs) / 1000) + 1,
  };
  const result = await run("bwrap", jailArguments(jail), {
    signal,
    input,
    timeoutMs: limits.timeoutMs,
    keepBytes: 64 * 1024,
    onStderrLine: limits.onStderrLine,
    onStart(pid) {
      if (evaluator.isExtra) stepBack(pid);
      limits.onStart?.(pid);
    },
  });
  if (result.exitCode !== 0 && /^bwrap: /m.test(result.stderr)) throw jailFailed(result.stderr);
  return result;
}

/** Of a process that has not started anything yet. */
function stepBack(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {
    // It has ended already, or may not: then it is as quick as the others.
  }
}

function expression(call: WalkerCall, system: System): string {
  const values = JSON.stringify({
    entry: `${CHECKOUT_INSIDE}/${call.entry}`,
    arguments: { system, config: call.config },
    mode: call.mode,
    wanted: call.wanted ?? null,
    from: call.from,
    to: Math.min(call.to, EVERY_NAME),
    careful: call.careful,
    known: call.known,
    path: call.path,
    withheld: (call.withheld ?? []).map((file) => `${CHECKOUT_INSIDE}/${file}`),
    gate: GATE,
  });
  const own = `{ nonce = ${nixString(call.nonce)}; }`;
  return `(${WALKER_SOURCE}) (builtins.fromJSON ${nixString(values)} // ${own})`;
}

function jailFailed(stderr: string): EnvironmentError {
  const said = stderr.split("\n").find((line) => line.startsWith("bwrap: ")) ?? "";
  return new EnvironmentError(
    "jail-failed",
    `bubblewrap could not set up the jail for evaluation (${said})`,
    "Evaluation runs a pull request's code, so it is not done without a jail.\nOn most systems user namespaces must be allowed: sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0.",
  );
}
