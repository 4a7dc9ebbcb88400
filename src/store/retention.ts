/** Forgetting: what is old goes, and nothing that is still being worked on ever does. */
import { rm } from "node:fs/promises";
import type { Kysely } from "kysely";
import { FINAL_STATES } from "../domain/check-record.ts";
import type { KeptLog } from "../workflow/app-ports.ts";
import { isCheckId } from "./check-rows.ts";
import type { Tables } from "./schema.ts";

export interface RetentionDays {
  readonly checks: number;
  readonly logs: number;
  /** Deliveries, and with them the memory of what was delivered. */
  readonly deliveries: number;
}

const DAY_MS = 24 * 60 * 60 * 1000;

export function createRetention(db: Kysely<Tables>, days: RetentionDays) {
  return {
    async prune(now: Date): Promise<void> {
      const before = (age: number) => new Date(now.getTime() - age * DAY_MS);
      await db
        .deleteFrom("deliveries")
        .where("outcome", "!=", "accepted")
        .where("received_at", "<", before(days.deliveries))
        .execute();
      await removeLogs(before(days.logs));
      await db
        .deleteFrom("checks")
        .where("state", "in", FINAL_STATES)
        .where("created_at", "<", before(days.checks))
        .execute();
      await db.deleteFrom("commands").where("claimed_at", "<", before(days.checks)).execute();
      await db.deleteFrom("approvals").where("approved_at", "<", before(days.checks)).execute();
    },

    /** Remembers where a log of a check is kept; the file is removed with the memory of it. */
    async recordLog(checkId: string, { name, path, bytes }: KeptLog): Promise<void> {
      await db
        .insertInto("logs")
        .values({ check_id: checkId, name, path, bytes })
        .onConflict((conflict) => conflict.columns(["check_id", "name"]).doUpdateSet({ path, bytes }))
        .execute();
    },

    async logs(checkId: string): Promise<readonly KeptLog[]> {
      if (!isCheckId(checkId)) return [];
      return db
        .selectFrom("logs")
        .select(["name", "path", "bytes"])
        .where("check_id", "=", checkId)
        .orderBy("name")
        .execute();
    },
  };

  /** Files first: a row without a file is forgotten next time, a file without a row never. */
  async function removeLogs(before: Date): Promise<void> {
    const old = await db
      .selectFrom("logs")
      .select(["check_id", "name", "path"])
      .where("created_at", "<", before)
      .execute();
    for (const { check_id, name, path } of old) {
      await rm(path, { force: true });
      await db.deleteFrom("logs").where("check_id", "=", check_id).where("name", "=", name).execute();
    }
  }
}
