/**
 * A walk over one stretch of a package set: runs of the evaluator, one after the other, until every attribute in it has been
 * looked at.
 *
 * Most walks are one run. An evaluator that has grown large is ended, and a new one goes on. An error that `tryEval` cannot
 * catch ends a run, and so do we when an attribute takes too long; the next run then goes on from there and announces
 * attributes, so that the one that ends it again is known and pays for it. Memory is different: attributes share
 * it, so one is blamed only if it ran out of all the memory there is in a run of its own.
 *
 * A walk that cannot go on says so; it never passes for one that found nothing.
 */
import { formatAttrPath } from "../domain/attr-path.ts";
import type { Evaluator, WalkerCall } from "./evaluator.ts";
import { followRun, type WalkListener } from "./follow-run.ts";
import type { RunEnd } from "./run-end.ts";
import type { Stretch } from "./stretch.ts";
import type { AttrComponents } from "./walk-output.ts";
import type { Place, Room, WorkerPool } from "./worker-pool.ts";

/** Each costs a start of the evaluator; a tree with more uncatchable errors than this is broken as a whole. */
const LOSSES = 1_000;
/** Announcements in one evaluation: several times what nixpkgs has. A set that contains itself has no end. */
const ANNOUNCEMENTS = 1_000_000;
/** How often a run may be ended from outside before we give up: in a row without getting further, and at all. */
const KILLS_IN_A_ROW = 3;
const KILLS = 30;
/** An attribute that runs out of less than this may be an ordinary one. */
const BLAMED_BYTES = 512 * 1024 ** 2;
/** An attribute may take this share of the time the whole walk has. */
const ATTRIBUTE_SHARE = 4;
const ATTRIBUTE_LEAST_MS = 5_000;

export interface WalkJob {
  readonly pool: WorkerPool;
  readonly room: Omit<Room, "alone">;
  readonly evaluator: Omit<Evaluator, "memoryBytes">;
  readonly call: Pick<WalkerCall, "mode" | "entry" | "config" | "wanted" | "path" | "withheld">;
  /** Not to be looked at. */
  readonly skipped?: readonly AttrComponents[];
  readonly limits: WalkLimits;
  readonly listener: WalkListener;
}

export type WalkEnd = { readonly complete: true } | { readonly complete: false; readonly reason: string };

/** What all walks of one evaluation may take together. */
export interface WalkLimits {
  readonly timeoutSeconds: number;
  leftMs(): number;
  announce(count: number): boolean;
  /** False once there are too many. */
  lose(): boolean;
  kill(): boolean;
}

/** Time runs from now on. */
export function walkLimits(timeoutSeconds: number): WalkLimits {
  const deadline = performance.now() + timeoutSeconds * 1000;
  let [announced, losses, kills] = [0, 0, 0];
  return {
    timeoutSeconds,
    leftMs: () => deadline - performance.now(),
    announce(count) {
      announced += count;
      return announced <= ANNOUNCEMENTS;
    },
    lose() {
      losses += 1;
      return losses <= LOSSES;
    },
    kill() {
      kills += 1;
      return kills <= KILLS;
    },
  };
}

/**
 * @param take the stretch, asked for once there is room to walk it; undefined where nothing is left
 * @throws what `followRun` throws; Interrupted
 */
export async function walk(
  job: WalkJob,
  take: () => Stretch | undefined,
  signal: AbortSignal,
): Promise<WalkEnd> {
  const state: WalkState = {
    stretch: undefined,
    known: [],
    careful: false,
    alone: false,
    kills: 0,
    memoryBytes: 0,
  };
  const lost = new Set<string>();
  for (;;) {
    const end = await job.pool.use({ ...job.room, alone: state.alone }, signal, (place) =>
      nextRun(job, state, take, place, signal),
    );
    const decided = end === undefined ? COMPLETE : decide(job, state, lost, end);
    if (decided !== undefined) return decided;
  }
}

interface WalkState {
  stretch: Stretch | undefined;
  /** In the place where the stretch is, what need not be looked at again. */
  known: AttrComponents[];
  careful: boolean;
  alone: boolean;
  /** From outside, in a row. */
  kills: number;
  /** Of the last run. */
  memoryBytes: number;
}

async function nextRun(
  { evaluator, call, skipped = [], limits, listener }: WalkJob,
  state: WalkState,
  take: () => Stretch | undefined,
  place: Place,
  signal: AbortSignal,
): Promise<RunEnd | undefined> {
  state.stretch ??= take();
  state.memoryBytes = place.memoryBytes;
  const { stretch, careful, known } = state;
  if (stretch === undefined || stretch.isOver()) return undefined;
  const time = {
    leftMs: Math.max(1, limits.leftMs()),
    patienceMs: Math.max(ATTRIBUTE_LEAST_MS, (limits.timeoutSeconds * 1000) / ATTRIBUTE_SHARE),
    announce: limits.announce,
  };
  const { at } = stretch;
  const run = { ...call, careful, known: [...skipped, ...known] };
  const end = await followRun(evaluator, run, stretch, place, time, listener, signal);
  state.known = end.at === at ? [...known, ...end.settled] : [...end.settled];
  return end;
}

const COMPLETE: WalkEnd = { complete: true };
const incomplete = (reason: string): WalkEnd => ({ complete: false, reason });

/** Undefined: another run. */
function decide(job: WalkJob, state: WalkState, lost: Set<string>, end: RunEnd): WalkEnd | undefined {
  const { limits } = job;
  const { alone } = state;
  state.alone = false;
  if (end.how !== "killed" || end.progress) state.kills = 0;
  switch (end.how) {
    case "ended":
      return COMPLETE;
    case "deadline":
      return incomplete(`it took longer than ${limits.timeoutSeconds} s`);
    case "flooded":
      return incomplete(`it has over ${ANNOUNCEMENTS} attributes, or a set that contains itself`);
    case "changed":
      return incomplete("its names are others each time it is looked at");
    case "grown":
    case "again":
    case "misled":
      return undefined;
    case "killed":
      state.kills += 1;
      // The kernel picks what is largest when memory runs out.
      state.alone = state.kills > 1;
      if (state.kills <= KILLS_IN_A_ROW && limits.kill()) return undefined;
      return incomplete(
        `evaluators were killed from outside, again and again (${end.said}); is memory short?`,
      );
    case "memory":
      return outOfMemory(job, state, lost, end, alone);
    case "slow":
    case "failed":
      if (state.careful) return lose(job, state, lost, end);
      state.careful = true;
      return undefined;
  }
}

function outOfMemory(
  job: WalkJob,
  state: WalkState,
  lost: Set<string>,
  end: RunEnd,
  alone: boolean,
): WalkEnd | undefined {
  const inRunOfItsOwn = state.careful && !end.progress;
  state.careful = true;
  if (!inRunOfItsOwn) return undefined;
  if (!alone) {
    state.alone = true;
    return undefined;
  }
  if (state.memoryBytes >= BLAMED_BYTES) return lose(job, state, lost, end);
  const what = end.current === undefined ? "it" : formatAttrPath(end.current);
  const mebibytes = Math.floor(state.memoryBytes / 2 ** 20);
  return incomplete(`${what} needs more memory than the ${mebibytes} MiB of limits.evaluation`);
}

function lose(
  { limits, listener }: WalkJob,
  state: WalkState,
  lost: Set<string>,
  { current, progress, error, said }: RunEnd,
): WalkEnd | undefined {
  // Only `about` was missing: the attribute is known, and the next run begins after it.
  if (current === undefined && progress) return undefined;
  if (current === undefined) return incomplete(`the evaluator stops without getting any further: ${said}`);
  const key = JSON.stringify(current);
  // Names that are no valid text come back changed, and would be walked into for ever.
  if (lost.has(key)) return incomplete(`the evaluator stops without getting any further: ${said}`);
  lost.add(key);
  state.known.push(current);
  listener.lost(current, error);
  return limits.lose() ? undefined : incomplete(`over ${LOSSES} attributes end the evaluator`);
}
