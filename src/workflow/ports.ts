/**
 * What a check needs of the world, in the domain's words. Adapters (`nix/`, `vm/`, `git/`) implement these;
 * `cli/` hands them in. Every call takes an AbortSignal and throws `Interrupted` when it fires.
 */
import type { BuildOutcome } from "../domain/build.ts";
import type { StageName, StageStatus } from "../domain/check-result.ts";
import type { ConsumerContents } from "../domain/consumer-contents.ts";
import type { Derivation } from "../domain/derivation.ts";
import type {
  AttrPath,
  DrvPath,
  EvaluationOutcome,
  OutputName,
  StorePath,
  System,
} from "../domain/evaluation.ts";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import type { ModuleFacts } from "../domain/kernel-facts.ts";
import type { MemoryBudget } from "../domain/memory-budget.ts";
import type { OutputFacts } from "../domain/output-facts.ts";
import type { SourceTree } from "../domain/source-tree.ts";
import type { ModprobeRequest, VmOutcome } from "../domain/vm.ts";

/** A commit laid out as files. */
export interface Checkout {
  readonly commit: string;
  /** Hash of the tree: what caches are keyed by. */
  readonly tree: string;
  readonly directory: string;
}

/** A commit without its files. */
export type Version = Pick<Checkout, "commit" | "tree">;

export interface GitPort {
  /** Full commit hash of a revision. @throws UserError unknown-revision */
  resolve(revision: string, signal: AbortSignal): Promise<string>;
  /** Lays a commit out; the caller releases it. */
  checkout(commit: string, signal: AbortSignal): Promise<Checkout & AsyncDisposable>;
  /** Paths changed between two commits, renames as removal and addition; sorted. */
  changedFiles(base: string, head: string, signal: AbortSignal): Promise<readonly string[]>;
  /** Files in whose contents alone two commits differ, sorted; undefined where they differ in more: names, kinds, permissions. */
  contentChanges(base: string, head: string, signal: AbortSignal): Promise<readonly string[] | undefined>;
  /** Text of a file at a commit; undefined when it has none. */
  readFile(commit: string, path: string, signal: AbortSignal): Promise<string | undefined>;
  /** The text files of a checkout; read lazily, links and binaries left out. */
  sourceTree(checkout: Checkout, signal: AbortSignal): Promise<SourceTree>;
  isAncestor(ancestor: string, descendant: string, signal: AbortSignal): Promise<boolean>;
  /** A commit and what led to it, newest first; at most so many, and fewer where history is not at hand. */
  history(commit: string, most: number, signal: AbortSignal): Promise<readonly Version[]>;
}

export interface EvaluationRequest {
  readonly checkout: Checkout;
  readonly system: System;
  /** File below the checkout, called with `{ system, config }`. */
  readonly entry: string;
  /** That `config`: plain JSON. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * Only these, and nothing else is looked at; without it, all. The result is what the whole evaluation has of them: an attr
   * that the tree has not is missing, and a set around one that fails is there with its error.
   */
  readonly attrs?: readonly AttrPath[];
  /** Another tree that has most in common with this one; where it was evaluated before, this one takes less time. */
  readonly near?: EvaluationQuery;
  /** Files in whose contents alone it differs from that one; without it, they differ in more. */
  readonly contents?: readonly string[] | undefined;
  /** Regular files that are best withheld at first, so that trees near to this one take less time (`domain/withholding.ts`). */
  readonly withhold?: readonly string[];
  /** Derivations need not be written yet, where that can wait; see `EvaluatedTree.write`. */
  readonly writeLater?: boolean;
  readonly timeoutSeconds: number;
  /** Of everything that is evaluated at the same time, together. */
  readonly memory: MemoryBudget;
}

export interface EvaluationProgress {
  /** Looked at so far, errors among them. */
  readonly attrs: number;
  readonly errors: number;
  /** What all evaluators use now, those of other evaluations included. */
  readonly memoryBytes: number;
  /** As far as it can be foreseen. */
  readonly secondsLeft?: number;
}

/** The same of a tree that need not be laid out. Errors go to the log of the commit, where one is named. */
export interface EvaluationQuery extends Omit<EvaluationRequest, "checkout"> {
  readonly checkout: { readonly tree: string; readonly commit?: string };
}

/** A finished evaluation and the store its derivations were written to. */
export interface EvaluatedTree {
  /** An attr that throws has no message of its own yet: see `explain`. */
  readonly outcome: EvaluationOutcome;
  /**
   * There where nothing was written so far (`EvaluationRequest.writeLater`): evaluates once more what is new, and writes it. Until
   * then it is known what derivations are called, and not what is in them; graphs have none of them, and an attr that gives a
   * derivation's name without being one is taken at its word. The tree has to be laid out still.
   * @throws what `NixPort.evaluate` throws
   */
  readonly write?: (
    onProgress: (progress: EvaluationProgress) => void,
    signal: AbortSignal,
  ) => Promise<EvaluatedTree>;
  readonly derivations: DerivationStore;
  /**
   * What needs what, of all derivations in that store; none where the tree was not evaluated. Made when first asked for, and
   * kept. @throws EnvironmentError evaluation-damaged
   */
  graph(signal: AbortSignal): Promise<DerivationGraph>;
  /**
   * Of what is new beside the tree it was evaluated near (`EvaluationRequest.near`), with all that this depends on; the whole
   * graph where there was none. Takes less time.
   */
  newGraph(signal: AbortSignal): Promise<DerivationGraph>;
  /**
   * Why attrs throw, as Nix says it. Each costs a run of the evaluator, so it is for those that are shown; no more than 100 are
   * asked. @param checkout of this very tree
   */
  explain(
    attrs: readonly AttrPath[],
    checkout: Checkout,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<AttrPath, string>>;
}

/** Read access to what an evaluation wrote. */
export interface DerivationStore {
  /** Every derivation reachable from the given ones, these included. */
  closure(roots: Iterable<DrvPath>, signal: AbortSignal): Promise<ReadonlyMap<DrvPath, Derivation>>;
  /** The given ones and no others. */
  readAll(drvs: Iterable<DrvPath>, signal: AbortSignal): Promise<ReadonlyMap<DrvPath, Derivation>>;
  /** One derivation. @throws EnvironmentError evaluation-damaged where it is not there */
  read(drv: DrvPath): Promise<Derivation>;
  /** Text of a source in the store (a builder script), undefined when it is a directory, binary, or over 1 MiB. */
  readSource(path: StorePath): Promise<string | undefined>;
  /** Realises all outputs in the build store, sandboxed. Failed builds are repeated once before being believed. */
  realise(drv: DrvPath, limits: BuildLimits, signal: AbortSignal): Promise<BuildOutcome>;
}

export interface BuildLimits {
  readonly timeoutSeconds: number;
  readonly silentSeconds: number;
  readonly logBytes: number;
}

export interface NixPort {
  /** @throws EnvironmentError nix-missing, nix-too-old, sandbox-off, sandbox-fallback */
  probe(signal: AbortSignal): Promise<{ readonly version: string }>;
  evaluate(
    request: EvaluationRequest,
    onProgress: (progress: EvaluationProgress) => void,
    signal: AbortSignal,
  ): Promise<EvaluatedTree>;
  /**
   * Looks at a tree while the one it will be evaluated near to is still being evaluated, so that `evaluate` has less to do. What it
   * finds out is kept, and nothing where it cannot be.
   * @throws what `evaluate` throws
   */
  lookAhead(
    request: EvaluationRequest,
    onProgress: (progress: EvaluationProgress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** What `evaluate` has kept of an earlier time; undefined where nothing is kept that could be used. */
  evaluated(query: EvaluationQuery, signal: AbortSignal): Promise<EvaluatedTree | undefined>;
  /** Attribute → Nix type of its value, for an attr whose value is a derivation; standard derivation attributes left out. */
  passthru(
    request: EvaluationRequest,
    attr: AttrPath,
    signal: AbortSignal,
  ): Promise<Readonly<Record<string, string>>>;
  /** Measures built outputs of one derivation. */
  measure(
    outputs: Readonly<Record<OutputName, StorePath>>,
    signal: AbortSignal,
  ): Promise<Readonly<Record<OutputName, OutputFacts>>>;
  /** Modules below `<output>/lib/modules/<version>`, with parameters read from the files. */
  modules(
    output: StorePath,
    version: string,
    facts: OutputFacts,
    signal: AbortSignal,
  ): Promise<readonly ModuleFacts[]>;
  /** Text of one file in a built output (`modules.builtin`, `.config`), undefined when there is none. */
  readOutputFile(output: StorePath, path: string): Promise<string | undefined>;
  /** What a built consumer holds, modules in images and archives included. */
  contents(output: StorePath, signal: AbortSignal): Promise<ConsumerContents>;
}

export interface BootRequest {
  readonly system: System;
  /** Absolute path of the image (`bzImage`, `Image`, `vmlinuz`). */
  readonly image: string;
  /** Absolute path of the directory that holds `lib/modules/<version>`. */
  readonly modulesRoot: StorePath;
  readonly modDirVersion: string;
  readonly load: readonly ModprobeRequest[];
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** Also where exactly this has passed before. */
  readonly again?: boolean;
}

export interface VmPort {
  /** Boots in QEMU inside a sandbox. Lack of QEMU is `not-run`, never `failed`. */
  boot(request: BootRequest, signal: AbortSignal): Promise<VmOutcome>;
}

export interface ProgressPort {
  stage(stage: StageName, status: "running" | StageStatus, detail?: string): void;
  detail(stage: StageName, text: string): void;
}

/** Where finished stages are kept for going on after a crash. What comes back is as it was saved, or undefined. */
export interface StageMemory {
  save(stage: StageName, value: unknown): Promise<void>;
  load(stage: StageName): Promise<unknown>;
}

/** Where texts too long for a report are kept for people to read: build logs, consoles, errors of evaluations. */
export interface LogPort {
  /** Never throws; a log that cannot be kept costs nothing else. The same name again replaces. @param lines raw: hostile text */
  keep(name: string, lines: readonly string[]): Promise<void>;
}
