/**
 * The headline: must I do something, and what, in one line of plain text.
 *
 * What breaks comes first, the worst first, and with it the change that breaks it. What could not be checked
 * is part of the line, so that silence is never taken for health. Names stand in backticks.
 */
import { brokenConsumers } from "./broken-consumers.ts";
import type { CheckResult, ConsumerResult, KernelResult, LayoutLoss, StageResult } from "./check-result.ts";
import { FINDINGS, type FindingKind } from "./findings.ts";
import { quoted, quotedList, sentence } from "./plain-text.ts";
import { formatCount, plural } from "./size-words.ts";

export type UnnamedResult = Omit<CheckResult, "headline">;

/** More than this many clauses are no headline any more. */
const CLAUSES = 3;

export function headline(result: UnnamedResult): string {
  const breaks = breakingClauses(result);
  const unchecked = uncheckedParts(result);
  const aside = unchecked.length === 0 ? "" : `; not checked: ${unchecked.join(", ")}`;
  if (result.verdict === "failure" || breaks.length > 0) {
    return `❌ ${clauses(breaks.length > 0 ? breaks : failedFindings(result))}${aside}`;
  }
  if (result.verdict === "neutral" || unchecked.length > 0) return notChecked(result, unchecked);
  if (isPredicted(result)) return `ℹ️ Predicted, not evaluated: ${rebuildWords(result)}`;
  return `${warnings(result) === "" ? "✅" : "⚠️"} ${fine(result)}${warnings(result)}${notBuiltClause(result)}`;
}

function clauses(all: readonly string[]): string {
  const rest = all.length - CLAUSES;
  const shown = all.slice(0, CLAUSES).join("; ");
  return rest > 0 ? `${shown}; and ${plural(rest, "more problem")} below` : shown;
}

function breakingClauses(result: UnnamedResult): string[] {
  return [
    unbuildable(result.kernels),
    consumerClause(result),
    unbootable(result),
    brokenAttributes(result),
  ].filter((clause) => clause !== "");
}

function unbuildable(kernels: readonly KernelResult[]): string {
  const broken = kernels.filter((kernel) => kernel.comparison === "regressed");
  if (broken.length === 0) return "";
  const reason = broken.length === 1 ? broken[0]?.head?.reason : undefined;
  const verb = broken.length === 1 ? "builds" : "build";
  return `${quotedList(names(broken))} no longer ${verb}${reason === undefined ? "" : `: ${sentence(reason, 160)}`}`;
}

function consumerClause({ consumers, kernels }: UnnamedResult): string {
  const broken = brokenConsumers(consumers);
  if (broken.length === 0) return "";
  const cause = layoutCause(kernels);
  return `${breakWords(broken)}${cause === "" ? "" : `: ${cause}`}`;
}

function breakWords(broken: readonly ConsumerResult[]): string {
  const silent = broken.filter((consumer) => consumer.silent).length;
  if (broken.length === 1) return silent === 1 ? "1 consumer breaks silently" : "1 consumer breaks";
  if (silent === 0) return `${formatCount(broken.length)} consumers break`;
  const howMany = silent === broken.length ? "all" : formatCount(silent);
  return `${formatCount(broken.length)} consumers break, ${howMany} of them silently`;
}

/** The move or loss that touches most files, with every kernel that shares it. */
function layoutCause(kernels: readonly KernelResult[]): string {
  const losses = kernels.flatMap((kernel) => kernel.layout.lost);
  const main = losses.reduce<LayoutLoss | undefined>(
    (most, loss) => (most === undefined || loss.files > most.files ? loss : most),
    undefined,
  );
  if (main === undefined) return "";
  const sharing = names(kernels.filter((kernel) => kernel.layout.lost.some((loss) => sameLoss(loss, main))));
  const [moves, loses] = sharing.length === 1 ? ["moves", "loses"] : ["move", "lose"];
  const path = quoted(main.path);
  return main.movedTo === undefined
    ? `${quotedList(sharing)} ${loses} ${path} from ${quoted(main.output)}`
    : `${quotedList(sharing)} ${moves} ${path} from ${quoted(main.output)} to ${quoted(main.movedTo)}`;
}

function sameLoss(a: LayoutLoss, b: LayoutLoss): boolean {
  return a.output === b.output && a.path === b.path && a.movedTo === b.movedTo;
}

/** Attrs, each once: a kernel stands in the list once per system. */
function names(kernels: readonly KernelResult[]): string[] {
  return [...new Set(kernels.map((kernel) => kernel.attr))];
}

function unbootable({ vm }: UnnamedResult): string {
  const failed = vm.filter((run) => run.comparison === "regressed");
  const boots = [...new Set(failed.flatMap((run) => (run.kernel === null ? [] : [run.kernel])))];
  const tests = [...new Set(failed.flatMap((run) => (run.kernel === null ? [run.test] : [])))];
  const verb = boots.length === 1 ? "fails" : "fail";
  return [
    boots.length === 0 ? "" : `${quotedList(boots)} ${verb} to boot or to load modules`,
    tests.length === 0 ? "" : `${quotedList(tests)} ${tests.length === 1 ? "fails" : "fail"}`,
  ]
    .filter((clause) => clause !== "")
    .join("; ");
}

/** Attributes that stop evaluating, without those that an earlier clause has counted as kernel or consumer. */
function brokenAttributes({ rebuilds, kernels, consumers }: UnnamedResult): string {
  const counted = new Set([
    ...names(kernels),
    ...brokenConsumers(consumers).flatMap((consumer) => [consumer.name, ...consumer.aliases]),
  ]);
  const broken = Object.values(rebuilds.systems).flatMap((system) => system.broken.map(({ attr }) => attr));
  const attrs = [...new Set(broken)].filter((attr) => !counted.has(attr)).sort();
  if (attrs.length === 0) return "";
  return `${plural(attrs.length, "attribute")} no longer ${attrs.length === 1 ? "evaluates" : "evaluate"}: ${quotedList(attrs)}`;
}

function failedFindings({ findings }: UnnamedResult): string[] {
  const kinds = [...new Set(findings.filter((f) => f.severity === "failure").map((f) => f.kind))];
  return kinds.map((kind) => findingClause(findings, kind));
}

function findingClause(findings: UnnamedResult["findings"], kind: FindingKind): string {
  const subjects = findings.filter((finding) => finding.kind === kind).map((finding) => finding.subject);
  return `${FINDINGS[kind].title}: ${quotedList(subjects)}`;
}

/** What should have run and did not, in words that name the part. */
function uncheckedParts({ stages, rebuilds, kernels, vm, consumers }: UnnamedResult): string[] {
  const systems = Object.entries(rebuilds.systems).filter(([, system]) => system.status === "not-run");
  const builds = kernels.filter((kernel) => kernel.comparison === "not-run");
  const boots = vm.filter((run) => run.comparison === "not-run");
  const skipped = consumers.filter((consumer) => consumer.comparison === "not-run").length;
  const whole = stages.filter((stage) => stage.status === "not-run").map((stage) => STAGE_WORDS[stage.stage]);
  const parts = [
    ...whole,
    ...(whole.includes(STAGE_WORDS.evaluate) ? [] : systems.map(([name]) => quoted(name))),
    ...(builds.length === 0 || whole.includes(STAGE_WORDS.build) ? [] : [quotedList(names(builds))]),
    ...(boots.length === 0 || whole.includes(STAGE_WORDS.vm) ? [] : [plural(boots.length, "VM test")]),
    ...(skipped === 0 || whole.includes(STAGE_WORDS.consumers) ? [] : [plural(skipped, "consumer")]),
  ];
  return [...new Set(parts)];
}

const STAGE_WORDS = {
  checkout: "the checkout",
  plan: "the plan",
  evaluate: "the evaluation",
  rebuilds: "rebuilds",
  build: "builds",
  sizes: "sizes",
  vm: "boots",
  consumers: "consumers",
  report: "the report",
} as const satisfies Record<StageResult["stage"], string>;

function notChecked(result: UnnamedResult, unchecked: readonly string[]): string {
  const skipped = skipReason(result);
  if (unchecked.length === 0) return `ℹ️ Nothing to check here${skipped === undefined ? "" : `: ${skipped}`}`;
  const because = result.stages.find((stage) => stage.status === "not-run")?.reason;
  const reason = because === undefined ? "" : `: ${sentence(because, 160)}`;
  return `⚠️ Could not be checked: ${unchecked.slice(0, CLAUSES).join(", ")}${
    unchecked.length > CLAUSES ? ` and ${unchecked.length - CLAUSES} more` : ""
  }${reason}`;
}

function skipReason({ stages }: UnnamedResult): string | undefined {
  const reason = stages.find((stage) => stage.status === "skipped" && stage.reason !== undefined)?.reason;
  return reason === undefined ? undefined : sentence(reason, 160);
}

function nothingToDo(result: UnnamedResult): string {
  const skipped = skipReason(result);
  return `Nothing to do: no rebuilds${skipped === undefined ? "" : ` (${skipped})`}`;
}

function fine(result: UnnamedResult): string {
  const isNone = Object.values(result.rebuilds.systems).every(({ attrs }) => (attrs ?? 0) === 0);
  if (result.kernels.length === 0 && isNone) return nothingToDo(result);
  return `Nothing breaks: ${[rebuildWords(result), ...checkedWords(result)].join(", ")}`;
}

function rebuildWords({ rebuilds }: UnnamedResult): string {
  const counts = Object.values(rebuilds.systems);
  const attrs = counts.reduce((sum, system) => sum + (system.attrs ?? 0), 0);
  const derivations = counts.reduce((sum, system) => sum + (system.derivations ?? 0), 0);
  return `${plural(attrs, "rebuild")} (${plural(derivations, "derivation")})`;
}

function isPredicted({ rebuilds }: UnnamedResult): boolean {
  return Object.values(rebuilds.systems).some(({ status }) => status === "predicted");
}

function notBuiltClause({ kernelsNotBuilt = [] }: UnnamedResult): string {
  if (kernelsNotBuilt.length === 0) return "";
  const were = kernelsNotBuilt.length === 1 ? "was" : "were";
  return `; ${plural(kernelsNotBuilt.length, "changed kernel")} ${were} not built`;
}

function checkedWords({ kernels, vm, consumers }: UnnamedResult): string[] {
  const built = names(kernels.filter((kernel) => kernel.head?.build === "built"));
  const same = consumers.filter((consumer) => consumer.comparison === "same-pass").length;
  const verb = built.length === 1 ? "builds" : "build";
  const boots = vm.length > 0 && vm.every((run) => run.head.outcome === "passed");
  const also = built.length === 1 ? " and boots" : " and boot";
  return [
    ...(built.length === 0 ? [] : [`${quotedList(built)} ${verb}${boots ? also : ""}`]),
    ...(same === 0 ? [] : [`${plural(same, "consumer")} the same`]),
  ];
}

function warnings({ findings }: UnnamedResult): string {
  const kinds = [...new Set(findings.filter((f) => f.severity === "warning").map((f) => f.kind))];
  if (kinds.length === 0) return "";
  const words = kinds.slice(0, CLAUSES).map((kind) => findingClause(findings, kind));
  return `; look at ${words.join("; ")}${kinds.length > CLAUSES ? `; and ${kinds.length - CLAUSES} more below` : ""}`;
}
