/** Which workers are alive, and what they build for: so that a check nobody can take does not wait unnoticed. */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  await sql`create table workers (
     worker text not null,
     system text not null,
     seen_at timestamptz not null default clock_timestamp(),
     primary key (worker, system)
   )`.execute(db);
}
