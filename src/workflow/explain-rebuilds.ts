/** Why attributes are rebuilt that somebody asked about, from the graphs of base and head and the few derivations that tell. */
import type { AttrPath, AttrResult, System } from "../domain/evaluation.ts";
import { findCause } from "../domain/graph/find-cause.ts";
import { findAttr } from "../domain/rebuilds.ts";
import { whyRebuilt, whyWithoutCause } from "../domain/why-rebuilt.ts";
import type { EvaluatedPair } from "./evaluate-trees.ts";
import type { EvaluatedTree } from "./ports.ts";
import type { CheckRequest, World } from "./world.ts";

/** @param names all that the trees have; undefined where one was not evaluated, and an attr that was not met may exist */
export async function explainRebuilds(
  systems: ReadonlyMap<System, EvaluatedPair>,
  names: readonly AttrPath[] | undefined,
  { why = [] }: CheckRequest,
  { onExplained, onUnknown }: World,
  signal: AbortSignal,
): Promise<void> {
  if (onExplained === undefined) return;
  for (const attr of why) {
    const perSystem: { system: System; lines: string[] }[] = [];
    for (const [system, pair] of systems) {
      const [base, head] = [attrAt(pair.base, attr), attrAt(pair.head, attr)];
      if (base === undefined && head === undefined) continue;
      perSystem.push({ system, lines: await explain(pair, base, head, signal) });
    }
    if (perSystem.length === 0 && names !== undefined) onUnknown?.(attr, names);
    const told = perSystem.filter(({ lines }) => lines.length > 0);
    const lines =
      told.length === 1
        ? told.flatMap(({ lines }) => lines)
        : told.flatMap(({ system, lines }) => [`${system}:`, ...lines]);
    onExplained(attr, lines);
  }
}

function attrAt({ outcome }: EvaluatedTree, attr: AttrPath): AttrResult | undefined {
  return outcome.status === "evaluated" ? findAttr(outcome.attrs, attr) : undefined;
}

async function explain(
  pair: EvaluatedPair,
  base: AttrResult | undefined,
  head: AttrResult | undefined,
  signal: AbortSignal,
): Promise<string[]> {
  const simple = whyWithoutCause(base, head);
  if (simple !== undefined || head?.ok !== true) return simple ?? [];
  const cause = findCause({
    head: { graph: await pair.head.graph(signal), drv: head.drv },
    base: { graph: await pair.base.graph(signal), ...(base?.ok === true ? { drv: base.drv } : {}) },
  });
  const last = cause?.way.at(-1)?.drv;
  return whyRebuilt(
    cause,
    base,
    cause?.before === undefined ? undefined : await pair.base.derivations.read(cause.before),
    last === undefined ? undefined : await pair.head.derivations.read(last),
  );
}
