/** Rows of checks and what they mean: reading, and the one text form of a scope. */
import type { Kysely } from "kysely";
import type { CheckRecord, CheckScope, CheckState } from "../domain/check-record.ts";
import type { CheckResult } from "../domain/check-result.ts";
import type { CheckRow, Tables } from "./schema.ts";
import { readJson } from "./stored-json.ts";

export const ACTIVE_STATES = ["queued", "running", "waiting"] as const satisfies readonly CheckState[];

/** Checks with what their repository is called today. */
export function selectChecks(db: Kysely<Tables>) {
  return db
    .selectFrom("checks")
    .innerJoin("repositories", "repositories.id", "checks.repository_id")
    .selectAll("checks")
    .select(["repositories.owner", "repositories.name", "repositories.installation_id"]);
}

export function toRecord(row: CheckRow): CheckRecord {
  return {
    id: row.id,
    owner: row.owner,
    name: row.name,
    number: row.number,
    installationId: row.installation_id,
    repositoryId: row.repository_id,
    headSha: row.head_sha,
    baseSha: row.base_sha,
    mergeSha: row.merge_sha,
    conflict: row.conflict,
    state: row.state,
    scope: JSON.parse(row.scope) as CheckScope,
    requestedBy: row.requested_by,
    approved: row.approved,
    checkRunId: row.check_run_id,
    stage: row.stage,
    result: row.result === null ? null : (readJson(row.result) as CheckResult),
    reason: row.reason,
    createdAt: row.created_at,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    heartbeatAt: row.heartbeat_at,
    worker: row.worker,
    ...(row.delivery === null ? {} : { delivery: row.delivery }),
  };
}

/** Equal scopes give equal text, whatever order their keys were written in. */
export function scopeText(scope: CheckScope): string {
  return JSON.stringify(Object.fromEntries(Object.entries(scope).sort(([a], [b]) => (a < b ? -1 : 1))));
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Ids also come out of addresses and check runs, where anything may stand. */
export function isCheckId(id: string): boolean {
  return UUID.test(id);
}
