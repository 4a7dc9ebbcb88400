/**
 * One walk over a tree by as many evaluators as there is room for, with the store they write to, and with an eye on the disk.
 */
import { dirname } from "node:path";
import { budgetBytes } from "../domain/memory-budget.ts";
import type { EvaluationProgress, EvaluationRequest } from "../workflow/ports.ts";
import type { CollectedAttrs } from "./collect-attrs.ts";
import { type DerivationWriter, openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { EvaluationDraft } from "./evaluation-store.ts";
import type { Evaluator, WantedAttrs } from "./evaluator.ts";
import { missesDerivation } from "./evaluator-message.ts";
import { checkoutMounts, type HostPrograms } from "./jail-mounts.ts";
import type { PackPlace } from "./pack/pack-format.ts";
import type { Sharing } from "./stretch.ts";
import { walkLimits } from "./walk.ts";
import type { AttrComponents } from "./walk-output.ts";
import { type TreeProgress, walkTree } from "./walk-tree.ts";
import type { Room, WorkerPool } from "./worker-pool.ts";

const PROGRESS_EVERY_MS = 200;
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
  /** May take room beyond what others have (`Room.isExtra`). */
  readonly isExtra?: boolean;
}

export type OnProgress = (progress: EvaluationProgress) => void;

/**
 * @returns why it was given up; `undefined` where all of it was walked, and the pack is complete
 * @throws EnvironmentError as `evaluate`; Interrupted
 */
export async function collectTree(
  { draft, pack, wanted, skipped = [], isExtra = false }: Walk,
  collected: CollectedAttrs,
  context: CollectContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<string | undefined> {
  const writer = pack === undefined ? "nobody" : context.writer;
  const evaluator = { ...(await evaluatorFor({ ...context, writer }, request, draft.storeRoot)), isExtra };
  await using space = watchSpace([dirname(dirname(draft.storeRoot))]);
  await using store = await openStore(writer, draft.storeRoot, pack);
  const listener = {
    ...collected.listener,
    endedEarly: async (said: string, since: number) => {
      await store.check();
      await space.check(said);
      return missesDerivation(said) && (await store.layOut(since));
    },
  };
  const { entry, config, timeoutSeconds } = request;
  const job = {
    pool: context.pool,
    room: roomFor(request, isExtra),
    evaluator,
    call: { mode: "walk" as const, entry, config, path: [], ...(wanted === undefined ? {} : { wanted }) },
    skipped,
    limits: walkLimits(timeoutSeconds),
    listener,
  };
  using progress = tellProgress(collected, context.pool, onProgress);
  const end = await walkTree(job, context.sharing, progress.follow, signal);
  if (!end.complete) return end.reason;
  await store.end();
  return undefined;
}

/** The evaluator for a request, writing to the store at `storeRoot`. */
export async function evaluatorFor(
  { host, writer }: Pick<Evaluator, "host" | "writer">,
  request: EvaluationRequest,
  storeRoot: string,
): Promise<Omit<Evaluator, "memoryBytes">> {
  const checkout = await checkoutMounts(request.checkout.directory);
  return { host, checkout, storeRoot, writer, system: request.system };
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
