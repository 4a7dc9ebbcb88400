/**
 * Deliveries: what GitHub sent, stored and enqueued before it is acknowledged.
 *
 * GitHub signs the body and not its headers, so a body that was seen is refused under any GUID: with another one it
 * is somebody else's replay. Both are remembered for a week; GitHub itself makes a delivery again for three days.
 */
import { type Kysely, sql, type Transaction } from "kysely";
import type { Delivery, Outbox } from "../workflow/app-ports.ts";
import { inBatches } from "./batches.ts";
import { executorOf } from "./database.ts";
import type { Tables } from "./schema.ts";
import { readJson, storeJson } from "./stored-json.ts";
import { storable, storableOrNull } from "./text.ts";

/** A payload may have megabytes (GitHub's limit is 25), and a statement holds all of a batch. */
const BATCH = 20;

export function createDeliveries(
  { db, urgent }: { readonly db: Kysely<Tables>; readonly urgent: Kysely<Tables> },
  outbox: Outbox,
  rememberDays: number,
) {
  return {
    acceptDelivery: inBatches(BATCH, (deliveries: readonly Delivery[]) =>
      urgent.transaction().execute(async (tx) => {
        const isNew = takeOnce(await insertNew(tx, deliveries, rememberDays));
        const accepted = deliveries.map(({ guid }) => isNew(guid));
        const guids = deliveries.flatMap(({ guid }, index) => (accepted[index] ? [guid] : []));
        if (guids.length > 0) await outbox.deliveries(guids, executorOf(tx));
        return accepted.map((was) => (was ? "accepted" : "duplicate"));
      }),
    ),

    async readDelivery(guid: string): Promise<Delivery | undefined> {
      const row = await db.selectFrom("deliveries").selectAll().where("guid", "=", guid).executeTakeFirst();
      return (
        row && {
          guid: row.guid,
          event: row.event,
          bodySha256: row.body_sha256,
          payload: readJson(row.payload),
        }
      );
    },

    async finishDelivery(
      guid: string,
      outcome: "handled" | "ignored" | "failed",
      error?: string,
    ): Promise<void> {
      await db
        .updateTable("deliveries")
        .set({ outcome, error: storableOrNull(error), finished_at: new Date() })
        .where("guid", "=", guid)
        .execute();
    },
  };
}

/** GUIDs that were stored. Of several with the same one in a batch it was the first, as rows are inserted in order. */
async function insertNew(
  tx: Transaction<Tables>,
  deliveries: readonly Delivery[],
  rememberDays: number,
): Promise<Set<string>> {
  const inserted = await insert(tx, deliveries);
  const known = deliveries.filter(({ guid }) => !inserted.has(guid));
  if (known.length === 0 || !(await forget(tx, known, rememberDays))) return inserted;
  return inserted.union(await insert(tx, known));
}

async function insert(tx: Transaction<Tables>, deliveries: readonly Delivery[]): Promise<Set<string>> {
  const rows = await tx
    .insertInto("deliveries")
    .values(
      deliveries.map((delivery) => ({
        guid: delivery.guid,
        event: storable(delivery.event),
        body_sha256: delivery.bodySha256,
        payload: storeJson(delivery.payload),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .returning("guid")
    .execute();
  return new Set(rows.map(({ guid }) => guid));
}

/** Seen, but so long ago that it only waits for `prune`. */
async function forget(
  tx: Transaction<Tables>,
  known: readonly Delivery[],
  rememberDays: number,
): Promise<boolean> {
  const guids = known.map(({ guid }) => guid);
  const bodies = known.map(({ bodySha256 }) => bodySha256);
  const { numDeletedRows } = await tx
    .deleteFrom("deliveries")
    .where((is) => is.or([is("guid", "in", guids), is("body_sha256", "in", bodies)]))
    .where("outcome", "!=", "accepted")
    .where("received_at", "<", sql<Date>`now() - interval '1 day' * ${rememberDays}::float8`)
    .executeTakeFirst();
  return numDeletedRows > 0n;
}

/** True the first time it is asked about each. */
function takeOnce(guids: Set<string>): (guid: string) => boolean {
  return (guid) => guids.delete(guid);
}
