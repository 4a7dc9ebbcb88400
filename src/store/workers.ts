/** Workers: who is alive, by the database's clock, and what waits for somebody who is not. */
import { type Kysely, sql } from "kysely";
import type { Tables } from "./schema.ts";

/** Workers say every so often that they live (`cli/app/announce.ts`); after three silences they are taken for gone. */
const ALIVE_SECONDS = 90;
const FORGOTTEN = sql<Date>`clock_timestamp() - interval '1 day'`;
const SILENT = sql<Date>`clock_timestamp() - make_interval(secs => ${ALIVE_SECONDS}::float8)`;

export function createWorkers(db: Kysely<Tables>) {
  /** Checks that are queued for a system nobody alive builds for. */
  const unserved = () =>
    db
      .selectFrom("checks")
      .where("state", "=", "queued")
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("workers")
              .select("worker")
              .whereRef("workers.system", "=", "checks.system")
              .where("seen_at", ">", SILENT),
          ),
        ),
      );
  return {
    async announce(worker: string, systems: readonly string[]): Promise<void> {
      await db.deleteFrom("workers").where("seen_at", "<", FORGOTTEN).execute();
      await db
        .insertInto("workers")
        .values(systems.map((system) => ({ worker, system })))
        .onConflict((conflict) =>
          conflict.columns(["worker", "system"]).doUpdateSet({ seen_at: sql<Date>`clock_timestamp()` }),
        )
        .execute();
    },

    async missingWorker(checkId: string): Promise<string | null> {
      const row = await unserved().select("system").where("checks.id", "=", checkId).executeTakeFirst();
      return row?.system ?? null;
    },

    async unservedSystems(): Promise<readonly { readonly system: string; readonly checks: number }[]> {
      return unserved()
        .select(["system", ({ fn }) => fn.countAll<number>().as("checks")])
        .groupBy("system")
        .orderBy("system")
        .execute();
    },
  };
}
