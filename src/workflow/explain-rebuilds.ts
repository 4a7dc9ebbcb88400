/** Why attributes are rebuilt that somebody asked about, from the graphs of base and head. */
import type { AttrPath } from "../domain/evaluation.ts";
import { findAttr } from "../domain/rebuilds.ts";
import { type WhySide, whyRebuilt } from "../domain/why-rebuilt.ts";
import type { EvaluatedSystems } from "./evaluate-trees.ts";
import type { EvaluatedTree } from "./ports.ts";
import type { CheckRequest, World } from "./world.ts";

export async function explainRebuilds(
  systems: EvaluatedSystems,
  { why = [] }: CheckRequest,
  { onExplained }: World,
  signal: AbortSignal,
): Promise<void> {
  if (onExplained === undefined) return;
  for (const attr of why) {
    const perSystem: { system: string; lines: string[] }[] = [];
    for (const [system, { base, head }] of systems) {
      const sides = [await sideOf(base, attr, signal), await sideOf(head, attr, signal)] as const;
      if (sides.every((side) => side.attr === undefined)) continue;
      perSystem.push({ system, lines: whyRebuilt(...sides) });
    }
    const told = perSystem.filter(({ lines }) => lines.length > 0);
    const lines =
      told.length === 1
        ? told.flatMap(({ lines }) => lines)
        : told.flatMap(({ system, lines }) => [`${system}:`, ...lines]);
    onExplained(attr, lines);
  }
}

async function sideOf(tree: EvaluatedTree, attr: AttrPath, signal: AbortSignal): Promise<WhySide> {
  const result = tree.outcome.status === "evaluated" ? findAttr(tree.outcome.attrs, attr) : undefined;
  const roots = result?.ok === true ? [result.drv] : [];
  return { attr: result, derivations: await tree.derivations.closure(roots, signal) };
}
