/** One kernel's row of the report: both sides side by side, and every difference between them. */
import type { BuildOutcome } from "./build.ts";
import type { KernelResult, KernelSide, OutputSummary } from "./check-result.ts";
import { buildState, compareSides, type SideState } from "./comparison.ts";
import { compareConfigs } from "./config-differences.ts";
import type { AttrResult } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import { compareLayout } from "./layout.ts";
import { compareModules } from "./module-differences.ts";
import type { OutputFacts } from "./output-facts.ts";
import { comparePassthru } from "./passthru-differences.ts";
import type { PlannedKernel } from "./plan-kernels.ts";

/** What is known of one side. `attr` undefined: no such attribute there. */
export interface KernelEvidence {
  readonly attr: AttrResult | undefined;
  readonly build: BuildOutcome | undefined;
  readonly facts: KernelFacts | undefined;
}

export function kernelResult(
  { attr, system, aliases }: PlannedKernel,
  base: KernelEvidence,
  head: KernelEvidence,
): KernelResult {
  const both =
    base.facts !== undefined && head.facts !== undefined ? { base: base.facts, head: head.facts } : undefined;
  return {
    attr,
    system,
    ...(aliases.length === 0 ? {} : { aliases }),
    comparison: compareSides(stateOf(base), stateOf(head)),
    base: sideOf(base),
    head: sideOf(head),
    layout: both === undefined ? { lost: [], gained: [] } : compareLayout(both.base, both.head),
    modules: compareModules(base.facts, head.facts),
    config: both === undefined ? [] : compareConfigs(both.base.config, both.head.config),
    passthru: both === undefined ? [] : comparePassthru(both.base.passthru, both.head.passthru),
  };
}

function stateOf({ attr, build }: KernelEvidence): SideState {
  if (attr?.ok === false) return "fail";
  return buildState(build);
}

function sideOf({ attr, build, facts }: KernelEvidence): KernelSide | null {
  if (attr?.ok === false) return { build: "eval-error", reason: attr.error, outputs: {} };
  switch (build?.status) {
    case undefined:
      return null;
    case "built":
      return { build: "built", outputs: summaries(facts) };
    case "not-run":
      return { build: "not-run", reason: build.reason, outputs: {} };
    case "flaky":
      return {
        build: "not-run",
        reason: "failed once and built when repeated",
        outputs: {},
        logTail: build.logTail,
      };
    case "failed":
      return { build: "failed", reason: failureReason(build), outputs: {}, logTail: build.logTail };
  }
}

function summaries(facts: KernelFacts | undefined): Record<string, OutputSummary> {
  const outputs = Object.entries(facts?.outputs ?? {});
  return Object.fromEntries(outputs.map(([name, output]) => [name, summary(output)]));
}

function summary({ path, narSize, closureSize, files }: OutputFacts): OutputSummary {
  return { path, narSize, closureSize, files: files.filter((file) => file.type !== "directory").length };
}

const CAUSES = {
  builder: "the builder failed",
  timeout: "the build ran over the time limit",
  dependency: "something it needs failed to build",
} as const;

/** A known explanation, else the last line of the log that says anything. */
function failureReason(build: Extract<BuildOutcome, { status: "failed" }>): string {
  const lastLine = build.logTail.findLast((line) => line.trim() !== "");
  const told = build.explanation ?? lastLine;
  return told === undefined ? CAUSES[build.cause] : `${CAUSES[build.cause]}: ${told}`;
}
