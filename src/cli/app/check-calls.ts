/** What a check's process and the server that started it do for each other. Everything in it can be copied. */
import type { CheckResult, StageName, StageStatus } from "../../domain/check-result.ts";
import type { AttrPath, System } from "../../domain/evaluation.ts";
import type { CheckRequest } from "../../workflow/world.ts";

export interface CheckPlace {
  /** Whose logs are kept. */
  readonly checkId: string;
  /** What the mirror of the repository is kept under. */
  readonly repositoryId: number;
  /** Kept between checks. */
  readonly dataDirectory: string;
  /** A directory for this run is made in it. */
  readonly temporaryDirectory: string;
  readonly cores: number;
  readonly buildSystem: System;
}

/** Called by the server. `open` comes first, and once. */
export interface CheckCalls {
  open(place: CheckPlace, signal: AbortSignal): Promise<void>;
  readFile(
    file: { readonly commit: string; readonly path: string },
    signal: AbortSignal,
  ): Promise<string | undefined>;
  changedFiles(
    commits: { readonly base: string; readonly head: string },
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  check(request: CheckRequest, signal: AbortSignal): Promise<CheckResult>;
  /** Takes everything temporary away. */
  close(argument: null, signal: AbortSignal): Promise<void>;
}

/** Called by the check's process; the first two and the last while a check runs. */
export interface ServerCalls {
  save(kept: { readonly stage: StageName; readonly value: unknown }): Promise<void>;
  load(stage: StageName): Promise<unknown>;
  credential(argument: null, signal: AbortSignal): Promise<{ readonly url: string; readonly token: string }>;
  /** Only told. */
  heard(news: CheckNews): void;
}

export type CheckNews =
  | {
      readonly kind: "stage";
      readonly stage: StageName;
      readonly status: "running" | StageStatus;
      readonly detail: string | undefined;
    }
  | { readonly kind: "result"; readonly soFar: CheckResult }
  | { readonly kind: "explained"; readonly attr: AttrPath; readonly lines: readonly string[] };
