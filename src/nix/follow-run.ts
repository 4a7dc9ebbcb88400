/**
 * One run of the evaluator, followed line by line: how far it came, what it settled, and, where it did not come to its end,
 * how it ended.
 *
 * An evaluator is ended by us where it need not go on (`Stretch.end`), where it has grown too large, and where one attribute
 * takes too long.
 */
import { randomBytes } from "node:crypto";
import type { AttrError } from "../domain/evaluation.ts";
import { Interrupted } from "../errors.ts";
import type { RunResult } from "../process.ts";
import { type Evaluator, runEvaluator, type WalkerCall } from "./evaluator.ts";
import { type EndedRun, judgeRun } from "./judge-run.ts";
import { residentBytes } from "./process-memory.ts";
import { fatal, type Halt, type RunEnd, type RunTime } from "./run-end.ts";
import type { Stretch } from "./stretch.ts";
import {
  type AttrComponents,
  isOfWithheld,
  type PlacedStatement,
  readStatement,
  type WalkStatement,
  type WithheldStatement,
} from "./walk-output.ts";
import { countMet } from "./withheld/count-met.ts";
import { withholdInRun } from "./withheld/withhold-in-run.ts";
import type { Place } from "./worker-pool.ts";

/** Lines of an ending run that may hold its error. */
const TAIL_LINES = 400;
const LOOK_EVERY_MS = 100;
/** An evaluator that was started this recently is not ended for its size: starting costs time as well. */
const LEAST_RUN_MS = 1_500;
/** Resident, of one evaluator: one of nixpkgs takes no less than about half of it, and has few collections up to here. */
const GROWN_BYTES = 625 * 1024 ** 2;
const GROWN_SHARE = 0.6;

export interface WalkListener {
  /** Everything the walker says of attributes, apart from `begin`. */
  statement(statement: PlacedStatement): void;
  /** The names at the root, said by each run; false where they are others than before. */
  names(count: number, digest: string): boolean;
  /** An attribute that ended a run. */
  lost(path: AttrComponents, error: AttrError): void;
  /** An attribute that needs a withheld file; called only where there are such. */
  needs?(path: AttrComponents): void;
  /** A line of the evaluator or the package set, said while looking at the name in this place. */
  otherLine(line: string, at: number): void;
  /**
   * The last words of a run that ended early: throws where they tell of this machine's trouble, a full disk say.
   * @param since when it began, in `performance.now()`'s milliseconds
   * @returns true where it lacked something that is there now: it is then run again, and nothing is blamed
   */
  endedEarly(said: string, since: number): Promise<boolean>;
}

/** @throws EnvironmentError evaluator-failed, those of `runEvaluator` and `listener.endedEarly`; Interrupted */
export async function followRun(
  evaluator: Omit<Evaluator, "memoryBytes">,
  call: Omit<WalkerCall, "nonce" | "from" | "to">,
  stretch: Stretch,
  place: Place,
  time: RunTime,
  listener: WalkListener,
  signal: AbortSignal,
): Promise<RunEnd> {
  const nonce = randomBytes(16).toString("hex");
  const ours = new AbortController();
  let halted: Halt | undefined;
  const halt = (why: Halt) => {
    halted ??= why;
    ours.abort();
  };
  await using withheld = await withholdInRun(call.withheld, nonce, evaluator, () => ours.abort(), signal);
  const progress = followLines(nonce, call.careful, stretch, time, listener, halt, withheld.onReady);
  await using watch = watchRun(progress, place, time, halt);
  const began = performance.now();
  let result: RunResult | undefined;
  try {
    result = await runEvaluator(
      { ...evaluator, ...withheld.evaluator, memoryBytes: place.memoryBytes },
      { ...call, ...withheld.call, nonce, from: stretch.at, to: stretch.end },
      { timeoutMs: time.leftMs, onStderrLine: progress.line, onStart: watch.onStart },
      AbortSignal.any([signal, ours.signal]),
    );
  } catch (error) {
    // We ended the run, not the caller.
    if (!(error instanceof Interrupted) || signal.aborted) throw error;
  } finally {
    withheld.onEnd();
  }
  await withheld.shut();
  const ended = halted === "end" || progress.ended();
  if (!ended && (await listener.endedEarly(progress.tail().join("\n"), began)))
    return { ...progress.end(), how: "again", said: "", error: fatal("") };
  return judgeRun(result, halted, progress, time);
}

/** Looks now and then whether the run has to be ended. */
function watchRun(progress: Progress, place: Place, time: RunTime, halt: (why: Halt) => void) {
  const started = performance.now();
  const grown = Math.min(GROWN_BYTES, place.memoryBytes * GROWN_SHARE);
  let pid: number | undefined;
  const look = () => {
    if (progress.idleMs() > time.patienceMs) halt("slow");
    if (pid === undefined || performance.now() - started < LEAST_RUN_MS) return;
    if (residentBytes(pid) > grown) progress.haltAtNext();
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  return {
    onStart(started: number) {
      pid = started;
      place.onStart(started);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      pid = undefined;
    },
  };
}

interface Progress extends EndedRun {
  line(line: string): void;
  /** Ends the run once something more is settled. */
  haltAtNext(): void;
  idleMs(): number;
}

function followLines(
  nonce: string,
  careful: boolean,
  stretch: Stretch,
  time: RunTime,
  listener: WalkListener,
  halt: (why: Halt) => void,
  onReady: () => void,
): Progress {
  const met = countMet();
  let settled: AttrComponents[] = [];
  let current: AttrComponents | undefined;
  let [started, moved, ended, leaving, over, doubtful] = [false, false, false, false, false, false];
  let heard = performance.now();
  let tail: string[] = [];

  const settle = (path: AttrComponents) => {
    settled.push(path);
    moved = true;
    // `about` may still come, and may be what ends the run; its attribute is settled all the same.
    if (current !== undefined && samePath(current, path)) current = undefined;
  };
  const announce = (count: number) => {
    if (!time.announce(count)) stop("flooded");
  };
  const stop = (why: Halt) => {
    over = true;
    halt(why);
  };
  const placed = (said: PlacedStatement) => {
    // The root itself has no place.
    if (said.path.length > 0 && stretch.isAhead(said.at)) {
      stretch.moveTo(said.at);
      settled = [];
      moved = true;
    }
    if (stretch.isOver() && said.path.length > 0) return stop("end");
    const need = met.need();
    if (need !== "none") return needs(said, need);
    if (said.kind === "begin") {
      current = said.path;
      return announce(1);
    }
    if (said.kind === "set") announce(said.size);
    else if (said.kind !== "about") settle(said.path);
    listener.statement(said);
    if (leaving && said.kind !== "set") stop("grown");
  };
  const needs = ({ path }: PlacedStatement, need: "needed" | "misled") => {
    doubtful = true;
    if (need === "misled") listener.lost(path, fatal("goes on without a withheld file"));
    else listener.needs?.(path);
    settle(path);
    if (need === "misled") stop("misled");
    else if (leaving) stop("grown");
  };
  const ofWithheld = ({ kind }: WithheldStatement) => {
    started = true;
    met.heard(kind);
    if (kind === "ready") onReady();
  };
  const statement = (said: Exclude<WalkStatement, WithheldStatement>) => {
    started = true;
    if (said.kind === "end") ended = true;
    else if (said.kind !== "names") placed(said);
    else {
      current = undefined;
      stretch.limit(said.count);
      if (met.need() !== "none") needs({ kind: "thrown", at: 0, path: [] }, "misled");
      else if (!listener.names(said.count, said.digest)) stop("changed");
    }
  };
  return {
    line(line) {
      // What an evaluator says that we are about to end is not looked at.
      if (over) return;
      const said = readStatement(nonce, line);
      if (said === undefined) {
        if (tail.length < TAIL_LINES) tail.push(line);
        else tail = [...tail.slice(TAIL_LINES / 2), line];
        return;
      }
      heard = performance.now();
      if (isOfWithheld(said)) return ofWithheld(said);
      const others = tail;
      tail = [];
      doubtful = false;
      if (said.kind !== "unreadable") statement(said);
      else if (current !== undefined) {
        listener.lost(current, fatal("its description is larger than 64 KiB"));
        settle(current);
      } else if (!careful) stop("unreadable");
      // What is said on the way to a withheld file is said again, and what is said after it may not be so.
      if (!over && !doubtful) for (const other of others) listener.otherLine(other, stretch.at);
    },
    haltAtNext: () => {
      leaving = true;
    },
    idleMs: () => performance.now() - heard,
    started: () => started,
    ended: () => ended,
    tail: () => tail,
    end: () => ({ settled, at: stretch.at, current, progress: moved }),
  };
}

const samePath = (a: AttrComponents, b: AttrComponents) =>
  a.length === b.length && a.every((name, index) => name === b[index]);
