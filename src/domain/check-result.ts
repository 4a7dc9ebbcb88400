/**
 * The result of a check: one serialisable value from which every report is rendered and which is itself
 * the JSON report (`modprobot schema`). Keys may be added; none is renamed without a new `schema` number.
 *
 * Unknown is never zero: a number that could not be found out is `null`, a part that did not run says
 * `not-run` and why. Everything is sorted, so the same input gives the same bytes; only `seconds` varies.
 */
import type { Comparison } from "./build.ts";
import type { AttrPath, DrvPath, OutputName, StorePath, System } from "./evaluation.ts";
import type { Finding } from "./findings.ts";
import type { Accelerator } from "./vm.ts";

export type Verdict = "success" | "failure" | "neutral";
export type StageName =
  | "checkout"
  | "plan"
  | "evaluate"
  | "rebuilds"
  | "build"
  | "sizes"
  | "vm"
  | "consumers"
  | "report";
/** `done`: ran to its end, whatever it found. `skipped`: the plan had nothing for it. `not-run`: should have run and could not. */
export type StageStatus = "done" | "skipped" | "not-run";

export interface StageResult {
  readonly stage: StageName;
  readonly status: StageStatus;
  readonly reason?: string;
  readonly seconds: number;
}

/** A derivation that many rebuilt attrs need. */
export interface Culprit {
  readonly name: string;
  readonly drv: DrvPath;
  /** The shortest one that it is; left out where it is none. */
  readonly attr?: AttrPath;
  /** Rebuilt attrs that need it, itself included. One that needs two culprits is counted with both. */
  readonly attrs: number;
}

/** What was said before head was evaluated, and how good it was. */
export interface Prediction {
  /** `predicted`: head was not evaluated. `confirmed`: exactly these attrs. `corrected`: not exactly. `not-predicted`: the reason says why. */
  readonly status: "predicted" | "confirmed" | "corrected" | "not-predicted";
  readonly reason?: string;
  /** Commit whose graph was used: base, or an ancestor of it; `null` when not predicted. */
  readonly graph: string | null;
  readonly attrs: number | null;
  readonly derivations: number | null;
  /** Rebuilt attrs that it did not have, and the other way round; `null` where not known. */
  readonly missed: number | null;
  readonly wrong: number | null;
}

/**
 * `predicted`: only the counts, `changed` (what is rebuilt) and, of the attrs that were looked at, the rest; the other attrs
 * may have been added, removed or broken as well.
 */
export interface SystemRebuilds {
  readonly status: "evaluated" | "predicted" | "not-run";
  readonly reason?: string;
  /** How many attrs head has; `null` when not run or only predicted. */
  readonly evaluated: number | null;
  /** Attr rebuilds; `null` when not run. */
  readonly attrs: number | null;
  /** Distinct derivations among them; `null` when not run. */
  readonly derivations: number | null;
  readonly added: readonly AttrPath[];
  readonly removed: readonly AttrPath[];
  readonly changed: readonly AttrPath[];
  readonly broken: readonly { readonly attr: AttrPath; readonly error: string }[];
  readonly fixed: readonly AttrPath[];
  /** What the evaluator warned of at head and not at base. */
  readonly warnings: readonly string[];
  /** Most attrs first; left out where nothing is rebuilt, or the derivations could not be read. */
  readonly culprits?: readonly Culprit[];
  readonly prediction?: Prediction;
}

export interface Rebuilds {
  readonly systems: Readonly<Record<System, SystemRebuilds>>;
  /** Attr rebuilds per operating system, a union over its architectures; `null` where none was evaluated. */
  readonly os: { readonly linux: number | null; readonly darwin: number | null };
  readonly labels: readonly string[];
}

/** Where a change belongs by what it rebuilds, in a repository with staging branches (`branch-advice.ts`). */
export interface BranchAdvice {
  /** The branch it is for; `null` where nobody said, and `master` is meant. */
  readonly base: string | null;
  /**
   * `keep`: it is right where it is. `unknown`: nothing speaks against it, and not everything was counted.
   * `possible-mass-rebuild`, `mass-rebuild`: at least 500, 1000 rebuilds. `nixos-rebuild`: all NixOS tests are rebuilt.
   */
  readonly advice: "keep" | "unknown" | "possible-mass-rebuild" | "mass-rebuild" | "nixos-rebuild";
  /** Where it belongs instead; with several, one of them. */
  readonly branches: readonly string[];
  /** Attr rebuilds on the operating system that has more of them; `null` where none was counted. */
  readonly rebuilds: number | null;
  /** Whether `rebuilds` is, in part at least. */
  readonly predicted: boolean;
  /** What was not counted and might change the advice: systems, operating systems, NixOS tests. */
  readonly missing: readonly string[];
}

export interface OutputSummary {
  readonly path: StorePath;
  readonly narSize: number;
  readonly closureSize: number;
  readonly files: number;
}

/** One side of a kernel: its outputs, or why there are none. */
export interface KernelSide {
  /** `not-run`: our trouble or not asked for; the reason says which. */
  readonly build: "built" | "failed" | "eval-error" | "not-run";
  readonly reason?: string;
  readonly outputs: Readonly<Record<OutputName, OutputSummary>>;
  /** Raw last lines of a failed build's log. */
  readonly logTail?: readonly string[];
}

export interface LayoutLoss {
  readonly output: OutputName;
  /** Version abstracted as `<version>`. A directory stands for all that was below it. */
  readonly path: string;
  readonly movedTo?: OutputName;
  /** How many files are meant. */
  readonly files: number;
}
export interface LayoutGain {
  readonly output: OutputName;
  readonly path: string;
  readonly files: number;
}

export interface ConfigChange {
  readonly option: string;
  /** `null`: not set. */
  readonly base: string | null;
  readonly head: string | null;
}

export interface PassthruChange {
  readonly name: string;
  readonly change: "removed" | "added" | "type";
  readonly base: string | null;
  readonly head: string | null;
}

export interface ModulesDifference {
  /** `null`: unknown, that side was not built. */
  readonly base: number | null;
  readonly head: number | null;
  readonly added: readonly string[];
  /** Gone and not builtin either. */
  readonly removed: readonly string[];
  /** A module at base, builtin at head. */
  readonly builtin: readonly string[];
  /** Same module, other compression. */
  readonly recompressed: readonly { readonly name: string; readonly base: string; readonly head: string }[];
  readonly parametersRemoved: readonly { readonly name: string; readonly parameters: readonly string[] }[];
  /** Bytes of head's modules by directory below `kernel/`, two levels (`drivers/net`), for the tree map. */
  readonly tree: readonly { readonly directory: string; readonly modules: number; readonly bytes: number }[];
}

export interface KernelResult {
  readonly attr: AttrPath;
  readonly system: System;
  /** Other names of it in the configuration or a command: the same derivation at base and at head. Left out where there are none. */
  readonly aliases?: readonly AttrPath[];
  /** Of the build. */
  readonly comparison: Comparison;
  readonly base: KernelSide | null;
  readonly head: KernelSide | null;
  readonly layout: { readonly lost: readonly LayoutLoss[]; readonly gained: readonly LayoutGain[] };
  readonly modules: ModulesDifference;
  readonly config: readonly ConfigChange[];
  readonly passthru: readonly PassthruChange[];
}

/** A kernel that differs and that nobody built, for a reason that is no trouble. */
export interface KernelNotBuilt {
  readonly attr: AttrPath;
  readonly system: System;
  readonly reason: string;
}

export interface VmSide {
  readonly outcome: "passed" | "failed" | "timeout" | "not-run";
  readonly seconds: number;
  readonly reason?: string;
}

export interface VmResult {
  /** `modprobe` for the built-in boot test, else the attr of the repository's own test. */
  readonly test: string;
  /** The kernel booted; for the repository's own tests `null`, since they choose it. */
  readonly kernel: AttrPath | null;
  readonly system: System;
  readonly comparison: Comparison;
  readonly accelerator: Accelerator | null;
  readonly base: VmSide;
  readonly head: VmSide;
  /** What differs or went wrong, one line each: modules not loaded, values not read back, splats. */
  readonly details: readonly string[];
}

export type ConsumerEffect = "eval" | "build" | "empty" | "boot" | "size" | "none";

export interface ConsumerResult {
  /** Attr for a derivation, path for a source, `owner/name` for a repository. */
  readonly name: string;
  readonly kind: "derivation" | "source" | "repository";
  readonly system: System | null;
  readonly comparison: Comparison;
  readonly effect: ConsumerEffect;
  /** Kernel outputs it selects at head. */
  readonly outputs: readonly OutputName[];
  /** Lost paths it names, version abstracted. */
  readonly paths: readonly string[];
  readonly file?: string;
  readonly line?: number;
  /** What it refers to, and where that went: one sentence. */
  readonly reference?: string;
  /** What was seen: counts, dangling links, the line of the log that tells. One line each, raw. */
  readonly evidence: readonly string[];
  /** What to write instead. */
  readonly advice?: string;
  /** Modules inside; `null`: not counted (not built, not a tree). */
  readonly modules?: { readonly base: number | null; readonly head: number | null };
  /** True when nothing at all fails at build time: the kind that is found months later. */
  readonly silent: boolean;
  /** Why not run. */
  readonly reason?: string;
  /** Further attrs that are the same derivation, at head. */
  readonly aliases: readonly AttrPath[];
}

export interface CheckResult {
  readonly schema: 1;
  /** Full commit hashes. */
  readonly base: string;
  readonly head: string;
  readonly verdict: Verdict;
  readonly headline: string;
  readonly rebuilds: Rebuilds;
  /** Only where the configuration asks for it. */
  readonly branch?: BranchAdvice;
  readonly kernels: readonly KernelResult[];
  /** Further kernels that differ, the most worth building first. Left out where there are none. */
  readonly kernelsNotBuilt?: readonly KernelNotBuilt[];
  readonly vm: readonly VmResult[];
  readonly consumers: readonly ConsumerResult[];
  readonly findings: readonly Finding[];
  readonly stages: readonly StageResult[];
}
