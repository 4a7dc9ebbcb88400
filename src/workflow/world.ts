/** Everything a check reaches outside itself, and what it was asked to check. */
import type { Config } from "../config/config.ts";
import type { System } from "../domain/evaluation.ts";
import type { GitPort, NixPort, ProgressPort, VmPort } from "./ports.ts";

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
}

export interface CheckRequest {
  /** Full commit hashes. */
  readonly base: string;
  readonly head: string;
  readonly config: Config;
  readonly systems: readonly System[];
  /** `rebuilds`: stages 1 to 4 only. */
  readonly scope: "everything" | "rebuilds";
}
