/** The nearest evaluation that is kept: of a commit, or of what led to it. */
import { ROOT_ATTR } from "../domain/attr-path.ts";
import type { Evaluation, System } from "../domain/evaluation.ts";
import type { Tree } from "./check-out.ts";
import { evaluationQuery } from "./evaluation-request.ts";
import type { EvaluatedTree, Version } from "./ports.ts";
import type { CheckRequest, World } from "./world.ts";

/** A branch gets some hundred commits a week; further back, too much has changed. */
export const ANCESTORS = 300;

export interface NearestEvaluation {
  readonly version: Version;
  readonly tree: EvaluatedTree;
  readonly attrs: Evaluation;
}

/** That of the tree itself, or of one of its ancestors. A tree that does not evaluate at all is no use. */
export async function findNearest(
  system: System,
  base: Tree,
  request: CheckRequest,
  { git, nix }: World,
  signal: AbortSignal,
): Promise<NearestEvaluation | undefined> {
  const own = base.kept.get(system);
  if (own !== undefined) return knownOf(base, own);
  const [, ...ancestors] = await git.history(base.commit, ANCESTORS + 1, signal);
  for (const version of ancestors) {
    // Its errors are nobody's business here, so no commit is named.
    const { checkout, ...query } = evaluationQuery(version, system, request);
    const tree = await nix.evaluated({ ...query, checkout: { tree: checkout.tree } }, signal);
    const known = tree && knownOf(version, tree);
    if (known !== undefined) return known;
  }
  return undefined;
}

function knownOf({ commit, tree: hash }: Version, tree: EvaluatedTree): NearestEvaluation | undefined {
  const attrs = attrsOf(tree);
  return typeof attrs === "string" ? undefined : { version: { commit, tree: hash }, tree, attrs };
}

/** What a tree's attrs are, or why that is not known. */
export function attrsOf({ outcome }: EvaluatedTree): Evaluation | string {
  if (outcome.status === "not-run") return outcome.reason;
  const root = outcome.attrs.get(ROOT_ATTR);
  return root?.ok === false ? `it does not evaluate: ${root.error}` : outcome.attrs;
}
