/**
 * What a PostgreSQL does by itself (autovacuum) and the embedded one does not: room of rows that are gone is used again,
 * and how many rows there are is counted, without which every look for a few of many reads all.
 *
 * Few rows at a time are gone, so it takes milliseconds; whoever is urgent waits for one table at most.
 */
import type { SqlExecutor } from "../workflow/app-ports.ts";

const EVERY_MS = 60_000;

/** PostgreSQL's own rule, with a larger constant. https://www.postgresql.org/docs/current/routine-vacuuming.html */
const UNTIDY = `
  select format('%I.%I', schemaname, relname) as name from pg_stat_user_tables
  where greatest(n_dead_tup, n_mod_since_analyze, n_ins_since_vacuum) > 500 + 0.2 * n_live_tup
  order by name`;

/** Failing costs nothing but speed, and is tried again. */
export function startTidying(sql: SqlExecutor): Disposable {
  const timer = setInterval(() => void tidy(sql).catch(() => undefined), EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

export async function tidy(sql: SqlExecutor): Promise<void> {
  const { rows } = await sql.executeSql(UNTIDY);
  // One after the other, since what is urgent may go in between.
  for (const { name } of rows as { readonly name: string }[])
    for (const work of ["vacuum", "analyze"]) await sql.executeSql(`${work} ${name}`);
}
