/**
 * The questions that pg-boss's own functions do not answer, or only by reading all jobs of a queue, asked of its table.
 * Its version is pinned, and `test/queue/queue.real.test.ts` would see the table change.
 */
import type { QueuedJobs, SqlAccess, SqlExecutor } from "../workflow/app-ports.ts";

/** Jobs that are waiting for a worker or at work, by queue; queues without any are left out. */
export async function countJobs(sql: SqlExecutor): Promise<Readonly<Record<string, number>>> {
  const { rows } = await sql.executeSql(
    `select name, count(*)::int as jobs from pgboss.job
     where state in ('created', 'retry', 'active') and name not like '\\_\\_pgboss%'
     group by name order by name`,
  );
  return Object.fromEntries((rows as { name: string; jobs: number }[]).map(({ name, jobs }) => [name, jobs]));
}

/** The same by state, with the age of the oldest one that waits. */
export async function lookAtJobs(sql: SqlExecutor): Promise<readonly QueuedJobs[]> {
  const { rows } = await sql.executeSql(
    `select name as queue, state::text as state, count(*)::int as jobs,
       extract(epoch from clock_timestamp() - min(created_on))::float8 as oldest
     from pgboss.job
     where state in ('created', 'retry', 'active') and name not like '\\_\\_pgboss%'
     group by name, job.state order by name, job.state`,
  );
  return (rows as { queue: string; state: keyof typeof STATES; jobs: number; oldest: number }[]).map(
    ({ queue, state, jobs, oldest }) => ({ queue, state: STATES[state], jobs, oldestSeconds: oldest }),
  );
}

const STATES = { created: "waiting", retry: "retrying", active: "active" } as const;

export async function activeJobs(
  sql: SqlExecutor,
): Promise<readonly { readonly name: string; readonly id: string }[]> {
  const { rows } = await sql.executeSql(
    `select name, id from pgboss.job where state = 'active' and name not like '\\_\\_pgboss%'`,
  );
  return rows as { name: string; id: string }[];
}

/** Jobs of a check that wait or are at work. */
export async function liveJobs(sql: SqlExecutor, queue: string, key: string): Promise<readonly string[]> {
  const { rows } = await sql.executeSql(
    `select id from pgboss.job where singleton_key = $1 and name = $2 and ${LIVE}`,
    [key, queue],
  );
  return (rows as { id: string }[]).map(({ id }) => id);
}

const LIVE = "state < 'completed'";

/** pg-boss has no index by key alone, and ten thousand checks may be queued. */
export async function indexLiveJobs(access: SqlAccess): Promise<void> {
  await access.transaction(async (tx) => {
    // Two processes that start at once would both make it.
    await tx.executeSql("select pg_advisory_xact_lock(hashtextextended('modprobot index of jobs', 0))");
    await tx.executeSql(
      `create index if not exists modprobot_live_jobs on pgboss.job (singleton_key) where ${LIVE}`,
    );
  });
}
