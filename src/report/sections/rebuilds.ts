/**
 * Rebuilds in detail: both counts per system and the attrs that differ. An attr that merely points at an
 * output which base already had is listed and is no rebuild, so the lists may be longer than the counts.
 */
import type { CheckResult, SystemRebuilds } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatCount, formatKnown } from "../../domain/size-words.ts";
import { type Block, code, nameList, type Phrase, type SectionMaker, strong } from "../document.ts";

type Systems = readonly (readonly [string, SystemRebuilds])[];

export const rebuildsSection: SectionMaker = (result, listed) => {
  const systems = evaluatedSystems(result);
  const blocks = [
    ...countTable(systems),
    ...systems.flatMap(([name, system]) => lists(systems.length > 1 ? name : undefined, system, listed)),
  ];
  const silent = systems.every(([, system]) => system.attrs === 0 && differing(system) === 0);
  if (blocks.length === 0 || silent) return undefined;
  return { id: "rebuilds", title: "Rebuilds", folded: true, blocks };
};

function evaluatedSystems({ rebuilds }: CheckResult): Systems {
  return Object.entries(rebuilds.systems)
    .filter(([, system]) => system.status !== "not-run")
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function differing(system: SystemRebuilds): number {
  const { added, removed, changed, broken, fixed, warnings } = system;
  return [added, removed, changed, broken, fixed, warnings].reduce((sum, list) => sum + list.length, 0);
}

function countTable(systems: Systems): readonly Block[] {
  if (systems.length === 0) return [];
  const head = ["system", "attrs rebuilt", "derivations", "added", "removed", "changed", "of"].map(
    (h): Phrase => [h],
  );
  const rows = systems.map(([name, system]): readonly Phrase[] => [
    [name],
    [strong(formatKnown(system.attrs))],
    [formatKnown(system.derivations)],
    [formatCount(system.added.length)],
    [formatCount(system.removed.length)],
    [formatCount(system.changed.length)],
    [`${formatKnown(system.evaluated)} attrs${system.status === "predicted" ? ", predicted" : ""}`],
  ]);
  return [{ kind: "table", head, rows }];
}

/** `name`: of the system, where there are several. */
function lists(name: string | undefined, system: SystemRebuilds, listed: number): readonly Block[] {
  const named = (label: string, attrs: readonly string[]): readonly Phrase[] =>
    attrs.length === 0 ? [] : [[`${label}: `, ...nameList(attrs, listed)]];
  const warnings = system.warnings
    .slice(0, listed)
    .map((warning): Phrase => ["New warning: ", code(singleLine(warning))]);
  const items = [
    ...named("Added", system.added),
    ...named("Removed", system.removed),
    ...named("Changed", system.changed),
    ...named("Evaluate again", system.fixed),
    ...warnings,
  ];
  if (items.length === 0) return [];
  const list: Block = { kind: "list", items };
  return name === undefined ? [list] : [{ kind: "paragraph", content: [strong(name)] }, list];
}
