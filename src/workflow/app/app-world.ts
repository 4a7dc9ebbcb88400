/** Everything the App's story reaches outside itself. `cli/` joins the adapters; tests hand in fakes. */
import type { CheckResult } from "../../domain/check-result.ts";
import type { System } from "../../domain/evaluation.ts";
import type { RepositoryRef } from "../../domain/pull-request.ts";
import type { CheckLogs, Delivery, GitHubAppPort, StorePort } from "../app-ports.ts";
import type { GitPort } from "../ports.ts";
import type { PullRequestEvents } from "../pull-request-events.ts";
import type { CheckRequest, World } from "../world.ts";

export interface AppWorld {
  readonly github: GitHubAppPort;
  readonly store: StorePort;
  /** Translates a stored delivery into calls (`src/app.ts`, through Probot). Throws what a call threw. */
  readonly receive: (delivery: Delivery, events: PullRequestEvents) => Promise<void>;
  /** Where one check is carried out, apart from everything else; disposing takes checkouts and all that is temporary away. */
  readonly openWorkplace: (
    request: WorkplaceRequest,
    signal: AbortSignal,
  ) => Promise<Workplace & AsyncDisposable>;
  /** What checks have kept on this machine. */
  readonly logs: Pick<CheckLogs, "list">;
  /** Holds leases. Unique among running workers; the same again after a restart saves waiting for the old lease. */
  readonly worker: string;
  /** What this machine builds and boots for. */
  readonly buildSystem: System;
  /** Why no check is begun here for now, in words for people; null: they are. */
  readonly heldBack: () => Promise<string | null>;
  /** Address of a check's page; null where there is none to link to. */
  readonly pageOf: (checkId: string) => string | null;
  /** Where people say that a finding is wrong; null where there is no such place. */
  readonly falseAlarmUrl: string | null;
  /** Milliseconds from any origin; only differences are used. */
  readonly clock: () => number;
  readonly now: () => Date;
  readonly log: AppLog;
}

export interface WorkplaceRequest extends RepositoryRef {
  /** What its logs are kept under. */
  readonly checkId: string;
  /** What the mirror of the repository is kept under. */
  readonly repositoryId: number;
  /** Asked for anew before each fetch: tokens are short-lived. */
  readonly credential: (signal: AbortSignal) => Promise<{ readonly url: string; readonly token: string }>;
}

/** @throws EnvironmentError check-process-died (retryable) from every call, where it was a process and is no more */
export interface Workplace {
  readonly git: Pick<GitPort, "readFile" | "changedFiles">;
  /** All stages (`check.ts`). */
  check(request: CheckRequest, listener: CheckListener, signal: AbortSignal): Promise<CheckResult>;
}

/** Who hears of a check while it runs. */
export type CheckListener = Pick<World, "memory" | "onResult" | "onExplained"> & {
  readonly onStage: World["progress"]["stage"];
};

/** Constant messages, the data beside them; as pino has it. */
export interface AppLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
  child(data: object): AppLog;
}
