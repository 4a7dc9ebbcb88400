/**
 * The table a maintainer reads in ten seconds: one row per question, what is fine collapsed to a count. A row
 * that would only say "nothing" is left out; one that was not checked says so.
 */

import { isBroken } from "../../domain/broken-consumers.ts";
import type { Comparison } from "../../domain/build.ts";
import type {
  CheckResult,
  KernelResult,
  StageName,
  SystemRebuilds,
  VmResult,
} from "../../domain/check-result.ts";
import { formatCount, formatCountChange, formatKnown, plural } from "../../domain/size-words.ts";
import { branchWords } from "../branch-words.ts";
import {
  BREAK,
  code,
  cutItems,
  join,
  lines,
  nameList,
  type Phrase,
  prose,
  type Section,
  strong,
} from "../document.ts";
import { outputChanges, outputNames } from "../output-sizes.ts";
import { COMPARISONS, comparisonWords } from "../words.ts";

type Row = readonly [label: Phrase, value: Phrase];

/** `listed`: how many kernels, systems or tests one cell may name. */
export function summarySection(result: CheckResult, listed: number): Section {
  const rows = [
    rebuildRow(result, listed),
    labelRow(result),
    branchRow(result),
    buildRow(result, listed),
    bootRow(result, listed),
    testRow(result, listed),
    sizeRow(result, listed),
    moduleRow(result, listed),
    consumerRow(result),
  ].filter((row) => row !== undefined);
  const commits: Phrase = [code(result.base.slice(0, 7)), " → ", code(result.head.slice(0, 7))];
  return {
    id: "summary",
    title: "Summary",
    folded: false,
    blocks: [{ kind: "table", head: [["compared"], commits], rows }],
  };
}

function rebuildRow(result: CheckResult, listed: number): Row | undefined {
  const systems = Object.entries(result.rebuilds.systems).sort(([a], [b]) => (a < b ? -1 : 1));
  if (systems.length === 0) return missing(result, "rebuilds", "Rebuilds");
  const words = systems.map(([name, system]) => rebuildWords(name, system));
  // The labels count what is rebuilt on any architecture of an operating system, each attr once.
  const union: readonly Phrase[] =
    systems.length === 1
      ? []
      : [
          [
            "together: linux ",
            strong(osWords(result.rebuilds.os.linux)),
            " · darwin ",
            strong(osWords(result.rebuilds.os.darwin)),
          ],
        ];
  return [["Rebuilds"], lines([...union, ...words], listed + union.length)];
}

function osWords(attrs: number | null): string {
  return attrs === null ? "not evaluated" : formatCount(attrs);
}

function rebuildWords(name: string, system: SystemRebuilds): Phrase {
  if (system.status === "not-run") {
    const isPrediction =
      system.prediction?.status === "not-predicted" && system.reason?.startsWith("not predicted");
    return [`${name}: ⚠️ not ${isPrediction ? "predicted" : "evaluated"}`];
  }
  const isPredicted = system.status === "predicted";
  const counts: Phrase = [
    `${name}: ${isPredicted ? "predicted " : ""}`,
    strong(formatKnown(system.attrs)),
    `${isPredicted ? "" : ` of ${formatKnown(system.evaluated)}`} attrs (${system.derivations === null ? "?" : plural(system.derivations, "derivation")})`,
  ];
  const broken =
    system.broken.length === 0
      ? []
      : [
          " · ❌ ",
          strong(
            `${formatCount(system.broken.length)} no longer ${system.broken.length === 1 ? "evaluates" : "evaluate"}`,
          ),
        ];
  const fixed = system.fixed.length === 0 ? [] : [` · ${formatCount(system.fixed.length)} fixed`];
  return [...counts, ...broken, ...fixed];
}

function labelRow({ rebuilds }: CheckResult): Row | undefined {
  return rebuilds.labels.length === 0 ? undefined : [["Labels"], nameList(rebuilds.labels, 12)];
}

function branchRow({ branch }: CheckResult): Row | undefined {
  const words = branch === undefined ? undefined : branchWords(branch);
  return words === undefined ? undefined : [["Branch"], words];
}

function buildRow(result: CheckResult, listed: number): Row | undefined {
  const notBuilt = notBuiltWords(result, listed);
  if (result.kernels.length + notBuilt.length === 0) return missing(result, "build", "Build");
  const words = result.kernels.map((kernel) => buildWords(kernel, hasSystems(result)));
  return [["Build"], join([...cutItems(words, listed), ...notBuilt], BREAK)];
}

function buildWords(kernel: KernelResult, nameSystem: boolean): Phrase {
  const comparison = kernel.comparison === "same-pass" ? "✅" : comparisonWords(kernel.comparison);
  const named = outputNames(kernel.head).map((output): Phrase => {
    const added = kernel.base?.build === "built" && !(output in kernel.base.outputs);
    return added ? [strong(code(output)), " (new)"] : [code(output)];
  });
  return [
    code(kernel.attr),
    ...(kernel.aliases === undefined ? [] : [" (also ", ...nameList(kernel.aliases, 4), ")"]),
    ...(nameSystem ? [` ${kernel.system}`] : []),
    ` ${comparison}`,
    ...(named.length === 0 ? [] : [": ", ...join(named, " ")]),
  ];
}

/** Never cut away: what nobody looked at is not to be taken for healthy. */
function notBuiltWords({ kernels, kernelsNotBuilt = [] }: CheckResult, listed: number): readonly Phrase[] {
  const systems = new Set([...kernels, ...kernelsNotBuilt].map(({ system }) => system));
  const groups = Map.groupBy(kernelsNotBuilt, ({ system, reason }) => `${system} ${reason}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const where = systems.size > 1 ? ` on ${first.system}` : "";
    const more = kernels.length === 0 ? "" : "more ";
    const verb = group.length === 1 ? "kernel differs" : "kernels differ";
    const was = group.length === 1 ? "was" : "were";
    return [
      [
        `${formatCount(group.length)} ${more}${verb}${where} and ${was} not built: `,
        ...nameList(
          group.map(({ attr }) => attr),
          listed,
        ),
        ": ",
        ...prose(first.reason),
      ],
    ];
  });
}

function bootRow(result: CheckResult, listed: number): Row | undefined {
  const boots = result.vm.filter((run) => run.kernel !== null);
  if (boots.length === 0) return missing(result, "vm", "Boot and modprobe");
  const words = boots.map((run) => runWords(run.kernel ?? run.test, run, hasSystems(result)));
  return [["Boot and modprobe"], lines(words, listed)];
}

function testRow(result: CheckResult, listed: number): Row | undefined {
  const tests = result.vm.filter((run) => run.kernel === null);
  if (tests.length === 0) return undefined;
  return [
    ["VM tests"],
    lines(
      tests.map((run) => runWords(run.test, run, hasSystems(result))),
      listed,
    ),
  ];
}

function runWords(name: string, run: VmResult, nameSystem: boolean): Phrase {
  const where = nameSystem ? ` ${run.system}` : "";
  return [code(name), `${where} ${comparisonWords(run.comparison)}`];
}

function sizeRow({ kernels }: CheckResult, listed: number): Row | undefined {
  const words = kernels.flatMap((kernel): Phrase[] => {
    const changes = outputChanges(kernel);
    if (changes.length === 0) return [];
    const differing = changes.filter((change) => change.base === undefined || change.base !== change.head);
    if (differing.length === 0) return [[code(kernel.attr), ": no output changed size"]];
    const parts = differing.map((change): Phrase => [code(change.output), ` ${change.words}`]);
    return [[code(kernel.attr), ": ", ...join(parts, " · ")]];
  });
  return words.length === 0 ? undefined : [["Sizes"], lines(words, listed)];
}

function moduleRow({ kernels }: CheckResult, listed: number): Row | undefined {
  const measured = kernels.filter(({ modules }) => modules.base !== null || modules.head !== null);
  return measured.length === 0 ? undefined : [["Modules"], lines(measured.map(moduleWords), listed)];
}

function moduleWords({ attr, modules }: KernelResult): Phrase {
  const changes = [
    [modules.removed.length, "gone"],
    [modules.builtin.length, "now builtin"],
    [modules.added.length, "new"],
    [modules.recompressed.length, "under another file name"],
  ] as const;
  const told = changes
    .filter(([count]) => count > 0)
    .map(([count, words]) => `${formatCount(count)} ${words}`);
  const known = modules.base !== null && modules.head !== null;
  const fine = known ? "none lost" : "not compared";
  return [
    code(attr),
    ` ${formatCountChange(modules.base, modules.head)} (${told.length === 0 ? fine : told.join(", ")})`,
  ];
}

/** In the order of urgency; a comparison that nothing had is left out. */
const COUNTED: readonly Comparison[] = [
  "regressed",
  "flaky",
  "fixed",
  "same-pass",
  "same-fail",
  "new",
  "removed",
  "not-run",
];

function consumerRow(result: CheckResult): Row | undefined {
  const { consumers } = result;
  if (consumers.length === 0) return missing(result, "consumers", "Consumers");
  const broken = consumers.filter(isBroken);
  const silent = broken.filter((consumer) => consumer.silent).length;
  const grown = consumers.filter((c) => c.comparison === "regressed" && !isBroken(c)).length;
  const counts = COUNTED.flatMap((comparison): Phrase[] => {
    if (comparison === "regressed") {
      const words = silent === 0 ? "" : ` (${formatCount(silent)} silently)`;
      return [
        ...(broken.length === 0 ? [] : [[strong(`❌ ${formatCount(broken.length)} regressed`), words]]),
        ...(grown === 0 ? [] : [[`${formatCount(grown)} grew`]]),
      ];
    }
    const count = consumers.filter((consumer) => consumer.comparison === comparison).length;
    return count === 0 ? [] : [[`${formatCount(count)} ${COMPARISONS[comparison].words}`]];
  });
  return [["Consumers"], join(counts, " · ")];
}

/** A row for a part that has no results because its stage did not run; nothing for one that was not needed. */
function missing({ stages }: CheckResult, name: StageName, label: string): Row | undefined {
  const stage = stages.find((candidate) => candidate.stage === name);
  if (stage?.status !== "not-run") return undefined;
  return [[label], ["⚠️ not run", ...(stage.reason === undefined ? [] : [": ", ...prose(stage.reason)])]];
}

/** Whether a part must name its system to be told apart. */
function hasSystems({ kernels, vm }: CheckResult): boolean {
  return new Set([...kernels, ...vm].map((part) => part.system)).size > 1;
}
