/**
 * The attributes of a tree that has most in common with one that was evaluated before: a pull request's head and its base.
 *
 * Writing derivations costs as much as evaluating them, and nearly all of them are written already. So all attributes are
 * first looked at by evaluators that write nothing, which says what their derivations are; then those whose derivation is new
 * are evaluated once more by evaluators that write. What the other evaluation wrote is taken over.
 *
 * Where nothing is written, an attribute that reads what it has just written (a source copied to the store, a text) ends the
 * evaluator. So what ended one, now or in the other evaluation, is evaluated by the second kind only, and they say what it is.
 */
import { formatAttrPath, ROOT_ATTR } from "../domain/attr-path.ts";
import type { AttrPath } from "../domain/evaluation.ts";
import { isWithheld, withoutNeeding } from "../domain/withholding.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { EvaluationRequest } from "../workflow/ports.ts";
import { type CollectedAttrs, collectAttrs, type KnownAttrs } from "./collect-attrs.ts";
import { type CollectContext, collectTree, type GivenUp, type OnProgress } from "./collect-tree.ts";
import type { EvaluationDraft, OpenEvaluation } from "./evaluation-store.ts";
import { filesOf } from "./pack/pack-reader.ts";
import { baseName } from "./store-path.ts";
import type { AttrComponents, PlacedStatement } from "./walk-output.ts";
import { componentsOfAttr, wantedAttrs } from "./wanted-attrs.ts";
import { fitToWithhold, rememberFitness, type Withholding } from "./withheld/fitness.ts";
import type { Withheld } from "./withheld/walk-withheld.ts";

/** Each takes over what the one before took over; then everything is written anew, without what nothing needs any more. */
const MOST_PACKS = 4;
/**
 * Once so many attributes are new, and so many for each that the other tree has, looking first costs more than it saves. Not for
 * each that was looked at so far: the first ones may all be kernels.
 */
const MANY_NEW = 500;
const SHARE_NEW = 0.25;
/** Each ended an evaluator, and is about to end another one. */
const MOST_LOST = 50;

/** What evaluators that write nothing said. */
export interface FirstLook extends KnownAttrs {
  /** Those whose derivation is new. */
  readonly changed: ReadonlySet<AttrPath>;
  /** Of which it is not known what they are, with all that is below. */
  readonly lost: ReadonlySet<AttrPath>;
  readonly withheld?: Withheld | undefined;
}

/** Whether an evaluation can be taken over once more. */
export const isNearEnough = ({ frames }: OpenEvaluation) => filesOf(frames).length < MOST_PACKS;

/** The look that somebody took earlier and that left nothing open; `undefined` where too little is the same. */
export function sameLook(known: KnownAttrs, near: OpenEvaluation): FirstLook | undefined {
  const written = writtenBy(near);
  const changed = new Set<AttrPath>();
  for (const [attr, result] of known.attrs)
    if (result.ok && !written.has(baseName(result.drv))) changed.add(attr);
  return changed.size > mostNew(near) ? undefined : { ...known, changed, lost: new Set() };
}

const mostNew = ({ evaluation }: OpenEvaluation) => Math.max(MANY_NEW, SHARE_NEW * evaluation.attrs.length);

/**
 * @param near without it, nothing is compared, and nothing counts as changed
 * @returns `undefined` where too little is the same
 * @throws what `collectTree` throws
 */
export async function lookFirst(
  near: OpenEvaluation | undefined,
  draft: EvaluationDraft,
  context: CollectContext & Withholding,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<FirstLook | GivenUp | undefined> {
  const known = near && knownWithout(near, request);
  const collected = collectAttrs(known);
  const written = near && writtenBy(near);
  const lostThere = (near?.evaluation.attrs ?? []).flatMap(([attr, result]) =>
    !result.ok && result.cause === "fatal" ? [attr] : [],
  );
  const changed = new Set<AttrPath>();
  const lost = new Set<AttrPath>(lostThere);
  const tooMuch = new AbortController();
  const most = near === undefined ? Number.POSITIVE_INFINITY : mostNew(near);
  const check = () => {
    if (lost.size > MOST_LOST || changed.size > most) tooMuch.abort();
  };
  const listener = {
    ...collected.listener,
    statement(said: PlacedStatement) {
      collected.listener.statement(said);
      if (said.kind !== "derivation" || written === undefined) return;
      const attr = formatAttrPath(said.path);
      const result = collected.attrs.get(attr);
      if (!result?.ok || written.has(baseName(result.drv))) return;
      changed.add(attr);
      check();
    },
    lost(path: AttrComponents) {
      lost.add(formatAttrPath(path));
      check();
    },
  };
  check();
  if (tooMuch.signal.aborted || lost.has(ROOT_ATTR)) return undefined;
  const walk = {
    draft,
    skipped: lostThere.map(componentsOfAttr),
    isExtra: near === undefined,
    withheld: known === undefined ? await fitToWithhold(context, request) : [],
    ...(known === undefined ? {} : { wanted: wantedAttrs([], known.withheld.needing) }),
  };
  const both = AbortSignal.any([signal, tooMuch.signal]);
  let withheld = known?.withheld;
  try {
    const looking = { ...collected, listener };
    const end = await collectTree(walk, looking, context, request, onProgress, both);
    if ("reason" in end) return end;
    if (walk.withheld.length > 0) await rememberFitness(context, request, end.withheld, collected.attrs);
    // Nobody looked at those.
    withheld ??= end.withheld && { ...end.withheld, needing: [...end.withheld.needing, ...lostThere] };
  } catch (error) {
    // A Nix that does not evaluate without a store. With one it may; if not, it says so there.
    if (error instanceof EnvironmentError && error.code === "evaluator-failed") return undefined;
    // Half a look is none.
    if (!(error instanceof Interrupted) || signal.aborted || !tooMuch.signal.aborted) throw error;
  }
  if (tooMuch.signal.aborted || lost.has(ROOT_ATTR)) return undefined;
  return { attrs: collected.attrs, lines: collected.otherLines(), changed, lost, withheld };
}

/** What the other evaluation says of this tree as well, since only withheld files differ; undefined where it says nothing. */
function knownWithout(
  { evaluation: { attrs, withheld } }: OpenEvaluation,
  { contents }: EvaluationRequest,
): (KnownAttrs & { readonly withheld: Withheld }) | undefined {
  if (withheld === undefined || !isWithheld(withheld.files, contents)) return undefined;
  return { attrs: withoutNeeding(attrs, withheld.needing), lines: withheld.warnings, withheld };
}

/**
 * Evaluates once more what is new, and writes it.
 * @returns `undefined` where what the other evaluation wrote cannot be taken over; then nothing was written
 * @throws what `collectTree` throws
 */
export async function writeNew(
  look: FirstLook,
  near: OpenEvaluation,
  draft: EvaluationDraft,
  context: CollectContext,
  request: EvaluationRequest,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<CollectedAttrs | GivenUp | undefined> {
  const number = await draft.inheritPacks(near);
  if (number === undefined) return undefined;
  const collected = collectAttrs(look);
  if (look.changed.size + look.lost.size > 0) {
    const walk = {
      draft,
      pack: { directory: draft.packs, number },
      wanted: wantedAttrs([...look.changed], [...look.lost]),
    };
    const end = await collectTree(walk, collected, context, request, onProgress, signal);
    if ("reason" in end) return end;
  }
  await draft.inheritSources(near);
  return collected;
}

function writtenBy({ frames }: OpenEvaluation): ReadonlySet<string> {
  return new Set(frames.flatMap(({ names }) => names));
}
