/**
 * The headline of a check that still runs: what is known to break already, else what is counted, and what is to
 * come. Never a word that sounds like an all-clear.
 */
import type { StageName } from "./check-result.ts";
import { headline, type UnnamedResult } from "./headline.ts";
import { formatKnown, plural } from "./size-words.ts";

const TO_COME: readonly { readonly stage: StageName; readonly words: string }[] = [
  { stage: "rebuilds", words: "exact counts" },
  { stage: "build", words: "builds" },
  { stage: "sizes", words: "sizes" },
  { stage: "vm", words: "boots" },
  { stage: "consumers", words: "consumers" },
];

/** A stage that was left out on purpose is to come as much as one that was not begun. */
export function headlineSoFar(result: UnnamedResult): string {
  const begun = result.stages.filter(({ status }) => status !== "skipped");
  const ended = new Set(begun.map(({ stage }) => stage));
  const missing = TO_COME.flatMap(({ stage, words }) => (ended.has(stage) ? [] : [words]));
  const toCome = missing.length === 0 ? "" : `; still to come: ${missing.join(", ")}`;
  const breaks = result.findings.some(({ severity }) => severity === "failure");
  if (breaks) return `${headline({ ...result, verdict: "failure" })}${toCome}`;
  return `⏳ ${counts(result)}${toCome}`;
}

/** Of a check that was to count and no more: what breaks in evaluating, else the counts, and no word about the rest. */
export function headlineOfCounts(result: UnnamedResult): string {
  const isFine =
    result.verdict === "success" && result.findings.every(({ severity }) => severity === "notice");
  return isFine ? `ℹ️ ${counts(result)}; only the counts were asked for` : headline(result);
}

function counts({ rebuilds }: UnnamedResult): string {
  const systems = Object.entries(rebuilds.systems).sort(([a], [b]) => (a < b ? -1 : 1));
  const words = systems.map(([name, { attrs, status }]) => {
    if (attrs === null) return `${name} not evaluated`;
    return `${plural(attrs, "rebuild")}${status === "predicted" ? " predicted" : ""} on ${name}`;
  });
  return words.length === 0 ? `Rebuilds: ${formatKnown(null)}` : words.join(", ");
}
