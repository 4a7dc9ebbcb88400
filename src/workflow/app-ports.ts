/**
 * What the App needs of the world beyond a check: GitHub, the store, the queue. In the domain's words; the
 * adapters `github/`, `store/`, `queue/` implement these. Times are `Date`s handed in or read by the adapter.
 */
import type { CheckRecord, CheckScope, CheckState } from "../domain/check-record.ts";
import type { CheckResult, StageName } from "../domain/check-result.ts";
import type { Permission, PullRequestFacts, PullRequestRef, RepositoryRef } from "../domain/pull-request.ts";

// ---- GitHub, acting as one installation -------------------------------------------------------------

export type Reaction = "eyes" | "rocket" | "confused";

export interface CheckRunUpdate {
  readonly headSha: string;
  /** Our check's id. */
  readonly externalId: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion?: "success" | "failure" | "neutral" | "cancelled" | "action_required";
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  readonly detailsUrl?: string;
  readonly annotations?: readonly CheckRunAnnotation[];
  /** At most three; GitHub shows them once completed. */
  readonly actions?: readonly {
    readonly label: string;
    readonly description: string;
    readonly identifier: string;
  }[];
}

export interface CheckRunAnnotation {
  readonly path: string;
  readonly line: number;
  readonly level: "notice" | "warning" | "failure";
  readonly title: string;
  readonly message: string;
}

/** @throws EnvironmentError github-unavailable (retryable), github-refused, github-gone (repository, pull request or installation) */
export interface GitHubPort {
  /** Polls for the test merge as nixpkgs' CI does (5, 10, 20, 40, 80 s by default). */
  pullRequest(ref: PullRequestRef, signal: AbortSignal): Promise<PullRequestFacts>;
  /** One cheap look: has it moved, is it open, and against which branch? Never waits for the test merge. */
  head(
    ref: PullRequestRef,
    signal: AbortSignal,
  ): Promise<{
    readonly headSha: string;
    readonly baseRef: string;
    readonly state: "open" | "closed";
    readonly draft: boolean;
  }>;
  openPullRequests(
    repository: RepositoryRef,
    signal: AbortSignal,
  ): Promise<readonly { readonly number: number; readonly headSha: string; readonly draft: boolean }[]>;
  /** `none` for strangers and on every doubt. */
  permission(repository: RepositoryRef, login: string, signal: AbortSignal): Promise<Permission>;
  /** Text of a file on a branch or at a commit, up to 1 MiB; undefined where there is none. */
  readFile(
    repository: RepositoryRef,
    ref: string,
    path: string,
    signal: AbortSignal,
  ): Promise<string | undefined>;
  react(repository: RepositoryRef, commentId: number, reaction: Reaction, signal: AbortSignal): Promise<void>;
  /** Creates once, also where an answer is lost: found again by marker and author. */
  reply(ref: PullRequestRef, key: string, body: string, signal: AbortSignal): Promise<void>;
  /** The one comment of a pull request: found by stored id, else by marker and author over all pages; further ones of ours are removed. */
  upsertComment(
    ref: PullRequestRef,
    knownId: number | null,
    body: string,
    signal: AbortSignal,
  ): Promise<{ readonly id: number }>;
  /** Creates (once per external id and head) or updates; annotations go in batches of 50. */
  upsertCheckRun(
    ref: PullRequestRef,
    knownId: number | null,
    update: CheckRunUpdate,
    signal: AbortSignal,
  ): Promise<{ readonly id: number }>;
  /** Adds and removes single labels, others' stay; missing ones are created with colour and description. */
  setLabels(
    ref: PullRequestRef,
    wanted: readonly string[],
    isOurs: (label: string) => boolean,
    signal: AbortSignal,
  ): Promise<void>;
  /** For fetching with git by askpass; short-lived, never stored. */
  gitCredential(
    repository: RepositoryRef,
    signal: AbortSignal,
  ): Promise<{ readonly url: string; readonly token: string }>;
}

/** As the App itself. */
export interface GitHubAppPort {
  installation(installationId: number): GitHubPort;
  installations(
    signal: AbortSignal,
  ): Promise<readonly { readonly id: number; readonly suspended: boolean }[]>;
  repositories(
    installationId: number,
    signal: AbortSignal,
  ): Promise<readonly (RepositoryRef & { readonly id: number })[]>;
  /** Deliveries GitHub could not make, newest first, since a time. */
  failedDeliveries(
    since: Date,
    signal: AbortSignal,
  ): Promise<readonly { readonly id: number; readonly guid: string }[]>;
  redeliver(deliveryId: number, signal: AbortSignal): Promise<void>;
}

// ---- store -------------------------------------------------------------------------------------------

export interface Delivery {
  readonly guid: string;
  readonly event: string;
  readonly bodySha256: string;
  readonly payload: unknown;
}

export interface NewCheck extends PullRequestRef {
  readonly installationId: number;
  readonly repositoryId: number;
  readonly headSha: string;
  readonly scope: CheckScope;
  readonly requestedBy: string | null;
  readonly approved: boolean;
  /**
   * Where the request comes from (delivery GUID, comment and line). The same key again is the same request, also after its check
   * has ended: that check is returned, `created` is false and nothing is enqueued. Without a key every request counts.
   */
  readonly requestKey?: string;
  /** GUID of the delivery that asks for it. */
  readonly delivery?: string | undefined;
  /** Which workers may take it: those that build for this system. Default: the store's. */
  readonly system?: string;
}

export interface StorePort {
  /** Stores the delivery and enqueues its handling in ONE transaction. `duplicate`: GUID or body seen within 7 days. */
  acceptDelivery(delivery: Delivery): Promise<"accepted" | "duplicate">;
  readDelivery(guid: string): Promise<Delivery | undefined>;
  finishDelivery(guid: string, outcome: "handled" | "ignored" | "failed", error?: string): Promise<void>;

  /**
   * Creates a check and enqueues it in one transaction. Another active check of the same pull request and another head is
   * superseded; the same head and scope already active: that one is returned and nothing is enqueued, except that an approval is
   * never lost: a request that is approved approves it, and goes on with it where it was `waiting`.
   */
  requestCheck(check: NewCheck): Promise<{
    readonly check: CheckRecord;
    readonly created: boolean;
    readonly superseded: readonly CheckRecord[];
  }>;
  readCheck(id: string): Promise<CheckRecord | undefined>;
  latestCheck(repositoryId: number, number: number): Promise<CheckRecord | undefined>;
  /** The last one that is `done` and has a result: what the comment shows, as outdated, until there is something newer. */
  latestDone(repositoryId: number, number: number): Promise<CheckRecord | undefined>;
  /** When the first check of this head was asked for: the earliest time we know it to be the head. */
  headSeenAt(repositoryId: number, number: number, headSha: string): Promise<Date | null>;
  activeChecks(): Promise<readonly CheckRecord[]>;
  /**
   * Only from a non-final state, atomically; false when the check is final already. In the same transaction `queued` enqueues it
   * (again), which is how a `waiting` or orphaned one goes on, and `cancelled` and `superseded` end its job.
   */
  moveCheck(id: string, state: CheckState, reason?: string): Promise<boolean>;
  updateCheck(
    id: string,
    change: Partial<
      Pick<CheckRecord, "baseSha" | "mergeSha" | "conflict" | "checkRunId" | "result" | "stage" | "approved">
    >,
  ): Promise<void>;
  /** Lease: true while this worker holds the check; takes over one whose heartbeat is older than 45 s. */
  heartbeat(id: string, worker: string): Promise<boolean>;
  /** Gives the lease back at the end of a job, however it ended, so that the next one need not wait. */
  release(id: string, worker: string): Promise<void>;
  /** Checks in a final state, and `waiting` ones, whose end GitHub has not been told of: what is still owed after a crash. Oldest first. */
  owingChecks(): Promise<readonly CheckRecord[]>;
  /** GitHub has been told how this check stands. Every `moveCheck` makes it owing again. */
  markTold(id: string): Promise<void>;
  /** Value of a finished stage, for going on after a crash. */
  saveStage(id: string, stage: StageName, value: unknown): Promise<void>;
  readStage(id: string, stage: StageName): Promise<unknown>;

  commentId(repositoryId: number, number: number): Promise<number | null>;
  rememberComment(repositoryId: number, number: number, commentId: number): Promise<void>;
  /** True the first time a comment is handled, atomically, and again for the same claimant: a delivery that died midway goes on. */
  claimCommand(repositoryId: number, commentId: number, claimant: string): Promise<boolean>;
  approve(repositoryId: number, number: number, headSha: string, login: string): Promise<void>;
  isApproved(repositoryId: number, number: number, headSha: string): Promise<boolean>;
  /** How many checks were requested since a time, per pull request, person and repository. */
  usage(query: {
    readonly repositoryId: number;
    readonly number: number;
    readonly login: string | null;
    readonly since: Date;
  }): Promise<{ readonly pullRequest: number; readonly person: number; readonly repository: number }>;
  report(
    id: string,
  ): Promise<{ readonly check: CheckRecord; readonly result: CheckResult | null } | undefined>;
  /** Remembers that a log of a check is kept, and where; the file is removed with the memory of it. */
  recordLog(checkId: string, log: KeptLog): Promise<void>;
  logs(checkId: string): Promise<readonly KeptLog[]>;
  prune(now: Date): Promise<void>;

  /** This worker is alive and takes checks for these systems; to be said every 30 s. */
  announce(worker: string, systems: readonly string[]): Promise<void>;
  /** The system that a queued check waits for a worker of, where none has been heard of for 90 s; else null. */
  missingWorker(id: string): Promise<string | null>;
  /** All systems that queued checks wait for in this way. */
  unservedSystems(): Promise<readonly { readonly system: string; readonly checks: number }[]>;
}

// ---- logs --------------------------------------------------------------------------------------------

export interface KeptLog {
  /** Letters, digits and `._+-`. */
  readonly name: string;
  /** On the machine of the worker that made it. */
  readonly path: string;
  /** On disk. */
  readonly bytes: number;
}

/** The logs that are kept on this machine. */
export interface CheckLogs {
  list(checkId: string): Promise<readonly KeptLog[]>;
  /** Undefined where it is not here (any more). */
  read(checkId: string, name: string): Promise<string | undefined>;
}

// ---- queue -------------------------------------------------------------------------------------------

/** Work as the queue knows it. Every job carries an id only; the facts are read from the store. */
export interface QueueHandlers {
  delivery(guid: string, signal: AbortSignal): Promise<void>;
  /** Throwing makes the queue try again later; the signal fires when the job is cancelled or the worker drains. */
  check(id: string, signal: AbortSignal): Promise<void>;
  reconcile(signal: AbortSignal): Promise<void>;
  /** Tries are used up, or more of them would not help: say so to people and mark it failed. Called at least once. */
  gaveUp?(what: "delivery" | "check", id: string, reason: string, signal: AbortSignal): Promise<void>;
}

/** Jobs of one queue in one state; what nothing is in is left out. */
export interface QueuedJobs {
  readonly queue: string;
  /** `retrying`: failed, and waits for its next try. */
  readonly state: "waiting" | "retrying" | "active";
  readonly jobs: number;
  /** Since the oldest of them was asked for. */
  readonly oldestSeconds: number;
}

export interface QueuePort {
  /** Starts taking jobs; `systems` are those this worker can build for. */
  work(handlers: QueueHandlers, systems: readonly string[]): Promise<void>;
  /** Ends a check's job, wherever it runs; its signal fires there within seconds. */
  cancelCheck(id: string): Promise<void>;
  depth(): Promise<Readonly<Record<string, number>>>;
  jobs(): Promise<readonly QueuedJobs[]>;
  /** Stops taking jobs, waits for running ones up to the grace, hands the rest back. */
  drain(graceMs: number): Promise<void>;
}

// ---- between store and queue, which do not know each other -------------------------------------------

/** One statement at a time with `$1` placeholders; what pg-boss wants of a database. */
export interface SqlExecutor {
  executeSql(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** The database as the queue sees it. */
export interface SqlAccess extends SqlExecutor {
  /** Address for connections of the queue's own; null: embedded, all goes through this one. */
  readonly url: string | null;
  transaction<T>(work: (tx: SqlExecutor) => Promise<T>): Promise<T>;
}

/** What the store asks of the queue inside its own transactions. Never goes around `tx`: an embedded database would wait for itself. */
export interface Outbox {
  deliveries(guids: readonly string[], tx: SqlExecutor): Promise<void>;
  check(id: string, system: string, tx: SqlExecutor): Promise<void>;
  cancelCheck(id: string, system: string, tx: SqlExecutor): Promise<void>;
}
