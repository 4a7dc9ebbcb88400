/**
 * Why attributes throw. The walker catches what they throw, and Nix does not tell it what that was; so each is evaluated again
 * alone, outside of `tryEval`, where the evaluator ends by saying it. That costs a start of the evaluator, and is done for those
 * that somebody reads about.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseAttrPath } from "../domain/attr-path.ts";
import type { AttrPath } from "../domain/evaluation.ts";
import type { EvaluationRequest } from "../workflow/ports.ts";
import { evaluatorFor, roomFor } from "./collect-tree.ts";
import { openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { EvaluateContext } from "./evaluate.ts";
import { type Evaluator, runEvaluator } from "./evaluator.ts";
import { errorMessage } from "./evaluator-message.ts";
import { evaluationKey } from "./saved-evaluation.ts";
import type { Place } from "./worker-pool.ts";

/** How many are asked at most. */
const EXPLAINED = 100;
const EXPLAIN_SECONDS = 60;

export interface ExplainContext extends EvaluateContext {
  readonly temporaryDirectory: string;
}

/**
 * The message of each of `attrs` that throws, as far as there is one.
 * @throws what `evaluate` throws
 */
export async function explainAttrs(
  context: ExplainContext,
  request: EvaluationRequest,
  attrs: readonly AttrPath[],
  signal: AbortSignal,
): Promise<ReadonlyMap<AttrPath, string>> {
  const explained = new Map<AttrPath, string>();
  const keyOf = (attr: AttrPath) => [evaluationKey(request, context.nixVersion), attr];
  const asked: AttrPath[] = [];
  for (const attr of attrs) {
    const known = await context.facts.recall<string>("explanation", keyOf(attr));
    if (known === undefined) asked.push(attr);
    else explained.set(attr, known);
  }
  if (asked.length === 0) return explained;

  const storeRoot = await mkdtemp(join(context.temporaryDirectory, "explain-"));
  try {
    await using space = watchSpace([context.temporaryDirectory]);
    await using store = await openStore(context.writer, storeRoot);
    const evaluator = await evaluatorFor(context, request, storeRoot);
    const room = { ...roomFor(request), alone: false };
    const explainOne = async (attr: AttrPath) => {
      const said = await context.pool.use(room, signal, (place) =>
        askOne(evaluator, request, attr, place, signal),
      );
      await store.check();
      await space.check(said.join("\n"));
      const message = errorMessage(said);
      if (message === undefined) return;
      explained.set(attr, message);
      await context.facts.record("explanation", keyOf(attr), message);
    };
    await Promise.all(asked.slice(0, EXPLAINED).map(explainOne));
  } finally {
    await rm(storeRoot, { recursive: true, force: true });
  }
  for (const attr of asked.slice(EXPLAINED))
    explained.set(attr, `throws (only ${EXPLAINED} throwing attributes are asked why)`);
  return explained;
}

/** The last lines of an evaluator that forces the attribute; none where it did not fail. */
async function askOne(
  evaluator: Omit<Evaluator, "memoryBytes">,
  { entry, config }: EvaluationRequest,
  attr: AttrPath,
  place: Place,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const lines: string[] = [];
  const path = parseAttrPath(attr) ?? [];
  const call = { nonce: "unused", mode: "explain" as const, entry, config, path };
  const all = { from: 0, to: 0, careful: false, known: [] };
  const limits = {
    timeoutMs: EXPLAIN_SECONDS * 1000,
    onStart: place.onStart,
    onStderrLine: (line: string) => {
      lines.push(line);
      if (lines.length > 1_000) lines.splice(0, 500);
    },
  };
  const { memoryBytes } = place;
  const { exitCode } = await runEvaluator({ ...evaluator, memoryBytes }, { ...call, ...all }, limits, signal);
  return exitCode === 0 ? [] : lines;
}
