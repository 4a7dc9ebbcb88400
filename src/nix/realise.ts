/**
 * Realise: builds all outputs of one derivation in the machine's Nix store, and says how that went.
 *
 * The derivation comes from the store its evaluation wrote to; it and everything it needs are copied over first. A build that
 * fails is repeated once before it is believed, since a busy machine makes builds fail that are fine. What was believed is
 * remembered, so that the next check of the same derivation neither builds again nor answers differently.
 *
 * Results are rooted below the data directory for as long as a garbage collection could come in between.
 */
import { lstat, lutimes, mkdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import type { BuildOutcome } from "../domain/build.ts";
import type { Derivation } from "../domain/derivation.ts";
import type { DrvPath, OutputName, StorePath } from "../domain/evaluation.ts";
import { type RunResult, run } from "../process.ts";
import type { BuildLimits } from "../workflow/ports.ts";
import {
  type BuildFailure,
  explainFailure,
  nixVoice,
  notTriedReason,
  readFailure,
  saysNetworkTrouble,
} from "./build-failure.ts";
import { type CopyContext, copyDerivation } from "./copy-derivation.ts";
import { watchSpace } from "./disk-space.ts";
import type { FactCache } from "./fact-cache.ts";
import { missingPaths, nixStore } from "./nix-store.ts";
import { SANDBOX_OPTIONS } from "./sandbox-trial.ts";
import { baseName, STORE_DIRECTORY } from "./store-path.ts";

const TAIL_LINES = 60;
const TAIL_LINE_CHARACTERS = 2_000;

export interface RealiseContext extends CopyContext {
  readonly facts: FactCache;
  readonly rootsDirectory: string;
}

type Failed = Extract<BuildOutcome, { status: "failed" }>;

/** @throws EnvironmentError disk-full, store-trouble, evaluation-damaged; Interrupted */
export async function realise(
  context: RealiseContext,
  drv: DrvPath,
  limits: BuildLimits,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const derivation = await context.derivations.read(drv);
  const outputs = outputPaths(derivation);
  if (outputs === undefined)
    return notRun("its outputs are content-addressed, and not known before they are built");
  await mkdir(context.rootsDirectory, { recursive: true });
  const believed = await context.facts.recall<BuildOutcome>("failure", [drv]);
  if (believed?.status === "flaky") return believed;
  if (await isRooted(context, drv, outputs)) return builtBefore(context, drv, outputs);
  // What is there counts for more than a failure remembered: somebody else's build went through.
  if ((await missingPaths(Object.values(outputs), signal)).length === 0) {
    await keepOutputs(context, drv, Object.values(outputs), signal);
    return builtBefore(context, drv, outputs);
  }
  if (believed !== undefined) return believed;

  await using space = watchSpace([STORE_DIRECTORY, context.temporaryDirectory]);
  await copyDerivation(context, drv, signal);
  const first = await buildOnce(context, derivation, outputs, limits, space.check, signal);
  if (first.status === "built") await context.facts.record("build-seconds", [drv], first.seconds);
  if (first.status !== "failed" || first.cause === "timeout") return first;
  const second = await buildOnce(context, derivation, outputs, limits, space.check, signal);
  const outcome = believe(first, second);
  if (isBelieved(outcome)) await context.facts.record("failure", [drv], outcome);
  return outcome;
}

/** How long it took is part of what a report says, also the next time; 0 where somebody else built it. */
async function builtBefore(
  { facts }: RealiseContext,
  drv: DrvPath,
  outputs: Record<OutputName, StorePath>,
): Promise<BuildOutcome> {
  const seconds = (await facts.recall<number>("build-seconds", [drv])) ?? 0;
  return { status: "built", outputs, seconds };
}

function believe(first: Failed, second: BuildOutcome): BuildOutcome {
  if (second.status === "not-run") return second;
  const seconds = first.seconds + second.seconds;
  return second.status === "failed"
    ? { ...second, seconds }
    : { status: "flaky", logTail: first.logTail, seconds };
}

/** A build that was too slow may only have met a busy machine. */
const isBelieved = (outcome: BuildOutcome) =>
  outcome.status === "flaky" || (outcome.status === "failed" && outcome.cause !== "timeout");

const notRun = (reason: string): BuildOutcome => ({ status: "not-run", reason });

function outputPaths(derivation: Derivation): Record<OutputName, StorePath> | undefined {
  const paths = Object.entries(derivation.outputs).map(([name, { path }]) => [name, path] as const);
  return paths.some(([, path]) => path === "") ? undefined : Object.fromEntries(paths);
}

const rootOf = (context: RealiseContext, drv: DrvPath) => join(context.rootsDirectory, baseName(drv));

/**
 * True where an earlier build is still rooted: what a root points to cannot have been collected, so Nix need not be asked. Nix
 * names the roots of several outputs after the first one, with the output's name or a number added.
 */
async function isRooted(
  context: RealiseContext,
  drv: DrvPath,
  outputs: Record<OutputName, StorePath>,
): Promise<boolean> {
  const names = Object.keys(outputs);
  const endings = ["", ...names.map((name) => `-${name}`), ...names.map((_, index) => `-${index + 1}`)];
  const roots = endings.map((ending) => `${rootOf(context, drv)}${ending}`);
  const targets = await Promise.all(roots.map((root) => readlink(root).catch(() => undefined)));
  const wanted = Object.values(outputs);
  const there = await Promise.all(wanted.map((path) => lstat(path).catch(() => undefined)));
  if (!wanted.every((path, index) => targets.includes(path) && there[index] !== undefined)) return false;
  // Roots are dropped by the time of their last use.
  const now = new Date();
  await Promise.all(roots.map((root) => lutimes(root, now, now).catch(() => undefined)));
  return true;
}

/** Roots what is there already. */
async function keepOutputs(
  context: RealiseContext,
  drv: DrvPath,
  paths: readonly StorePath[],
  signal: AbortSignal,
): Promise<void> {
  await nixStore(["--realise", ...paths, "--add-root", rootOf(context, drv), "--indirect"], { signal });
}

async function buildOnce(
  context: RealiseContext,
  derivation: Derivation,
  outputs: Record<OutputName, StorePath>,
  limits: BuildLimits,
  checkSpace: (said: string) => Promise<void>,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const result = await runBuild(context, derivation.path, limits, signal);
  if (result.exitCode === 0) return { status: "built", outputs, seconds: result.seconds };
  await checkSpace(result.stderr);
  const said = nixVoice(result.stderr);
  const reason = notTriedReason(said);
  if (reason !== undefined) return notRun(reason);
  const failure = readFailure(derivation.path, result.exitCode, said);
  if (failure === undefined)
    return notRun(`nix-store did not build it: ${said.slice(-3).join(" ").slice(0, 600)}`);
  return describeFailure(context, derivation, failure, result, signal);
}

/** How often a garbage collection may come between bringing a derivation over and building it. */
const MOST_COLLECTED = 3;

/** Nothing roots a derivation until Nix builds it; what was collected just before is brought over again. */
async function runBuild(
  context: RealiseContext,
  drv: DrvPath,
  limits: BuildLimits,
  signal: AbortSignal,
): Promise<RunResult> {
  for (let collected = 0; ; collected += 1) {
    const args = [...ENDS_WITH_US, "nix-store", ...buildArguments(context, drv, limits)];
    const result = await run("setpriv", args, { signal });
    const isGone = result.exitCode !== 0 && nixVoice(result.stderr).some((line) => COLLECTED.test(line));
    if (!isGone || collected === MOST_COLLECTED) return result;
    await copyDerivation(context, drv, signal);
  }
}

const COLLECTED =
  /^error: (?:cannot build missing derivation|(?:some )?path '[^']*' is (?:not valid|required, but there is no substituter))/;

/**
 * Nix alone would go on building for hours when we are killed, while somebody else begins the same anew. It is told with
 * SIGTERM, so that it ends its builders: setpriv(1), prctl(2) PR_SET_PDEATHSIG.
 */
const ENDS_WITH_US = ["--pdeathsig", "TERM", "--"];

/**
 * `--no-build-output`: standard error is then Nix's own voice, which a builder cannot imitate
 * (its log is read from where Nix keeps it).
 */
function buildArguments(context: RealiseContext, drv: DrvPath, limits: BuildLimits): string[] {
  return [
    ...["--realise", drv, "--no-build-output"],
    ...["--add-root", rootOf(context, drv), "--indirect"],
    ...["--timeout", String(limits.timeoutSeconds), "--max-silent-time", String(limits.silentSeconds)],
    ...["--option", "max-build-log-size", String(limits.logBytes)],
    ...SANDBOX_OPTIONS,
  ];
}

async function describeFailure(
  context: RealiseContext,
  derivation: Derivation,
  failure: BuildFailure,
  result: RunResult,
  signal: AbortSignal,
): Promise<BuildOutcome> {
  const failing = failure.failedDrv ?? derivation.path;
  const logTail = await readLogTail(failing, signal);
  const download = await isDownload(context, failing);
  if (download && saysNetworkTrouble(logTail)) {
    return notRun(`this machine could not download what ${failing} asks for`);
  }
  const explanation =
    explainFailure([...logTail, ...nixVoice(result.stderr)]) ??
    (download ? "a source could not be fetched" : undefined);
  return {
    status: "failed",
    ...failure,
    logTail,
    ...(explanation === undefined ? {} : { explanation }),
    seconds: result.seconds,
  };
}

async function readLogTail(drv: DrvPath, signal: AbortSignal): Promise<string[]> {
  const lines = await readLog(drv, 256 * 1024, signal);
  return lines.slice(-TAIL_LINES).map((line) => line.slice(0, TAIL_LINE_CHARACTERS));
}

/** The end of what the last build of a derivation wrote. */
export async function readLog(drv: DrvPath, keepBytes: number, signal: AbortSignal): Promise<string[]> {
  // No log at all is an error to nix-store, and for us a builder that never said anything.
  const { exitCode, stdout } = await run("nix-store", ["--read-log", drv], { signal, keepBytes });
  return exitCode === 0 ? stdout.replace(/\n+$/, "").split("\n") : [];
}

/** Fixed-output derivations: the only ones with a network. */
async function isDownload(context: RealiseContext, drv: DrvPath): Promise<boolean> {
  const { outputs } = await context.derivations.read(drv);
  return Object.values(outputs).some(({ hash }) => hash !== "");
}
