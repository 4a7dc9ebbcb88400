/**
 * Checks: their states, who works on them, and what has been found out so far.
 *
 * A final state is never left. Which worker holds a check is a lease by the database's clock, so that machines whose
 * clocks differ agree; it outlives the queue's own by little, and whoever lost it hears `false` and stops.
 */
import { type Kysely, sql } from "kysely";
import { type CheckRecord, type CheckState, FINAL_STATES } from "../domain/check-record.ts";
import type { CheckResult, StageName } from "../domain/check-result.ts";
import type { NewCheck, Outbox, StorePort } from "../workflow/app-ports.ts";
import { ACTIVE_STATES, isCheckId, selectChecks, toRecord } from "./check-rows.ts";
import { executorOf } from "./database.ts";
import { requestCheck } from "./request-check.ts";
import type { Tables } from "./schema.ts";
import { readJson, storeJson } from "./stored-json.ts";
import { storable, storableOrNull } from "./text.ts";

export interface CheckOptions {
  /** For checks that do not name one. */
  readonly system: string;
  readonly leaseSeconds: number;
}

type CheckChange = Parameters<StorePort["updateCheck"]>[1];

export function createChecks(db: Kysely<Tables>, outbox: Outbox, options: CheckOptions) {
  async function readCheck(id: string): Promise<CheckRecord | undefined> {
    if (!isCheckId(id)) return undefined;
    const row = await selectChecks(db).where("checks.id", "=", id).executeTakeFirst();
    return row && toRecord(row);
  }

  return {
    readCheck,

    requestCheck: (check: NewCheck) => requestCheck(db, outbox, { system: options.system, ...check }),

    async latestCheck(repositoryId: number, number: number): Promise<CheckRecord | undefined> {
      const row = await selectChecks(db)
        .where("repository_id", "=", repositoryId)
        .where("number", "=", number)
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst();
      return row && toRecord(row);
    },

    async latestDone(repositoryId: number, number: number): Promise<CheckRecord | undefined> {
      const row = await selectChecks(db)
        .where("repository_id", "=", repositoryId)
        .where("number", "=", number)
        .where("state", "=", "done")
        .where("result", "is not", null)
        .orderBy("sequence", "desc")
        .limit(1)
        .executeTakeFirst();
      return row && toRecord(row);
    },

    async headSeenAt(repositoryId: number, number: number, headSha: string): Promise<Date | null> {
      const row = await db
        .selectFrom("checks")
        .select(({ fn }) => fn.min("created_at").as("seen"))
        .where("repository_id", "=", repositoryId)
        .where("number", "=", number)
        .where("head_sha", "=", headSha)
        .executeTakeFirst();
      return row?.seen ?? null;
    },

    async activeChecks(): Promise<readonly CheckRecord[]> {
      const rows = await selectChecks(db).where("state", "in", ACTIVE_STATES).orderBy("sequence").execute();
      return rows.map(toRecord);
    },

    async moveCheck(id: string, state: CheckState, reason?: string): Promise<boolean> {
      return db.transaction().execute(async (tx) => {
        const moved = await tx
          .updateTable("checks")
          .set({
            state,
            reason: storableOrNull(reason),
            told: false,
            ...(state === "running"
              ? { started_at: sql<Date>`coalesce(started_at, clock_timestamp())` }
              : {}),
            ...(state === "running" ? {} : { worker: null, heartbeat_at: null }),
            ...(isFinal(state) ? { finished_at: sql<Date>`clock_timestamp()` } : {}),
          })
          .where("id", "=", id)
          .where("state", "in", ACTIVE_STATES)
          .returning("system")
          .executeTakeFirst();
        if (moved === undefined) return false;
        if (state === "queued") await outbox.check(id, moved.system, executorOf(tx));
        if (state === "cancelled" || state === "superseded")
          await outbox.cancelCheck(id, moved.system, executorOf(tx));
        return true;
      });
    },

    async updateCheck(id: string, change: CheckChange): Promise<void> {
      const columns = toColumns(change);
      if (Object.keys(columns).length === 0) return;
      await db.transaction().execute(async (tx) => {
        await tx.updateTable("checks").set(columns).where("id", "=", id).execute();
        if (change.result !== undefined) await copyOut(tx, id, change.result);
      });
    },

    async heartbeat(id: string, worker: string): Promise<boolean> {
      const held = await db
        .updateTable("checks")
        .set({ worker, heartbeat_at: sql<Date>`clock_timestamp()` })
        .where("id", "=", id)
        .where("state", "in", ACTIVE_STATES)
        .where((is) =>
          is.or([
            is("worker", "is", null),
            is("worker", "=", worker),
            is(
              "heartbeat_at",
              "<",
              sql<Date>`clock_timestamp() - make_interval(secs => ${options.leaseSeconds})`,
            ),
          ]),
        )
        .returning("id")
        .executeTakeFirst();
      return held !== undefined;
    },

    async release(id: string, worker: string): Promise<void> {
      await db
        .updateTable("checks")
        .set({ worker: null, heartbeat_at: null })
        .where("id", "=", id)
        .where("worker", "=", worker)
        .execute();
    },

    async owingChecks(): Promise<readonly CheckRecord[]> {
      const rows = await selectChecks(db)
        .where("told", "=", false)
        .where("state", "in", [...FINAL_STATES, "waiting"])
        .orderBy("sequence")
        .execute();
      return rows.map(toRecord);
    },

    async markTold(id: string): Promise<void> {
      await db.updateTable("checks").set({ told: true }).where("id", "=", id).execute();
    },

    async report(
      id: string,
    ): Promise<{ readonly check: CheckRecord; readonly result: CheckResult | null } | undefined> {
      const check = await readCheck(id);
      return check && { check, result: check.result };
    },
  };
}

function isFinal(state: CheckState): boolean {
  return (FINAL_STATES as readonly CheckState[]).includes(state);
}

function toColumns(change: CheckChange) {
  return {
    ...(change.baseSha === undefined ? {} : { base_sha: change.baseSha }),
    ...(change.mergeSha === undefined ? {} : { merge_sha: change.mergeSha }),
    ...(change.conflict === undefined ? {} : { conflict: change.conflict }),
    ...(change.checkRunId === undefined ? {} : { check_run_id: change.checkRunId }),
    ...(change.stage === undefined ? {} : { stage: change.stage }),
    ...(change.approved === undefined ? {} : { approved: change.approved }),
    ...(change.result === undefined
      ? {}
      : { result: change.result === null ? null : storeJson(change.result) }),
  };
}

/** Stages and findings of a result, each as a row. Values of stages that were saved for going on stay. */
async function copyOut(tx: Kysely<Tables>, id: string, result: CheckResult | null): Promise<void> {
  await tx.deleteFrom("findings").where("check_id", "=", id).execute();
  for (const chunk of chunks(result?.findings ?? [], 500))
    await tx
      .insertInto("findings")
      .values(
        chunk.map(({ item, position }) => ({
          check_id: id,
          position,
          kind: item.kind,
          severity: item.severity,
          subject: storable(item.subject),
          file: storableOrNull(item.file),
          line: item.line ?? null,
          message: storable(item.message),
        })),
      )
      .execute();
  const stages = (result?.stages ?? []).map(({ stage, status, reason, seconds }) => {
    return { check_id: id, stage, status, reason: storableOrNull(reason), seconds, value: null };
  });
  if (stages.length === 0) return;
  await tx
    .insertInto("stages")
    .values(stages)
    .onConflict((conflict) =>
      conflict.columns(["check_id", "stage"]).doUpdateSet(({ ref }) => ({
        status: ref("excluded.status"),
        reason: ref("excluded.reason"),
        seconds: ref("excluded.seconds"),
      })),
    )
    .execute();
}

function chunks<T>(items: readonly T[], size: number) {
  const positioned = items.map((item, position) => ({ item, position }));
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    positioned.slice(index * size, (index + 1) * size),
  );
}

/** Values of finished stages, for going on after a crash. */
export function createStages(db: Kysely<Tables>) {
  return {
    async saveStage(id: string, stage: StageName, value: unknown): Promise<void> {
      const saved = { value: storeJson(value), status: "done" as const, saved_at: new Date() };
      await db
        .insertInto("stages")
        .values({ check_id: id, stage, reason: null, seconds: null, ...saved })
        .onConflict((conflict) => conflict.columns(["check_id", "stage"]).doUpdateSet(saved))
        .execute();
    },

    async readStage(id: string, stage: StageName): Promise<unknown> {
      if (!isCheckId(id)) return undefined;
      const row = await db
        .selectFrom("stages")
        .select("value")
        .where("check_id", "=", id)
        .where("stage", "=", stage)
        .executeTakeFirst();
      return row === undefined || row.value === null ? undefined : readJson(row.value);
    },
  };
}
