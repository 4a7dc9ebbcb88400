/** Stage 3: base and head, evaluated for every system asked for. A system that cannot be evaluated costs itself only. */
import { recipeMatcher } from "../config/match-recipes.ts";
import { ROOT_ATTR } from "../domain/attr-path.ts";
import type { AttrPath, System } from "../domain/evaluation.ts";
import { describeProgress } from "../domain/evaluation-progress.ts";
import { mayRebuildMost } from "../domain/graph/predictability.ts";
import { isNixosTest } from "../domain/labels.ts";
import { judgePrediction, notPredicted, type PredictedSystem } from "../domain/prediction.ts";
import { comparable, type EvaluationPair, rebuiltAttrs } from "../domain/rebuilds.ts";
import { newlyThrowing, throwing, withMessages } from "../domain/thrown-attrs.ts";
import { filesToWithhold } from "../domain/withholding.ts";
import { UserError } from "../errors.ts";
import type { Tree, Trees } from "./check-out.ts";
import { evaluationQuery, evaluationRequest } from "./evaluation-request.ts";
import { findNearest } from "./nearest-evaluation.ts";
import type { EvaluatedTree, EvaluationProgress, EvaluationRequest } from "./ports.ts";
import { predictFrom } from "./predict-rebuilds.ts";
import type { StageContext } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

export interface EvaluatedPair {
  readonly base: EvaluatedTree;
  readonly head: EvaluatedTree;
  /** There where nothing of head was written: says the same rebuilds, and because of what. */
  readonly explained?: PredictedSystem;
}

export type EvaluatedSystems = ReadonlyMap<System, EvaluatedPair>;

/** What both sides became, without the stores behind them. */
export function outcomes(systems: EvaluatedSystems): ReadonlyMap<System, EvaluationPair> {
  return new Map(
    [...systems].map(([system, { base, head }]) => [system, { base: base.outcome, head: head.outcome }]),
  );
}

/**
 * Every attr that either tree has on any system, sorted; for telling a slip of the pen from a name. Undefined where a tree
 * was not evaluated, since then a name that was not met may exist all the same.
 */
export function attrNames(systems: EvaluatedSystems): readonly AttrPath[] | undefined {
  const names = new Set<AttrPath>();
  for (const { outcome } of [...systems.values()].flatMap(({ base, head }) => [base, head])) {
    if (outcome.status === "not-run") return undefined;
    for (const name of outcome.attrs.keys()) names.add(name);
  }
  return [...names].sort();
}

/** Whether either tree has one on any system. */
export function haveNixosTests(systems: EvaluatedSystems): boolean {
  const trees = [...systems.values()].flatMap(({ base, head }) => [base, head]);
  return trees.some(
    ({ outcome }) => outcome.status === "evaluated" && outcome.attrs.keys().some(isNixosTest),
  );
}

/**
 * @param changed all changed files
 * @param predicting looked at where it decides whether derivations of head have to be written
 */
export async function evaluateTrees(
  trees: Trees,
  changed: readonly string[],
  predicting: Promise<ReadonlyMap<System, PredictedSystem>>,
  request: CheckRequest,
  world: World,
  stage: StageContext,
  signal: AbortSignal,
): Promise<EvaluatedSystems> {
  await requireEntry(request, world, signal);
  const contents = await world.git.contentChanges(request.base, request.head, signal);
  const withhold = await withheldAtBase(trees.base, changed, contents, request, world, signal);
  const pairs: [System, EvaluatedPair][] = [];
  for (const system of request.systems) {
    const progress: { base?: EvaluationProgress; head?: EvaluationProgress } = {};
    const progressOf = (side: "base" | "head") => (now: EvaluationProgress) => {
      progress[side] = now;
      stage.detail(describeProgress(system, progress));
    };
    const evaluate = async (
      side: "base" | "head",
      more: () => Promise<Partial<EvaluationRequest>>,
    ): Promise<EvaluatedTree> => {
      const kept = trees[side].kept.get(system);
      if (kept !== undefined) return kept;
      const checkout = await trees[side].laidOut(signal);
      const asked = { ...evaluationRequest(checkout, system, request), ...(await more()) };
      return world.nix.evaluate(asked, progressOf(side), signal);
    };
    const nearBase = { near: { ...evaluationQuery(trees.base, system, request), withhold }, contents };
    const lookAhead = async (signal: AbortSignal) => {
      // Then base is known in a moment, or most of head has to be written anyway.
      if (trees.base.kept.has(system) || trees.head.kept.has(system) || mayRebuildMost(changed)) return;
      // Somebody waits for the prediction, which needs the same room.
      await predicting;
      const checkout = await trees.head.laidOut(signal);
      const asked = { ...evaluationRequest(checkout, system, request), ...nearBase };
      await world.nix.lookAhead(asked, progressOf("head"), signal);
    };
    // One after the other: with base, most of head is known.
    const base = await beside(
      evaluate("base", async () => {
        const nearest = await findNearest(system, trees.base, request, world, signal);
        return nearest === undefined
          ? { withhold }
          : { withhold, near: evaluationQuery(nearest.version, system, request) };
      }),
      lookAhead,
      signal,
    );
    const writeLater = !needsDerivations(request);
    const looking = evaluate("head", async () => ({ ...nearBase, writeLater }));
    // Beside it, as both begin with what only one processor can do.
    const fromBase =
      writeLater && !trees.base.kept.has(system)
        ? predictFrom(base, system, trees, changed, request, world, signal)
        : Promise.resolve(undefined);
    // Waits for both, so that nothing is left behind of one.
    await Promise.allSettled([looking, fromBase]);
    const looked = await looking;
    const explanations = async function* () {
      yield (await predicting).get(system);
      yield await fromBase;
    };
    const explained = await firstThatExplains({ base, head: looked }, explanations());
    const isEnough = looked.write === undefined || explained !== undefined;
    const head = isEnough ? looked : await looked.write(progressOf("head"), signal);
    for (const { outcome } of [base, head]) {
      if (outcome.status === "not-run") stage.notRun(`${system}: ${outcome.reason}`);
    }
    const pair = await explainErrors({ base, head }, trees, request.why ?? [], signal);
    pairs.push([system, explained === undefined ? pair : { ...pair, explained }]);
  }
  return new Map(pairs);
}

/** Files that base is evaluated without at first, where it was not evaluated before. */
async function withheldAtBase(
  { kept, laidOut }: Tree,
  changed: readonly string[],
  contents: readonly string[] | undefined,
  { systems, config }: CheckRequest,
  { git }: World,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (systems.every((system) => kept.has(system))) return [];
  const { files } = await git.sourceTree(await laidOut(signal), signal);
  // Of each glob that this change has to do with: others (kmod) may be needed by half of the package set.
  const globs = config.recipes.filter((glob) => glob.startsWith("!") || changed.some(recipeMatcher([glob])));
  return filesToWithhold({ files, isRecipe: recipeMatcher(globs), contents, entry: config.entry });
}

/** What `work` comes to; what is done beside it may fail, and ends with it where it fails. */
async function beside<T>(
  work: Promise<T>,
  more: (signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<T> {
  const stop = new AbortController();
  const going = more(AbortSignal.any([signal, stop.signal])).catch(() => undefined);
  try {
    return await work;
  } catch (error) {
    stop.abort();
    throw error;
  } finally {
    await going;
  }
}

/** For anything but counts. */
function needsDerivations({ scope, why = [] }: CheckRequest): boolean {
  return scope !== "rebuilds" || why.length > 0;
}

/**
 * Of rebuilds it is known what they are because of, also where nothing of head was written, once a prediction says the same from
 * a few derivations that were. Undefined where none does, or where all of head was written.
 */
async function firstThatExplains(
  { base, head }: EvaluatedPair,
  predictions: AsyncIterable<PredictedSystem | undefined>,
): Promise<PredictedSystem | undefined> {
  if (head.write === undefined) return undefined;
  const trees = comparable({ base: base.outcome, head: head.outcome });
  const rebuilt = trees && new Set(rebuiltAttrs(trees.base, trees.head).map(([attr]) => attr));
  // Then there is nothing to explain.
  if (rebuilt === undefined || rebuilt.size === 0) return NOTHING_REBUILT;
  for await (const predicted of predictions)
    if (predicted !== undefined && judgePrediction(predicted, rebuilt).status === "confirmed")
      return predicted;
  return undefined;
}

const NOTHING_REBUILT = notPredicted("nothing is rebuilt");

/** What is shown of errors: those of attrs that the change broke, and of attrs that somebody asked about. */
async function explainErrors(
  { base, head }: EvaluatedPair,
  trees: Trees,
  why: readonly AttrPath[],
  signal: AbortSignal,
): Promise<EvaluatedPair> {
  const broken = newlyThrowing({ base: base.outcome, head: head.outcome });
  const explain = async (
    tree: EvaluatedTree,
    { laidOut }: Tree,
    attrs: readonly AttrPath[],
  ): Promise<EvaluatedTree> => {
    const asked = [...new Set([...throwing(tree.outcome, why), ...attrs])];
    if (asked.length === 0) return tree;
    const messages = await tree.explain(asked, await laidOut(signal), signal);
    return { ...tree, outcome: withMessages(tree.outcome, messages) };
  };
  return {
    base: await explain(base, trees.base, throwing(base.outcome, [ROOT_ATTR])),
    head: await explain(head, trees.head, broken),
  };
}

async function requireEntry(request: CheckRequest, world: World, signal: AbortSignal): Promise<void> {
  const { entry } = request.config;
  if ((await world.git.readFile(request.base, entry, signal)) !== undefined) return;
  throw new UserError(
    "entry-missing",
    `the repository has no ${JSON.stringify(entry)} at base ${request.base.slice(0, 12)}`,
    "modprobot evaluates the file that the configuration key `entry` names (default default.nix), called with `system` and `config`.\n" +
      "Name the file that holds the package set in .github/modprobot.yml at base, or in a file given with --config.",
  );
}
