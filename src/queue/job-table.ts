/**
 * The two questions that pg-boss's own functions do not answer, asked of its table. Its version is pinned, and
 * `test/queue/queue.real.test.ts` would see the table change.
 */
import type { SqlExecutor } from "../workflow/app-ports.ts";

/** Jobs that are waiting for a worker or at work, by queue; queues without any are left out. */
export async function countJobs(sql: SqlExecutor): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql.executeSql(
    `select name, count(*)::int as jobs from pgboss.job
     where state in ('created', 'retry', 'active') and name not like '\\_\\_pgboss%'
     group by name order by name`,
  );
  return Object.fromEntries((rows as { name: string; jobs: number }[]).map(({ name, jobs }) => [name, jobs]));
}

export async function activeJobs(
  sql: SqlExecutor,
): Promise<readonly { readonly name: string; readonly id: string }[]> {
  const { rows } = await sql.executeSql(
    `select name, id from pgboss.job where state = 'active' and name not like '\\_\\_pgboss%'`,
  );
  return rows as { name: string; id: string }[];
}
