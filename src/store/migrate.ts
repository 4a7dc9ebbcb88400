/**
 * Brings a database to the newest schema. Forward only: to go back, restore the copy made before.
 *
 * A database that a newer modprobot has migrated is refused, since writing to tables one does not know loses data.
 * Several processes may start at once: the migrator holds a lock of the database meanwhile.
 */
import { type Kysely, type Migration, Migrator, sql } from "kysely";
import { EnvironmentError } from "../errors.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import type { Tables } from "./schema.ts";

/** @throws EnvironmentError schema-newer, migration-failed */
export async function migrate(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>> = MIGRATIONS,
): Promise<void> {
  await refuseNewer(db, migrations);
  const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error, results } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const failed = results?.find(({ status }) => status === "Error")?.migrationName;
  throw new EnvironmentError(
    "migration-failed",
    `the database could not be migrated${failed === undefined ? "" : `: ${failed} failed`}`,
    "Nothing was changed. The cause stands in the log; mend it and start again.",
    { cause: error },
  );
}

async function refuseNewer(
  db: Kysely<Tables>,
  migrations: Readonly<Record<string, Migration>>,
): Promise<void> {
  const unknown = (await appliedMigrations(db)).filter((name) => !(name in migrations));
  if (unknown.length === 0) return;
  throw new EnvironmentError(
    "schema-newer",
    `a newer modprobot has used this database: it knows ${unknown.join(", ")} and this one does not`,
    "Start that version or a newer one, or restore a copy of the database made before.",
  );
}

/** Names, oldest first. */
export async function appliedMigrations(db: Kysely<Tables>): Promise<readonly string[]> {
  const table = await sql<{
    there: boolean;
  }>`select to_regclass('kysely_migration') is not null as there`.execute(db);
  if (table.rows[0]?.there !== true) return [];
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db);
  return rows.map(({ name }) => name);
}
