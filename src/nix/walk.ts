/**
 * A walk: runs of the evaluator, one after the other, until every attribute has been looked at.
 *
 * Most walks are one run. An error that `tryEval` cannot catch ends a run, and so do we when an attribute takes too
 * long; the attribute begun last pays for it and the next run goes on from there. Memory is different: attributes share
 * it, so the one begun last is blamed only if it ran out of memory in a run of its own.
 *
 * A walk that cannot go on says so; it never passes for one that found nothing.
 */
import { randomBytes } from "node:crypto";
import type { AttrError } from "../domain/evaluation.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { RunResult } from "../process.ts";
import { type Evaluator, runEvaluator, type WalkerCall } from "./evaluator.ts";
import { errorMessage } from "./evaluator-message.ts";
import { type AttrIdentity, readStatement, type WalkStatement } from "./walk-output.ts";

/** Each costs a start of the evaluator; a tree with more uncatchable errors than this is broken as a whole. */
const RUNS = 200;
/** Announcements in one walk: several times what nixpkgs has. A set that contains itself has no end. */
const ANNOUNCEMENTS = 1_000_000;
/** Lines of an ending run that may hold its error. */
const TAIL_LINES = 400;
/** An attribute may take this share of the time the whole walk has. */
const ATTRIBUTE_SHARE = 4;
const ATTRIBUTE_LEAST_MS = 5_000;

export type WalkCall = Pick<WalkerCall, "mode" | "entry" | "config" | "wanted" | "path">;

export interface WalkListener {
  /** Everything the walker says, apart from `begin` and `end`. */
  statement(statement: WalkStatement): void;
  /** An attribute that ended a run. */
  lost(id: AttrIdentity, error: AttrError): void;
  /** A line of the evaluator or the package set. */
  otherLine(line: string): void;
  /** The last words of a run that ended early: throws where they tell of this machine's trouble, a full disk say. */
  endedEarly(said: string): Promise<void>;
}

export type WalkEnd = { readonly complete: true } | { readonly complete: false; readonly reason: string };

export async function walk(
  evaluator: Evaluator,
  call: WalkCall,
  timeoutSeconds: number,
  listener: WalkListener,
  signal: AbortSignal,
): Promise<WalkEnd> {
  const deadline = performance.now() + timeoutSeconds * 1000;
  const known = new Set<AttrIdentity>();
  let announced = 0;
  for (let runs = 0; runs < RUNS; runs += 1) {
    const left = deadline - performance.now();
    if (left <= 0) return incomplete(`it took longer than ${timeoutSeconds} s`);
    const knownBefore = known.size;
    const end = await oneRun(
      evaluator,
      { ...call, known: [...known] },
      { left, timeoutSeconds },
      listener,
      signal,
    );
    for (const id of end.settled) known.add(id);
    announced += end.announced;
    if (end.kind === "ended") return { complete: true };
    if (end.kind === "deadline") return incomplete(`it took longer than ${timeoutSeconds} s`);
    if (announced > ANNOUNCEMENTS)
      return incomplete(`it has over ${ANNOUNCEMENTS} attributes, or a set that contains itself`);
    if (end.kind === "lost") {
      known.add(end.id);
      listener.lost(end.id, end.error);
    }
    // Names that are no valid text come back changed, and would be walked into for ever.
    if (known.size === knownBefore)
      return incomplete(`the evaluator stops without getting any further: ${end.said}`);
  }
  return incomplete(`over ${RUNS} attributes end the evaluator`);
}

const incomplete = (reason: string): WalkEnd => ({ complete: false, reason });

type RunEnd = { readonly settled: readonly AttrIdentity[]; readonly announced: number } & (
  | { readonly kind: "ended" | "deadline" | "flooded" }
  | { readonly kind: "memory-shared" }
  | { readonly kind: "lost"; readonly id: AttrIdentity; readonly error: AttrError }
) & { readonly said: string };

async function oneRun(
  evaluator: Evaluator,
  call: Omit<WalkerCall, "nonce">,
  time: { readonly left: number; readonly timeoutSeconds: number },
  listener: WalkListener,
  signal: AbortSignal,
): Promise<RunEnd> {
  const nonce = randomBytes(16).toString("hex");
  const progress = followRun(nonce, listener);
  const patience = Math.max(ATTRIBUTE_LEAST_MS, (time.timeoutSeconds * 1000) / ATTRIBUTE_SHARE);
  const ours = new AbortController();
  const watch = setInterval(() => {
    if (progress.idleMs() > patience || progress.announced() > ANNOUNCEMENTS) ours.abort();
  }, 200);
  let result: RunResult | undefined;
  try {
    result = await runEvaluator(
      evaluator,
      { ...call, nonce },
      { timeoutMs: time.left, onStderrLine: progress.line },
      AbortSignal.any([signal, ours.signal]),
    );
  } catch (error) {
    // Our own patience ended the run, not the caller.
    if (!(error instanceof Interrupted) || signal.aborted) throw error;
  } finally {
    clearInterval(watch);
  }
  if (!progress.ended()) await listener.endedEarly(progress.tail().join("\n"));
  return judgeRun(result, progress, patience);
}

interface Progress {
  line(line: string): void;
  idleMs(): number;
  announced(): number;
  settled(): readonly AttrIdentity[];
  current(): AttrIdentity | undefined;
  ended(): boolean;
  tail(): readonly string[];
}

/** Follows the lines of one run: what is settled, and what was begun and is not. */
function followRun(nonce: string, listener: WalkListener): Progress {
  const settled: AttrIdentity[] = [];
  let current: AttrIdentity | undefined;
  let announced = 0;
  let ended = false;
  let heard = performance.now();
  let tail: string[] = [];
  const settle = (id: AttrIdentity) => {
    settled.push(id);
    // `about` may still come, and may be what ends the run; its attribute is settled all the same.
    if (current === id) current = undefined;
  };
  const statement = (said: WalkStatement) => {
    if (said.kind === "end") ended = true;
    else if (said.kind === "begin") {
      announced += 1;
      current = said.id;
    } else {
      if (said.kind !== "set" && said.kind !== "about") settle(said.id);
      listener.statement(said);
    }
  };
  return {
    line(line) {
      const said = readStatement(nonce, line);
      if (said === undefined) {
        if (tail.length < TAIL_LINES) tail.push(line);
        else tail = [...tail.slice(TAIL_LINES / 2), line];
        return;
      }
      heard = performance.now();
      for (const other of tail) listener.otherLine(other);
      tail = [];
      if (said.kind !== "unreadable") statement(said);
      else if (current !== undefined) {
        listener.lost(current, fatal("its description is larger than 64 KiB"));
        settle(current);
      }
    },
    idleMs: () => performance.now() - heard,
    announced: () => announced,
    settled: () => settled,
    current: () => current,
    ended: () => ended,
    tail: () => tail,
  };
}

const fatal = (error: string): AttrError => ({ ok: false, error, cause: "fatal" });

/** Boehm's collector and Nix say it in their own words; a hard stop shows as SIGABRT through bubblewrap. */
const OUT_OF_MEMORY = /out of memory|bad_alloc|Failed to expand heap|Out of Memory|cannot allocate memory/i;

function judgeRun(result: RunResult | undefined, progress: Progress, patience: number): RunEnd {
  const tail = progress.tail();
  const said = errorMessage(tail) ?? tail.slice(-3).join(" ");
  const end = { settled: progress.settled(), announced: progress.announced(), said };
  if (result?.exitCode === 0 && progress.ended()) return { ...end, kind: "ended" };
  if (result?.timedOut) return { ...end, kind: "deadline" };
  if (progress.announced() > ANNOUNCEMENTS) return { ...end, kind: "flooded" };
  if (progress.announced() === 0) throw neverStarted(tail);

  const ranOut = result !== undefined && OUT_OF_MEMORY.test(tail.join("\n"));
  if (ranOut && progress.settled().length > 0) return { ...end, kind: "memory-shared" };
  const id = progress.current();
  // Only `about` was missing: the attribute is known, and the next run begins after it.
  if (id === undefined) return { ...end, kind: "memory-shared" };
  if (result === undefined) return { ...end, kind: "lost", id, error: tooSlow(patience) };
  if (ranOut)
    return { ...end, kind: "lost", id, error: { ok: false, error: "out of memory", cause: "memory" } };
  return { ...end, kind: "lost", id, error: fatal(errorMessage(tail) ?? endedBySignal(result)) };
}

function tooSlow(patience: number): AttrError {
  return { ok: false, error: `takes longer than ${Math.round(patience / 1000)} s`, cause: "timeout" };
}

function endedBySignal(result: RunResult): string {
  // bubblewrap passes a signal on as 128 + its number, as shells do.
  const code = result.exitCode ?? 0;
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
