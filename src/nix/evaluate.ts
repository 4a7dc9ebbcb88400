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
import { join } from "node:path";
import type { AttrPath, AttrResult, Evaluation } from "../domain/evaluation.ts";
import { isWithheld } from "../domain/withholding.ts";
import type { EvaluationQuery, EvaluationRequest } from "../workflow/ports.ts";
import { type CollectedAttrs, collectAttrs } from "./collect-attrs.ts";
import { type FirstLook, isNearEnough, lookFirst, sameLook, writeNew } from "./collect-near.ts";
import { type CollectContext, collectTree, type GivenUp, type OnProgress } from "./collect-tree.ts";
import type { EvaluationDraft, EvaluationStore, OpenEvaluation } from "./evaluation-store.ts";
import { warningLines } from "./evaluator-message.ts";
import { listFrames } from "./pack/pack-reader.ts";
import { fatal } from "./run-end.ts";
import { evaluationKey, isReusable, type LookedEvaluation, savedAttrs } from "./saved-evaluation.ts";
import { baseName } from "./store-path.ts";
import { sameSpelling, wantedAttrs } from "./wanted-attrs.ts";
import { fitToWithhold, rememberFitness, type Withholding } from "./withheld/fitness.ts";
import type { Withheld } from "./withheld/walk-withheld.ts";

export interface EvaluateContext extends CollectContext, Withholding {
  readonly nixVersion: string;
  readonly store: EvaluationStore;
}

export type EvaluateEnd =
  | { readonly status: "evaluated"; readonly opened: OpenEvaluation }
  /** What the attributes are is known, and nothing was written yet. */
  | ({ readonly status: "looked"; readonly write: Write } & LookedEvaluation)
  | { readonly status: "not-run"; readonly reason: string };

/** `evaluate`, going on from there. */
type Write = (onProgress: OnProgress, signal: AbortSignal) => Promise<EvaluateEnd>;

/** @throws EnvironmentError jail-failed, evaluator-failed, disk-full, program-missing, those of `StoreServer.check`; Interrupted */
export async function evaluate(
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  const known = await findEvaluation(context, request);
  if (known !== undefined) {
    tellAll(known.evaluation, onProgress);
    return { status: "evaluated", opened: known };
  }
  const reason = await entryTrouble(request);
  if (reason !== undefined) return { status: "not-run", reason };

  const near = await findNear(context, request);
  const look = near && (await lookOnce(near, context, request, onProgress, signal));
  if (near === undefined || look === undefined) return evaluateAll(context, request, onProgress, signal);
  if ("reason" in look) return givenUp(look);
  const write: Write = (...more) => writeBeside(look, near, context, request, ...more);
  if (request.writeLater && look.lost.size === 0)
    return { status: "looked", ...lookedEvaluation(look), write };
  return write(onProgress, signal);
}

function tellAll({ attrs }: LookedEvaluation, onProgress: OnProgress): void {
  const errors = attrs.filter(([, result]) => !result.ok).length;
  onProgress({ attrs: attrs.length, errors, memoryBytes: 0, secondsLeft: 0 });
}

/** What is kept of an earlier time and may be used again. */
export async function findEvaluation(
  { store, nixVersion }: Pick<EvaluateContext, "store" | "nixVersion">,
  query: EvaluationQuery,
): Promise<OpenEvaluation | undefined> {
  const known = await store.find(evaluationKey(query, nixVersion));
  return known !== undefined && isReusable(known.evaluation) ? known : undefined;
}

async function entryTrouble({ checkout, entry }: EvaluationRequest): Promise<string | undefined> {
  if (entry.startsWith("/") || entry.split("/").includes(".."))
    return `the entry ${JSON.stringify(entry)} is not below the repository`;
  const status = await lstat(join(checkout.directory, entry)).catch(() => undefined);
  return status === undefined ? `there is no ${JSON.stringify(entry)} at ${checkout.commit}` : undefined;
}

/** That of an earlier time, or a new one. */
async function lookOnce(
  near: OpenEvaluation,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<FirstLook | GivenUp | undefined> {
  if (!isNearEnough(near)) return undefined;
  const key = evaluationKey(request, context.nixVersion);
  const known = await context.store.findLook(key);
  if (known !== undefined) {
    tellAll(known, onProgress);
    const look = sameLook({ attrs: known.attrs, lines: known.warnings }, near);
    return look && { ...look, withheld: known.withheld };
  }
  await using draft = await context.store.begin();
  const look = await lookFirst(near, draft, context, request, onProgress, signal);
  // What has to be written at once is kept as a whole.
  if (request.writeLater) await keepLook(look, key, context);
  return look;
}

/**
 * Looks at a tree while the one it is near to is still being evaluated; `evaluate` goes on from there. Takes up what evaluators
 * that write leave of the processors, to the end of the last of them.
 * @throws what `evaluate` throws
 */
export async function lookAhead(
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<void> {
  const key = evaluationKey(request, context.nixVersion);
  if (request.attrs !== undefined || context.writer === "nix") return;
  const withheld = request.near && (await fitToWithhold(context, request.near));
  // Then it is looked at in a moment, once the other one is known.
  if (withheld !== undefined && isWithheld(withheld, request.contents) && withheld.length > 0) return;
  if ((await findEvaluation(context, request)) !== undefined) return;
  if ((await context.store.findLook(key)) !== undefined || (await entryTrouble(request)) !== undefined)
    return;
  await using draft = await context.store.begin();
  await keepLook(await lookFirst(undefined, draft, context, request, onProgress, signal), key, context);
}

async function keepLook(
  look: FirstLook | GivenUp | undefined,
  key: string,
  { store }: Pick<EvaluateContext, "store">,
): Promise<void> {
  if (look === undefined || "reason" in look || look.lost.size > 0) return;
  await store.keepLook(key, lookedEvaluation(look));
}

function lookedEvaluation({ attrs, lines, withheld }: FirstLook): LookedEvaluation {
  return { attrs: savedAttrs(attrs), warnings: warningLines(lines), withheld };
}

async function writeBeside(
  look: FirstLook,
  near: OpenEvaluation,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  {
    await using draft = await context.store.begin();
    const collected = await writeNew(look, near, draft, context, request, onProgress, signal);
    // Awaited here: the draft is disposed of when this block is left.
    if (collected !== undefined) return await keep(collected, look.withheld, draft, context, request);
  }
  return evaluateAll(context, request, onProgress, signal);
}

async function evaluateAll(
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  await using draft = await context.store.begin();
  const { collected, withheld } = await collectAll(draft, context, request, onProgress, signal);
  return await keep(collected, withheld, draft, context, request);
}

async function keep(
  collected: CollectedAttrs | GivenUp,
  withheld: Withheld | undefined,
  draft: EvaluationDraft,
  { nixVersion }: EvaluateContext,
  request: EvaluationRequest,
): Promise<EvaluateEnd> {
  if ("reason" in collected) return givenUp(collected);
  if (request.attrs !== undefined) dropUnasked(collected.attrs, request.attrs);
  await checkDerivations(collected.attrs, draft.packs);
  const warnings = warningLines(collected.otherLines());
  const key = evaluationKey(request, nixVersion);
  const opened = await draft.keep(key, { attrs: savedAttrs(collected.attrs), warnings, withheld });
  return { status: "evaluated", opened };
}

const givenUp = ({ reason }: GivenUp): EvaluateEnd => ({
  status: "not-run",
  reason: `the evaluation was given up: ${reason}`,
});

/** The evaluation of a tree that this one has most in common with, where there is one and it is of use. */
async function findNear(context: EvaluateContext, request: EvaluationRequest) {
  // Nix itself writes everything; of a few attrs there is little to save.
  if (request.near === undefined || request.attrs !== undefined || context.writer === "nix") return undefined;
  return findEvaluation(context, request.near);
}

async function collectAll(
  draft: EvaluationDraft,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<{ readonly collected: CollectedAttrs | GivenUp; readonly withheld?: Withheld }> {
  const { attrs } = request;
  const walk = {
    draft,
    pack: { directory: draft.packs, number: 0 },
    withheld: await fitToWithhold(context, request),
    ...(attrs === undefined ? {} : { wanted: wantedAttrs(attrs) }),
  };
  const collected = collectAttrs();
  const end = await collectTree(walk, collected, context, request, onProgress, signal);
  if ("reason" in end) return { collected: end };
  if (walk.withheld.length > 0) await rememberFitness(context, request, end.withheld, collected.attrs);
  return { collected, ...end };
}

/** A derivation on the way to an attr was met and not asked for; an error there is why nothing is below. */
function dropUnasked(results: Map<AttrPath, AttrResult>, asked: readonly AttrPath[]): void {
  const wanted = new Set(asked.map(sameSpelling));
  for (const [attr, result] of results) if (result.ok && !wanted.has(attr)) results.delete(attr);
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
export function evaluationOf({ attrs, warnings }: LookedEvaluation): {
  attrs: Evaluation;
  warnings: readonly string[];
} {
  return { attrs: new Map(attrs), warnings };
}
