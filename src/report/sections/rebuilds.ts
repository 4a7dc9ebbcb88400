/**
 * Rebuilds in detail: both counts per system and the attrs that differ. An attr that merely points at an
 * output which base already had is listed and is no rebuild, so the lists may be longer than the counts.
 */
import type { CheckResult, SystemRebuilds } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatCount, formatKnown } from "../../domain/size-words.ts";
import { type Block, code, join, nameList, type Phrase, type SectionMaker, strong } from "../document.ts";

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
    ...[system.added, system.removed, system.changed].map(
      (attrs): Phrase => [
        // Of all attrs, a prediction knows only these.
        formatKnown(system.status === "predicted" && attrs !== system.changed ? null : attrs.length),
      ],
    ),
    [system.status === "predicted" ? "predicted" : `${formatKnown(system.evaluated)} attrs`],
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
    ...culprits(system),
    ...prediction(system),
    ...named("Added", system.added),
    ...named("Removed", system.removed),
    ...named(system.status === "predicted" ? "Rebuilt" : "Changed", system.changed),
    ...named("Evaluate again", system.fixed),
    ...warnings,
  ];
  if (items.length === 0) return [];
  const list: Block = { kind: "list", items };
  return name === undefined ? [list] : [{ kind: "paragraph", content: [strong(name)] }, list];
}

/** "612 of 637 because of …": one that needs two of them is counted with both, so they add up to more. */
function culprits({ culprits = [], attrs }: SystemRebuilds): readonly Phrase[] {
  if (culprits.length === 0) return [];
  const words = culprits.map(({ attrs, name, attr }): Phrase => {
    // Kernels of one version and several flavours are all called the same.
    const isAmbiguous = culprits.filter((other) => other.name === name).length > 1;
    const which: Phrase = isAmbiguous && attr !== undefined ? [" (", code(attr), ")"] : [];
    return [`${formatCount(attrs)} because of `, code(name), ...which];
  });
  const overlap = culprits.length > 1 ? " (an attr may need several)" : "";
  return [[`Of ${formatKnown(attrs)}: `, ...join(words, ", "), overlap]];
}

/** What was predicted and came true needs no words. */
function prediction({ status, prediction }: SystemRebuilds): readonly Phrase[] {
  if (prediction === undefined || prediction.graph === null) return [];
  const from: Phrase = [" from ", code(prediction.graph.slice(0, 7))];
  if (status === "predicted")
    return [["Predicted", ...from, ": attrs that it does not have come with the evaluation"]];
  if (prediction.status !== "corrected") return [];
  const off = [
    prediction.missed === 0 ? "" : `${formatKnown(prediction.missed)} missed`,
    prediction.wrong === 0 ? "" : `${formatKnown(prediction.wrong)} wrong`,
  ].filter((words) => words !== "");
  return [[`Predicted were ${formatKnown(prediction.attrs)}`, ...from, `: ${off.join(", ")}`]];
}
