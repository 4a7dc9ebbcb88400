/** Rows of the report for what ran in a VM: our own boot of each kernel, and the repository's own tests. */
import type { BuildOutcome } from "./build.ts";
import type { VmResult, VmSide } from "./check-result.ts";
import { buildState, compareSides } from "./comparison.ts";
import type { AttrPath, System } from "./evaluation.ts";
import type { VmOutcome } from "./vm.ts";
import { compareVm } from "./vm-comparison.ts";

/** Name of the built-in boot test. */
export const BOOT_TEST = "modprobe";

export function bootResult(boot: {
  readonly kernel: AttrPath;
  readonly system: System;
  readonly base: VmOutcome | undefined;
  readonly head: VmOutcome | undefined;
}): VmResult {
  const { kernel, system, base, head } = boot;
  return {
    test: BOOT_TEST,
    kernel,
    system,
    ...compareVm(base, head),
    accelerator: acceleratorOf(head) ?? acceleratorOf(base) ?? null,
    base: bootSide(base),
    head: bootSide(head),
  };
}

function acceleratorOf(outcome: VmOutcome | undefined) {
  return outcome === undefined || outcome.outcome === "not-run" ? undefined : outcome.accelerator;
}

function bootSide(outcome: VmOutcome | undefined): VmSide {
  if (outcome === undefined) return absent;
  if (outcome.outcome === "not-run") return { outcome: "not-run", reason: outcome.reason, seconds: 0 };
  return { outcome: outcome.outcome, seconds: outcome.seconds };
}

export function repositoryTestResult(run: {
  readonly test: AttrPath;
  readonly system: System;
  readonly base: BuildOutcome | undefined;
  readonly head: BuildOutcome | undefined;
}): VmResult {
  const { test, system, base, head } = run;
  return {
    test,
    kernel: null,
    system,
    comparison: compareSides(buildState(base), buildState(head)),
    // The test chooses it inside Nix's sandbox, where we do not look.
    accelerator: null,
    base: buildSide(base),
    head: buildSide(head),
    details: head?.status === "failed" ? failureDetails(head) : [],
  };
}

function buildSide(outcome: BuildOutcome | undefined): VmSide {
  switch (outcome?.status) {
    case undefined:
      return absent;
    case "built":
      return { outcome: "passed", seconds: outcome.seconds };
    case "flaky":
      return { outcome: "not-run", reason: "failed once and passed when repeated", seconds: outcome.seconds };
    case "failed":
      return { outcome: outcome.cause === "timeout" ? "timeout" : "failed", seconds: outcome.seconds };
    case "not-run":
      return { outcome: "not-run", reason: outcome.reason, seconds: 0 };
  }
}

const absent: VmSide = { outcome: "not-run", reason: "not there on this side", seconds: 0 };

const SHOWN = 5;

function failureDetails(failed: Extract<BuildOutcome, { status: "failed" }>): string[] {
  const tail = failed.logTail.filter((line) => line.trim() !== "").slice(-SHOWN);
  return failed.explanation === undefined ? tail : [failed.explanation, ...tail];
}
