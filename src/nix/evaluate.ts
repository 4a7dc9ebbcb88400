/**
 * Evaluate: what every attribute of a tree is, for one system.
 *
 * What trips people up: a tree whose entry file cannot be evaluated at all (a syntax error, say) is *evaluated*, with one
 * error at the attr "" (`ROOT_ATTR`): that is the pull request's doing and has to be shown as such. Callers must not take the
 * absence of every other attr for attrs removed. `not-run` means that nobody knows.
 *
 * An attribute that throws is caught inside the evaluator, which then does not tell why; who wants to know asks afterwards
 * (`explain.ts`).
 */
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatAttrPath, parseAttrPath } from "../domain/attr-path.ts";
import type { AttrPath, AttrResult, Evaluation } from "../domain/evaluation.ts";
import { budgetBytes } from "../domain/memory-budget.ts";
import { UserError } from "../errors.ts";
import type { EvaluationProgress, EvaluationQuery, EvaluationRequest } from "../workflow/ports.ts";
import { type CollectedAttrs, collectAttrs } from "./collect-attrs.ts";
import { type DerivationWriter, openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { EvaluationDraft, EvaluationStore, OpenEvaluation } from "./evaluation-store.ts";
import type { Evaluator, WantedAttrs } from "./evaluator.ts";
import { missesDerivation, warningLines } from "./evaluator-message.ts";
import { fatal } from "./follow-run.ts";
import { checkoutMounts, type HostPrograms } from "./jail-mounts.ts";
import { listFrames } from "./pack/pack-reader.ts";
import { evaluationKey, isReusable, savedAttrs } from "./saved-evaluation.ts";
import { baseName } from "./store-path.ts";
import { walkLimits } from "./walk.ts";
import { type Sharing, type TreeProgress, walkTree } from "./walk-tree.ts";
import type { Room, WorkerPool } from "./worker-pool.ts";

const PROGRESS_EVERY_MS = 200;
/** Before so much is done nobody can tell how long the rest takes. */
const FORESEEN_SHARE = 0.05;

export interface EvaluateContext {
  readonly host: HostPrograms;
  readonly writer: DerivationWriter;
  readonly nixVersion: string;
  readonly store: EvaluationStore;
  readonly pool: WorkerPool;
  readonly sharing: Sharing;
}

export type EvaluateEnd =
  | { readonly status: "evaluated"; readonly opened: OpenEvaluation }
  | { readonly status: "not-run"; readonly reason: string };

type OnProgress = (progress: EvaluationProgress) => void;

/** @throws EnvironmentError jail-failed, evaluator-failed, disk-full, program-missing, those of `StoreServer.check`; Interrupted */
export async function evaluate(
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  const key = evaluationKey(request, context.nixVersion);
  const known = await findEvaluation(context, request);
  if (known !== undefined) {
    const { attrs } = known.evaluation;
    const errors = attrs.filter(([, result]) => !result.ok).length;
    onProgress({ attrs: attrs.length, errors, memoryBytes: 0, secondsLeft: 0 });
    return { status: "evaluated", opened: known };
  }
  const reason = await entryTrouble(request);
  if (reason !== undefined) return { status: "not-run", reason };

  await using draft = await context.store.begin();
  // Awaited here: the draft is disposed of when this function is left.
  return await evaluateInto(draft, key, context, request, onProgress, signal);
}

/** What is kept of an earlier time and may be used again. */
export async function findEvaluation(
  { store, nixVersion }: Pick<EvaluateContext, "store" | "nixVersion">,
  query: EvaluationQuery,
): Promise<OpenEvaluation | undefined> {
  const known = await store.find(evaluationKey(query, nixVersion));
  return known !== undefined && isReusable(known.evaluation) ? known : undefined;
}

/** The evaluator for a request, writing to the store at `storeRoot`. */
export async function evaluatorFor(
  { host, writer }: Pick<EvaluateContext, "host" | "writer">,
  request: EvaluationRequest,
  storeRoot: string,
): Promise<Omit<Evaluator, "memoryBytes">> {
  const checkout = await checkoutMounts(request.checkout.directory);
  return { host, checkout, storeRoot, writer, system: request.system };
}

/** What evaluators of this request may take, reckoned from what the machine has left now. */
export function roomFor({ memory }: EvaluationRequest): Omit<Room, "alone"> {
  // Containers may have less than the machine; Node looks at both.
  return { budgetBytes: budgetBytes(memory, process.availableMemory()), evaluation: {} };
}

async function entryTrouble({ checkout, entry }: EvaluationRequest): Promise<string | undefined> {
  if (entry.startsWith("/") || entry.split("/").includes(".."))
    return `the entry ${JSON.stringify(entry)} is not below the repository`;
  const status = await lstat(join(checkout.directory, entry)).catch(() => undefined);
  return status === undefined ? `there is no ${JSON.stringify(entry)} at ${checkout.commit}` : undefined;
}

async function evaluateInto(
  draft: EvaluationDraft,
  key: string,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  const collected = await collect(draft, context, request, onProgress, signal);
  if ("reason" in collected)
    return { status: "not-run", reason: `the evaluation was given up: ${collected.reason}` };
  if (request.attrs !== undefined) dropUnasked(collected.attrs, request.attrs);
  await checkDerivations(collected.attrs, draft.packs);
  const warnings = warningLines(collected.otherLines());
  const opened = await draft.keep(key, { attrs: savedAttrs(collected.attrs), warnings });
  return { status: "evaluated", opened };
}

/** Runs evaluators for as long as the store is open to them. */
async function collect(
  draft: EvaluationDraft,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<CollectedAttrs | { readonly reason: string }> {
  const evaluator = await evaluatorFor(context, request, draft.storeRoot);
  await using space = watchSpace([dirname(dirname(draft.storeRoot))]);
  await using store = await openStore(context.writer, draft.storeRoot, draft.packs);
  const collected = collectAttrs();
  const listener = {
    ...collected.listener,
    endedEarly: async (said: string, since: number) => {
      await store.check();
      await space.check(said);
      return missesDerivation(said) && (await store.layOut(since));
    },
  };
  const { entry, config, attrs, timeoutSeconds } = request;
  const wanted = attrs === undefined ? {} : { wanted: wantedAttrs(attrs) };
  const call = { mode: "walk" as const, entry, config, path: [], ...wanted };
  const { pool, sharing } = context;
  const job = { pool, room: roomFor(request), evaluator, call, limits: walkLimits(timeoutSeconds), listener };
  await using progress = tellProgress(collected, pool, onProgress);
  const end = await walkTree(job, sharing, progress.follow, signal);
  if (!end.complete) return { reason: end.reason };
  await store.end();
  return collected;
}

/** Tells how far it is, until disposed of. */
function tellProgress(collected: CollectedAttrs, pool: WorkerPool, onProgress: OnProgress) {
  const started = performance.now();
  let tree: TreeProgress | undefined;
  let open = true;
  const tell = async () => {
    const memoryBytes = await pool.memoryBytes();
    if (!open) return;
    const share = tree?.share() ?? 0;
    const seconds = (performance.now() - started) / 1000;
    const foreseen = share < FORESEEN_SHARE ? {} : { secondsLeft: (seconds / share) * (1 - share) };
    onProgress({ attrs: collected.attrs.size, errors: collected.errors(), memoryBytes, ...foreseen });
  };
  const timer = setInterval(() => void tell(), PROGRESS_EVERY_MS);
  return {
    follow(progress: TreeProgress) {
      tree = progress;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await tell();
      open = false;
    },
  };
}

/**
 * The attrs of a request as the walker takes them.
 * @throws UserError attr-path-unreadable
 */
function wantedAttrs(attrs: readonly AttrPath[]): WantedAttrs {
  type Wanted = { [name: string]: Wanted };
  // Without a prototype, since an attr may have any name.
  const none = (): Wanted => Object.create(null);
  const root = none();
  for (const attr of attrs) {
    let place = root;
    for (const name of componentsOfAttr(attr)) {
      place[name] ??= none();
      place = place[name];
    }
  }
  return root;
}

/** A derivation on the way to an attr was met and not asked for; an error there is why nothing is below. */
function dropUnasked(results: Map<AttrPath, AttrResult>, asked: readonly AttrPath[]): void {
  const wanted = new Set(asked.map((attr) => formatAttrPath(componentsOfAttr(attr))));
  for (const [attr, result] of results) if (result.ok && !wanted.has(attr)) results.delete(attr);
}

function componentsOfAttr(attr: AttrPath): readonly string[] {
  const components = parseAttrPath(attr);
  if (components !== undefined) return components;
  throw new UserError(
    "attr-path-unreadable",
    `${JSON.stringify(attr)} is no attribute path`,
    'An attribute path is names joined by dots, such as linuxPackages.zfs or a."b c".',
  );
}

/** A value may say it is a derivation and name one that was never written. */
async function checkDerivations(attrs: Map<AttrPath, AttrResult>, packs: string): Promise<void> {
  const written = new Set((await listFrames(packs))?.flatMap(({ names }) => names));
  for (const [attr, result] of attrs) {
    if (result.ok && !written.has(baseName(result.drv)))
      attrs.set(attr, fatal(`its derivation ${result.drv} was never written`));
  }
}

/** As the domain has it. */
export function evaluationOf(opened: OpenEvaluation): { attrs: Evaluation; warnings: readonly string[] } {
  return { attrs: new Map(opened.evaluation.attrs), warnings: opened.evaluation.warnings };
}
