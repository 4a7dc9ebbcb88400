/** Everything a check reaches outside itself, and what it was asked to check. */
import type { Config } from "../config/config.ts";
import type { BranchFacts } from "../domain/branch-advice.ts";
import type { CheckResult } from "../domain/check-result.ts";
import type { AttrPath, System } from "../domain/evaluation.ts";
import type { GitPort, NixPort, ProgressPort, StageMemory, VmPort } from "./ports.ts";

export interface World {
  readonly git: GitPort;
  readonly nix: NixPort;
  readonly vm: VmPort;
  readonly progress: ProgressPort;
  /** Milliseconds from any origin; only differences are used. */
  readonly clock: () => number;
  readonly cores: number;
  /** The system this machine builds and boots for. */
  readonly buildSystem: System;
  /** For going on after a crash; without it every check starts from caches. */
  readonly memory?: StageMemory;
  /** Told what is known so far, first when the rebuilds are counted. Its verdict is `neutral`: more is to come. */
  readonly onResult?: (soFar: CheckResult) => void;
  /** The answer about an attr in `CheckRequest.why`, one line a step; empty where it is not rebuilt. */
  readonly onExplained?: (attr: AttrPath, lines: readonly string[]) => void;
  /** Told of an attr in `CheckRequest.why` that neither tree has, with the names that they have. */
  readonly onUnknown?: (attr: AttrPath, names: readonly AttrPath[]) => void;
}

export interface CheckRequest {
  /** Full commit hashes. */
  readonly base: string;
  readonly head: string;
  readonly config: Config;
  /** Of a pull request; where nobody knows them, it is taken for one into `master`. */
  readonly branches?: Pick<BranchFacts, "baseRef" | "headRef">;
  readonly systems: readonly System[];
  /** `rebuilds`: stages 1 to 4 only. `prediction`: of these, what can be said without evaluating all of head. */
  readonly scope: "everything" | "rebuilds" | "prediction";
  /** Attrs that a command named, to be built: kernels as such, others as consumers are. */
  readonly build?: readonly AttrPath[];
  /** Attrs whose rebuild is to be explained. */
  readonly why?: readonly AttrPath[];
  /** Kernels are booted also where exactly that boot has passed before. */
  readonly bootAgain?: boolean;
}
