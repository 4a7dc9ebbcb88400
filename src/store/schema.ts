/**
 * Our tables, as they are after the last migration. Names of repositories change, their numbers do not: all is keyed
 * by number. JSON is kept as text, since `jsonb` refuses the NUL and the lone surrogates that hostile text may hold.
 */
import type { ColumnType, Generated, Insertable, Selectable } from "kysely";
import type { CheckState } from "../domain/check-record.ts";
import type { StageName, StageStatus } from "../domain/check-result.ts";
import type { Severity } from "../domain/findings.ts";

/** Set by the database where not given. */
type Timestamp = ColumnType<Date, Date | undefined, Date>;

export interface Tables {
  readonly deliveries: DeliveriesTable;
  readonly repositories: RepositoriesTable;
  readonly checks: ChecksTable;
  readonly requests: RequestsTable;
  readonly stages: StagesTable;
  readonly findings: FindingsTable;
  readonly logs: LogsTable;
  readonly comments: CommentsTable;
  readonly commands: CommandsTable;
  readonly approvals: ApprovalsTable;
  readonly workers: WorkersTable;
}

export interface DeliveriesTable {
  guid: string;
  event: string;
  body_sha256: string;
  /** JSON (`stored-json.ts`). */
  payload: string;
  outcome: Generated<"accepted" | "handled" | "ignored" | "failed">;
  error: Generated<string | null>;
  received_at: Timestamp;
  finished_at: Generated<Date | null>;
}

/** What a repository is called today. */
export interface RepositoriesTable {
  id: number;
  installation_id: number;
  owner: string;
  name: string;
}

export interface ChecksTable {
  id: string;
  /** In the order of requests, where times are not enough. */
  sequence: Generated<number>;
  repository_id: number;
  number: number;
  head_sha: string;
  base_sha: Generated<string | null>;
  merge_sha: Generated<string | null>;
  conflict: Generated<boolean>;
  state: Generated<CheckState>;
  /** JSON of a `CheckScope`, keys in a fixed order, so that equal scopes are equal text. */
  scope: string;
  /** Who may build it. */
  system: string;
  requested_by: string | null;
  approved: boolean;
  check_run_id: Generated<number | null>;
  stage: Generated<StageName | null>;
  /** JSON of a `CheckResult` (`stored-json.ts`). */
  result: Generated<string | null>;
  reason: Generated<string | null>;
  created_at: Timestamp;
  started_at: Generated<Date | null>;
  finished_at: Generated<Date | null>;
  heartbeat_at: Generated<Date | null>;
  worker: Generated<string | null>;
  /** GitHub knows how it stands. */
  told: Generated<boolean>;
  /** GUID of the delivery that it was asked for with. */
  delivery: string | null;
}

/** Requests that named where they come from, and the check each one got. */
export interface RequestsTable {
  repository_id: number;
  number: number;
  key: string;
  check_id: string;
}

export interface StagesTable {
  check_id: string;
  stage: StageName;
  status: StageStatus;
  reason: string | null;
  seconds: number | null;
  /** JSON (`stored-json.ts`), for going on after a crash. */
  value: string | null;
  saved_at: Timestamp;
}

/** Copied out of results, for questions over many checks. */
export interface FindingsTable {
  check_id: string;
  position: number;
  kind: string;
  severity: Severity;
  subject: string;
  file: string | null;
  line: number | null;
  message: string;
}

/** Where logs of a check are kept: outside the database, since they are large. */
export interface LogsTable {
  check_id: string;
  name: string;
  path: string;
  bytes: number;
  created_at: Timestamp;
}

export interface CommentsTable {
  repository_id: number;
  number: number;
  comment_id: number;
}

export interface CommandsTable {
  repository_id: number;
  comment_id: number;
  claimant: string;
  claimed_at: Timestamp;
}

export interface ApprovalsTable {
  repository_id: number;
  number: number;
  head_sha: string;
  login: string;
  approved_at: Timestamp;
}

/** One row for each system that a worker builds for. */
export interface WorkersTable {
  worker: string;
  system: string;
  seen_at: Timestamp;
}

export type CheckRow = Selectable<ChecksTable> & Omit<Selectable<RepositoriesTable>, "id">;
export type NewCheckRow = Insertable<ChecksTable>;
