/** Everything the App's story reaches outside itself. `cli/` joins the adapters; tests hand in fakes. */
import type { System } from "../../domain/evaluation.ts";
import type { RepositoryRef } from "../../domain/pull-request.ts";
import type { CheckLogs, Delivery, GitHubAppPort, StorePort } from "../app-ports.ts";
import type { GitPort, NixPort, VmPort } from "../ports.ts";
import type { PullRequestEvents } from "../pull-request-events.ts";

export interface AppWorld {
  readonly github: GitHubAppPort;
  readonly store: StorePort;
  /** Translates a stored delivery into calls (`src/app.ts`, through Probot). Throws what a call threw. */
  readonly receive: (delivery: Delivery, events: PullRequestEvents) => Promise<void>;
  /** The tools of one check; disposing takes checkouts and everything temporary away. */
  readonly openWorkplace: (
    request: WorkplaceRequest,
    signal: AbortSignal,
  ) => Promise<Workplace & AsyncDisposable>;
  /** What checks have kept on this machine. */
  readonly logs: Pick<CheckLogs, "list">;
  /** Holds leases. Unique among running workers; the same again after a restart saves waiting for the old lease. */
  readonly worker: string;
  /** What this machine builds and boots for. */
  readonly cores: number;
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

export interface Workplace {
  readonly git: GitPort;
  readonly nix: NixPort;
  readonly vm: VmPort;
}

/** Constant messages, the data beside them; as pino has it. */
export interface AppLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
  child(data: object): AppLog;
}
