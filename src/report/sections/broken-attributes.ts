/**
 * Attributes that evaluate at base and fail at head, with what Nix said. Those that stand among the broken
 * consumers, with advice, are not told twice.
 */
import { brokenConsumers } from "../../domain/broken-consumers.ts";
import type { CheckResult } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { code, cutRows, type Phrase, type SectionMaker } from "../document.ts";

export const brokenAttributesSection: SectionMaker = (result, listed) => {
  const rows = brokenRows(result);
  if (rows.length === 0) return undefined;
  return {
    id: "broken-attributes",
    title: "What to do: these attributes no longer evaluate",
    folded: false,
    blocks: [{ kind: "table", head: [["attribute"], ["system"], ["error"]], rows: cutRows(rows, listed) }],
  };
};

function brokenRows({ rebuilds, consumers }: CheckResult): readonly (readonly Phrase[])[] {
  const told = new Set(brokenConsumers(consumers).flatMap(({ name, aliases }) => [name, ...aliases]));
  return Object.entries(rebuilds.systems)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([system, { broken }]) =>
      broken
        .filter(({ attr }) => !told.has(attr))
        .map(({ attr, error }) => [[code(attr)], [system], [code(singleLine(error, 300))]]),
    );
}
