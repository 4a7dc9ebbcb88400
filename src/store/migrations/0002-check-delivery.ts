/** Which delivery a check was asked for with. Of checks from before, nobody knows. */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`alter table checks add column delivery text`.execute(db);
}
