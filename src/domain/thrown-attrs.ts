/**
 * Attrs that throw, and what they throw. An evaluation knows only that they do: why is asked for those that a report shows, which
 * are the ones that a change broke.
 */
import { ROOT_ATTR } from "./attr-path.ts";
import type { AttrPath, AttrResult, EvaluationOutcome } from "./evaluation.ts";
import { comparable, type EvaluationPair, findAttr } from "./rebuilds.ts";

/** Attrs that throw at head and did not fail at base, sorted. The whole tree counts, whatever it did at base. */
export function newlyThrowing(pair: EvaluationPair): AttrPath[] {
  const trees = comparable(pair);
  if (trees === undefined) return throwing(pair.head, [ROOT_ATTR]);
  const { base, head } = trees;
  return [...head]
    .flatMap(([attr, result]) => (throws(result) && findAttr(base, attr)?.ok !== false ? [attr] : []))
    .sort();
}

/** Those of some attrs that throw. */
export function throwing(outcome: EvaluationOutcome, attrs: readonly AttrPath[]): AttrPath[] {
  if (outcome.status !== "evaluated") return [];
  return attrs.filter((attr) => throws(outcome.attrs.get(attr)));
}

const throws = (result: AttrResult | undefined) => result?.ok === false && result.cause === "throw";

export function withMessages(
  outcome: EvaluationOutcome,
  messages: ReadonlyMap<AttrPath, string>,
): EvaluationOutcome {
  if (outcome.status !== "evaluated" || messages.size === 0) return outcome;
  const attrs = new Map(outcome.attrs);
  for (const [attr, error] of messages) {
    if (throws(attrs.get(attr))) attrs.set(attr, { ok: false, error, cause: "throw" });
  }
  return { ...outcome, attrs };
}
