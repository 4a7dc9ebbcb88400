/**
 * Stage 1: base and head. A tree is laid out as files when somebody needs them, and that is nobody where it was evaluated
 * before and nothing of it is built. Taken away again when the check ends, however it ends.
 */
import type { System } from "../domain/evaluation.ts";
import { evaluationQuery } from "./evaluation-request.ts";
import type { Checkout, EvaluatedTree, Version } from "./ports.ts";
import type { StageLog } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

export interface Tree extends Version {
  /** Evaluations of an earlier time. */
  readonly kept: ReadonlyMap<System, EvaluatedTree>;
  /** Its files; the same each time. @throws EnvironmentError, UserError where they cannot be laid out */
  laidOut(signal: AbortSignal): Promise<Checkout>;
}

export interface Trees {
  readonly base: Tree;
  readonly head: Tree;
}

export async function checkOut(
  request: CheckRequest,
  world: World,
  stages: StageLog,
  signal: AbortSignal,
): Promise<Trees & AsyncDisposable> {
  const held = new AsyncDisposableStack();
  try {
    return await stages.require("checkout", async () => {
      const side = async (commit: string, mayBeNeeded: boolean) => {
        const tree = await treeOf(commit, request, world, held, signal);
        if (mayBeNeeded && !request.systems.every((system) => tree.kept.has(system)))
          await tree.laidOut(signal);
        return tree;
      };
      // A prediction may do without base; it asks for it where not. Waits for both, so that nothing is left behind of one.
      const sides = [side(request.base, request.scope !== "prediction"), side(request.head, true)] as const;
      await Promise.allSettled(sides);
      const [base, head] = await Promise.all(sides);
      return { base, head, [Symbol.asyncDispose]: () => held.disposeAsync() };
    });
  } catch (error) {
    await held.disposeAsync();
    throw error;
  }
}

async function treeOf(
  commit: string,
  request: CheckRequest,
  { git, nix }: World,
  held: AsyncDisposableStack,
  signal: AbortSignal,
): Promise<Tree> {
  const [version] = await git.history(commit, 1, signal);
  // Whatever is wrong with the commit, laying it out says it best.
  if (version === undefined) return laidOutTree(held.use(await git.checkout(commit, signal)));
  const kept = new Map<System, EvaluatedTree>();
  for (const system of request.systems) {
    const tree = await nix.evaluated(evaluationQuery(version, system, request), signal);
    if (tree !== undefined) kept.set(system, tree);
  }
  let checkout: Promise<Checkout> | undefined;
  return {
    ...version,
    kept,
    laidOut(signal) {
      checkout ??= git.checkout(commit, signal).then((laidOut) => held.use(laidOut));
      return checkout;
    },
  };
}

function laidOutTree(checkout: Checkout): Tree {
  return { ...checkout, kept: new Map(), laidOut: async () => checkout };
}
