/**
 * Deliveries: what GitHub sent, stored and enqueued before it is acknowledged.
 *
 * GitHub signs the body and not its headers, so a body that was seen is refused under any GUID: with another one it
 * is somebody else's replay. Both are remembered for a week; GitHub itself makes a delivery again for three days.
 */
import type { Kysely, Transaction } from "kysely";
import { sql } from "kysely";
import type { Delivery, Outbox } from "../workflow/app-ports.ts";
import { executorOf } from "./database.ts";
import type { Tables } from "./schema.ts";
import { storable, storableOrNull } from "./text.ts";

export function createDeliveries(db: Kysely<Tables>, outbox: Outbox, rememberDays: number) {
  async function accept(delivery: Delivery): Promise<"accepted" | "duplicate"> {
    return db.transaction().execute(async (tx) => {
      if (!(await insert(tx, delivery)) && !((await forget(tx, delivery)) && (await insert(tx, delivery))))
        return "duplicate";
      await outbox.delivery(delivery.guid, executorOf(tx));
      return "accepted";
    });
  }

  /** Seen, but so long ago that it only waits for `prune`. */
  async function forget(tx: Transaction<Tables>, { guid, bodySha256 }: Delivery): Promise<boolean> {
    const { numDeletedRows } = await tx
      .deleteFrom("deliveries")
      .where((is) => is.or([is("guid", "=", guid), is("body_sha256", "=", bodySha256)]))
      .where("outcome", "!=", "accepted")
      .where("received_at", "<", sql<Date>`now() - interval '1 day' * ${rememberDays}::float8`)
      .executeTakeFirst();
    return numDeletedRows > 0n;
  }

  return {
    acceptDelivery: accept,

    async readDelivery(guid: string): Promise<Delivery | undefined> {
      const row = await db.selectFrom("deliveries").selectAll().where("guid", "=", guid).executeTakeFirst();
      return (
        row && {
          guid: row.guid,
          event: row.event,
          bodySha256: row.body_sha256,
          payload: JSON.parse(row.payload),
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

async function insert(tx: Transaction<Tables>, delivery: Delivery): Promise<boolean> {
  const inserted = await tx
    .insertInto("deliveries")
    .values({
      guid: delivery.guid,
      event: storable(delivery.event),
      body_sha256: delivery.bodySha256,
      payload: JSON.stringify(delivery.payload),
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("guid")
    .executeTakeFirst();
  return inserted !== undefined;
}
