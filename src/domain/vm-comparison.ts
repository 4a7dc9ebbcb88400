/**
 * Two boots compared: one kernel with its modules, at base and at head.
 *
 * Stricter than "passed or failed": a kernel that failed at base too is to blame for what is new at head, and a
 * default module that base had is missed although no kernel must have it. A time limit reached counts as a
 * failure, since the boot was repeated before we believed it; a boot that did not happen counts as unknown.
 */
import type { Comparison } from "./build.ts";
import { compareSides, type SideState } from "./comparison.ts";
import type { ModuleLoad, VmOutcome } from "./vm.ts";

export interface VmComparison {
  readonly comparison: Comparison;
  /** What differs or went wrong, one line each, raw. */
  readonly details: readonly string[];
}

type Ran = Extract<VmOutcome, { outcome: "passed" | "failed" }>;

/** @param base undefined: that side has no such kernel */
export function compareVm(base: VmOutcome | undefined, head: VmOutcome | undefined): VmComparison {
  const plain = compareSides(vmState(base), vmState(head));
  const modules = base !== undefined && head !== undefined ? compareModules(base, head) : [];
  const worse = modules.some((module) => module.worse) || hasNewProblem(base, head);
  const comparison = worse && (plain === "same-pass" || plain === "same-fail") ? "regressed" : plain;
  return {
    comparison,
    details: [
      ...problemDetails(base, head),
      ...modules.map((module) => module.text),
      ...absentEverywhere(base, head),
    ],
  };
}

export function vmState(outcome: VmOutcome | undefined): SideState {
  switch (outcome?.outcome) {
    case undefined:
      return "absent";
    case "not-run":
      return "unknown";
    case "passed":
      return outcome.firstTry === undefined ? "pass" : "flaky";
    case "failed":
    case "timeout":
      return "fail";
  }
}

function hasNewProblem(base: VmOutcome | undefined, head: VmOutcome | undefined): boolean {
  if (base === undefined || head === undefined) return false;
  const known = new Set(problemsOf(base).map(withoutNumbers));
  return problemsOf(head).some((problem) => !known.has(withoutNumbers(problem)));
}

function problemDetails(base: VmOutcome | undefined, head: VmOutcome | undefined): string[] {
  const atBase = base === undefined ? [] : problemsOf(base);
  const atHead = head === undefined ? [] : problemsOf(head);
  const baseKeys = new Set(atBase.map(withoutNumbers));
  const headKeys = new Set(atHead.map(withoutNumbers));
  return [
    ...atHead
      .filter((problem) => !baseKeys.has(withoutNumbers(problem)))
      .map((problem) => `head: ${problem}`),
    ...atBase
      .filter((problem) => !headKeys.has(withoutNumbers(problem)))
      .map((problem) => `base: ${problem}`),
    ...atHead
      .filter((problem) => baseKeys.has(withoutNumbers(problem)))
      .map((problem) => `base and head: ${problem}`),
  ];
}

function problemsOf(outcome: VmOutcome): readonly string[] {
  switch (outcome.outcome) {
    case "passed":
      return (outcome.firstTry ?? []).map((problem) => `failed once and passed when repeated: ${problem}`);
    case "failed":
      return outcome.problems;
    case "timeout": {
      const last = outcome.consoleTail.at(-1);
      return [`did not finish in time${last === undefined ? ", without a word" : `; last words: ${last}`}`];
    }
    case "not-run":
      return [`not run: ${outcome.reason}`];
  }
}

/** Addresses, process ids, line numbers and versions differ between two kernels that have the same fault. */
function withoutNumbers(problem: string): string {
  return problem.replace(/0x[0-9a-fA-F]{1,16}|[0-9a-f]{8,16}|\d+(?:[.-]\d+)*/g, "N");
}

interface ModuleDifference {
  readonly text: string;
  readonly worse: boolean;
}

function compareModules(base: VmOutcome, head: VmOutcome): ModuleDifference[] {
  if (!hasRun(base) || !hasRun(head)) return [];
  const before = new Map(base.modules.map((load) => [keyOf(load), load]));
  return head.modules.flatMap((load) => {
    const earlier = before.get(keyOf(load));
    return earlier === undefined || earlier.loaded === load.loaded ? [] : [difference(earlier, load)];
  });
}

function difference(base: ModuleLoad, head: ModuleLoad): ModuleDifference {
  const text = `${head.module}: ${base.loaded} at base, ${head.loaded} at head`;
  const options = Object.keys(head.parameters);
  if (head.loaded === "builtin" && options.length > 0) {
    // modprobe.d is not read for what is built in; only the kernel's command line sets its parameters.
    const instead = options.map((name) => `${head.module}.${name}=`).join(" ");
    return {
      text: `${text}; options given to modprobe no longer reach it (kernel command line: ${instead})`,
      worse: false,
    };
  }
  return { text, worse: isUsable(base) && !isUsable(head) };
}

/** The defaults that neither kernel has, so that nobody takes them for tested. */
function absentEverywhere(base: VmOutcome | undefined, head: VmOutcome | undefined): string[] {
  const sides = [base, head].filter((side) => side !== undefined).filter(hasRun);
  if (sides.length === 0) return [];
  const missing = sides.map(({ modules }) =>
    modules.filter((load) => load.loaded === "missing").map((load) => load.module),
  );
  const problems = sides.flatMap((side) => side.problems);
  const everywhere = (missing[0] ?? [])
    .filter((module) => missing.every((names) => names.includes(module)))
    .filter((module) => !problems.some((problem) => problem.startsWith(`${module} is not in `)));
  return everywhere.length === 0 ? [] : [`not in this kernel, and not tried: ${everywhere.join(", ")}`];
}

function hasRun(outcome: VmOutcome): outcome is Ran {
  return outcome.outcome === "passed" || outcome.outcome === "failed";
}

function isUsable(load: ModuleLoad): boolean {
  return load.loaded === "loaded" || load.loaded === "builtin";
}

/** One module may be asked for twice with different options. */
function keyOf(load: ModuleLoad): string {
  return [load.module, ...Object.keys(load.parameters).sort()].join(" ");
}
