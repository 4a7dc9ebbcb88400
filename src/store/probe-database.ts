/** Can the database be written to? Asked again and again, so it writes nothing to find out. */
import type { SqlExecutor } from "../workflow/app-ports.ts";

/** What is wrong, in a sentence; null: nothing. Throws what the database throws. */
export async function probeDatabase(database: SqlExecutor): Promise<string | null> {
  const { rows } = await database.executeSql(
    "select pg_is_in_recovery() or current_setting('transaction_read_only') = 'on' as read_only",
  );
  const [row] = rows as { readonly read_only: boolean }[];
  return row?.read_only === false ? null : "the database can be read only";
}
