/**
 * One walk over a tree by as many evaluators as there is room for, with the store they write to, and with an eye on the disk.
 */
import { dirname } from "node:path";
import { formatAttrPath, ROOT_ATTR } from "../domain/attr-path.ts";
import type { AttrError, AttrPath } from "../domain/evaluation.ts";
import { budgetBytes } from "../domain/memory-budget.ts";
import type { EvaluationProgress, EvaluationRequest } from "../workflow/ports.ts";
import { type CacheDirectory, openCacheDirectory } from "./binary-cache/cache-directory.ts";
import type { CollectedAttrs } from "./collect-attrs.ts";
import { type DerivationWriter, openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { EvaluationDraft } from "./evaluation-store.ts";
import type { Evaluator, WantedAttrs } from "./evaluator.ts";
import { endedByCache, missesDerivation } from "./evaluator-message.ts";
import { checkoutMounts, type HostPrograms } from "./jail-mounts.ts";
import type { PackPlace } from "./pack/pack-format.ts";
import type { Sharing } from "./stretch.ts";
import { type WalkEnd, walkLimits } from "./walk.ts";
import type { AttrComponents } from "./walk-output.ts";
import { type TreeProgress, walkTree } from "./walk-tree.ts";
import { wantedAttrs } from "./wanted-attrs.ts";
import { type Withheld, type WithheldWalk, walkWithheld } from "./withheld/walk-withheld.ts";
import type { Room, WorkerPool } from "./worker-pool.ts";

const PROGRESS_EVERY_MS = 200;
const LOOK_EVERY_MS = 200;
/** Before so much is done nobody can tell how long the rest takes. */
const FORESEEN_SHARE = 0.05;

export interface CollectContext {
  readonly host: HostPrograms;
  readonly writer: DerivationWriter;
  readonly pool: WorkerPool;
  readonly sharing: Sharing;
}

export interface Walk {
  readonly draft: EvaluationDraft;
  /** The pack derivations go to; without it nothing is written, and attributes that read what they wrote end evaluators. */
  readonly pack?: PackPlace;
  readonly wanted?: WantedAttrs;
  /** Not to be looked at. */
  readonly skipped?: readonly AttrComponents[];
  /** Files to withhold at first (`withheld/`), where that can be done. */
  readonly withheld?: readonly string[] | undefined;
  /** May take room beyond what others have (`Room.isExtra`). */
  readonly isExtra?: boolean;
}

export interface GivenUp {
  /** Why. */
  readonly reason: string;
}

export type OnProgress = (progress: EvaluationProgress) => void;

/**
 * Where it is not given up, all of it was walked, and the pack is complete.
 * @returns what is known of files that were withheld
 * @throws EnvironmentError as `evaluate`; Interrupted
 */
export async function collectTree(
  walk: Walk,
  collected: CollectedAttrs,
  context: CollectContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<GivenUp | { readonly withheld?: Withheld }> {
  const writer = walk.pack === undefined ? "nobody" : context.writer;
  await using space = watchSpace([dirname(dirname(walk.draft.storeRoot))]);
  await using caches = writer === "cache" ? await openCacheDirectory() : undefined;
  await using store = await openStore(writer, walk.draft.storeRoot, walk.pack, caches?.path);
  const limits = walkLimits(request.timeoutSeconds);
  const go: Go = async (listener, writing, signal) => {
    const { isExtra = false, skipped = [] } = walk;
    const { entry, config } = request;
    const own = { host: context.host, writer: writing.writer, caches: caches?.path };
    const evaluator = await evaluatorFor(own, request, walk.draft.storeRoot);
    const wanted = writing.wanted ?? walk.wanted;
    const { withheld } = writing;
    const job = {
      pool: context.pool,
      room: roomFor(request, isExtra),
      evaluator: { ...evaluator, isExtra },
      call: {
        mode: "walk" as const,
        entry,
        config,
        path: [],
        ...(wanted === undefined ? {} : { wanted }),
        ...(withheld === undefined ? {} : { withheld }),
      },
      skipped,
      limits,
      listener: {
        ...listener,
        endedEarly: async (said: string, since: number) => {
          await store.check();
          await space.check(said);
          return evaluator.writer === "server" && missesDerivation(said) && (await store.layOut(since));
        },
      },
    };
    return walkTree(job, context.sharing, progress.follow, signal);
  };
  using progress = tellProgress(collected, context.pool, onProgress);
  const goAll: GoAll = (listener, how, signal) => {
    const goSo: Go = (listener, writing, signal) => go(listener, { ...how, ...writing }, signal);
    return caches === undefined
      ? goSo(listener, { writer }, signal)
      : goWithCaches(caches, listener, goSo, signal);
  };
  const withhold = walk.withheld ?? [];
  const { end, ...found } = await (withhold.length === 0
    ? { end: await goAll(collected.listener, {}, signal) }
    : walkWithheld(withhold, collected, goAll, signal));
  if (!end.complete) return { reason: end.reason };
  await store.end();
  return found;
}

interface Writing extends WithheldWalk {
  readonly writer: Evaluator["writer"];
}

type Go = (
  listener: CollectedAttrs["listener"],
  /** What is wanted here is so instead of what is wanted otherwise. */
  writing: Writing,
  signal: AbortSignal,
) => Promise<WalkEnd>;
type GoAll = (
  listener: CollectedAttrs["listener"],
  how: WithheldWalk,
  signal: AbortSignal,
) => Promise<WalkEnd>;

/** Each ended an evaluator, and is about to be looked at once more. */
const MOST_READING = 50;

/**
 * By evaluators that cannot read what they have written, then what ended one because of that by those that can; all of it by these
 * where it is too much, or where memory gets scarce.
 */
async function goWithCaches(
  caches: CacheDirectory,
  listener: CollectedAttrs["listener"],
  go: Go,
  signal: AbortSignal,
): Promise<WalkEnd> {
  const reading = new Set<AttrPath>();
  const unfit = new AbortController();
  const first = {
    ...listener,
    lost(path: AttrComponents, error: AttrError) {
      if (!endedByCache(error.error)) return listener.lost(path, error);
      const attr = formatAttrPath(path);
      reading.add(attr);
      if (attr === ROOT_ATTR || reading.size > MOST_READING) unfit.abort();
    },
  };
  const look = async () => {
    if (!(await caches.hasRoom())) unfit.abort();
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  let end: WalkEnd | undefined;
  try {
    end = await go(first, { writer: "cache" }, AbortSignal.any([signal, unfit.signal]));
  } catch (error) {
    await look();
    if (signal.aborted || !unfit.signal.aborted) throw error;
  } finally {
    clearInterval(timer);
  }
  if (end === undefined || unfit.signal.aborted) return go(listener, { writer: "server" }, signal);
  if (!end.complete || reading.size === 0) return end;
  return go(listener, { writer: "server", wanted: wantedAttrs([], [...reading]) }, signal);
}

/** The evaluator for a request, writing to the store at `storeRoot`; by its socket where there is no place for caches. */
export async function evaluatorFor(
  { host, writer, caches }: Pick<Evaluator, "host" | "writer" | "caches">,
  request: EvaluationRequest,
  storeRoot: string,
): Promise<Omit<Evaluator, "memoryBytes">> {
  const checkout = await checkoutMounts(request.checkout.directory);
  const own = { host, checkout, storeRoot, system: request.system };
  if (writer !== "cache") return { ...own, writer };
  return caches === undefined ? { ...own, writer: "server" } : { ...own, writer, caches };
}

/** What evaluators of this request may take, reckoned from what the machine has left now. */
export function roomFor({ memory, attrs }: EvaluationRequest, isExtra = false): Omit<Room, "alone"> {
  // Containers may have less than the machine; Node looks at both.
  const budget = budgetBytes(memory, process.availableMemory());
  return { budgetBytes: budget, evaluation: {}, isExtra: isExtra || attrs !== undefined };
}

/** Tells how far it is, until disposed of. */
function tellProgress(collected: CollectedAttrs, pool: WorkerPool, onProgress: OnProgress) {
  const started = performance.now();
  let tree: TreeProgress | undefined;
  const tell = () => {
    const memoryBytes = pool.memoryBytes();
    const share = tree?.share() ?? 0;
    const seconds = (performance.now() - started) / 1000;
    const foreseen = share < FORESEEN_SHARE ? {} : { secondsLeft: (seconds / share) * (1 - share) };
    onProgress({ attrs: collected.attrs.size, errors: collected.errors(), memoryBytes, ...foreseen });
  };
  const timer = setInterval(tell, PROGRESS_EVERY_MS);
  return {
    follow(progress: TreeProgress) {
      tree = progress;
    },
    [Symbol.dispose]() {
      clearInterval(timer);
      tell();
    },
  };
}
