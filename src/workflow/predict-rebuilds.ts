/**
 * The prediction: what head rebuilds, said before all of it is evaluated. What can be known without is gathered here; what may
 * be said of it is decided in `domain/`.
 *
 * The machine's trouble costs the prediction only: whatever follows meets it too, and says it better.
 */
import { recipeMatcher } from "../config/match-recipes.ts";
import { touchedRecipes } from "../domain/change-set.ts";
import type { AttrPath, System } from "../domain/evaluation.ts";
import type { EvaluatedGraph } from "../domain/graph/predict.ts";
import { predictability } from "../domain/graph/predictability.ts";
import { isNixosTest } from "../domain/labels.ts";
import { notPredicted, type PredictedSystem, predictSystem } from "../domain/prediction.ts";
import { EnvironmentError } from "../errors.ts";
import type { Tree, Trees } from "./check-out.ts";
import { evaluationRequest } from "./evaluation-request.ts";
import { ANCESTORS, attrsOf, findNearest } from "./nearest-evaluation.ts";
import type { EvaluatedTree } from "./ports.ts";
import type { StageContext } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

/** With what was evaluated for it, which `--why` can be answered from. */
export interface PredictedTrees extends PredictedSystem {
  readonly base?: EvaluatedTree;
  /** Some attrs of it: the seeds, and those that were asked about. */
  readonly head?: EvaluatedTree;
  /** Whether the tree whose graph was used has the VM tests that stand for all of NixOS's. */
  readonly hasNixosTests?: boolean;
}

export async function predictTrees(
  trees: Trees,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  stage: StageContext,
  signal: AbortSignal,
): Promise<ReadonlyMap<System, PredictedTrees>> {
  const predicted = new Map<System, PredictedTrees>();
  for (const system of request.systems) {
    // Then the exact counts are as quick.
    if (trees.head.kept.has(system) && trees.base.kept.has(system) && request.scope !== "prediction")
      continue;
    stage.detail(`${system}: predicting`);
    try {
      predicted.set(system, await predict(system, trees, changed, request, world, signal));
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      predicted.set(system, notPredicted(error.message));
    }
  }
  return predicted;
}

/**
 * The same from base itself, once it is evaluated where it was not before: says what the rebuilds of head are because of, from a
 * few of its derivations. Undefined where that cannot be said.
 */
export async function predictFrom(
  base: EvaluatedTree,
  system: System,
  trees: Trees,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  signal: AbortSignal,
): Promise<PredictedTrees | undefined> {
  const known = { ...trees, base: { ...trees.base, kept: new Map([[system, base]]) } };
  try {
    return await predict(system, known, changed, request, world, signal);
  } catch (error) {
    if (error instanceof EnvironmentError) return undefined;
    throw error;
  }
}

async function predict(
  system: System,
  trees: Trees,
  changed: readonly string[],
  request: CheckRequest,
  world: World,
  signal: AbortSignal,
): Promise<PredictedTrees> {
  const known = await findNearest(system, trees.base, request, world, signal);
  if (known === undefined)
    return notPredicted(
      `neither base nor one of the ${ANCESTORS} commits before it is evaluated here for ${system}`,
    );
  const { config, why = [] } = request;
  const decided = predictability({
    changed,
    recipes: touchedRecipes(changed, recipeMatcher(config.recipes)),
    entry: config.entry,
    base: known.attrs,
    kernels: config.kernels,
  });
  if (!decided.possible) return notPredicted(decided.reason);
  const { seeds } = decided;

  const evaluate = async (tree: Tree) => {
    const kept = tree.kept.get(system);
    if (kept !== undefined) return kept;
    const checkout = await tree.laidOut(signal);
    const attrs = [...new Set([...seeds, ...(request.scope === "prediction" ? why : [])])].sort();
    return world.nix.evaluate(
      { ...evaluationRequest(checkout, system, request), attrs },
      () => undefined,
      signal,
    );
  };
  const isBase = known.version.commit === request.base;
  const base = isBase ? known.tree : await evaluate(trees.base);
  const head = await evaluate(trees.head);
  const [atBase, atHead] = [attrsOf(base), attrsOf(head)];
  if (typeof atBase === "string") return notPredicted(`base: ${atBase}`);
  if (typeof atHead === "string") return notPredicted(`head: ${atHead}`);
  const whole: EvaluatedGraph = { attrs: known.attrs, graph: await known.tree.graph(signal) };
  const facts = {
    known: whole,
    seeds,
    base: isBase ? whole : { attrs: atBase, graph: await base.graph(signal) },
    head: { attrs: atHead, graph: await head.graph(signal) },
  };
  const hasNixosTests = known.attrs.keys().some(isNixosTest);
  return { ...predictSystem(facts, known.version.commit), base, head, hasNixosTests };
}

/** Sorted names of everything that base has and head was asked for. */
export function namesKnown(predicted: Iterable<PredictedTrees>): readonly AttrPath[] {
  const names = new Set<AttrPath>();
  for (const { base, head } of predicted)
    for (const tree of [base, head])
      if (tree?.outcome.status === "evaluated") for (const name of tree.outcome.attrs.keys()) names.add(name);
  return [...names].sort();
}
