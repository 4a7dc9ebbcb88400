/** The first tables. A migration that has been released is never edited: what is wrong in it, a later one mends. */
import { type Kysely, sql } from "kysely";

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of STATEMENTS) await sql.raw(statement).execute(db);
}

const STATEMENTS = [
  `create table deliveries (
     guid text primary key,
     event text not null,
     body_sha256 text not null unique,
     payload text not null,
     outcome text not null default 'accepted',
     error text,
     received_at timestamptz not null default clock_timestamp(),
     finished_at timestamptz
   )`,
  `create index deliveries_received_at on deliveries (received_at)`,

  `create table repositories (
     id bigint primary key,
     installation_id bigint not null,
     owner text not null,
     name text not null
   )`,

  `create table checks (
     id uuid primary key,
     sequence bigint generated always as identity unique,
     repository_id bigint not null references repositories,
     number integer not null,
     head_sha text not null,
     base_sha text,
     merge_sha text,
     conflict boolean not null default false,
     state text not null default 'queued',
     scope text not null,
     system text not null,
     requested_by text,
     approved boolean not null,
     check_run_id bigint,
     stage text,
     result text,
     reason text,
     created_at timestamptz not null default clock_timestamp(),
     started_at timestamptz,
     finished_at timestamptz,
     heartbeat_at timestamptz,
     worker text,
     told boolean not null default false
   )`,
  `create unique index checks_active on checks (repository_id, number)
     where state in ('queued', 'running', 'waiting')`,
  `create index checks_pull_request on checks (repository_id, number, sequence)`,
  `create index checks_created_at on checks (created_at)`,
  `create index checks_owing on checks (sequence) where not told`,

  `create table requests (
     repository_id bigint not null,
     number integer not null,
     key text not null,
     check_id uuid not null references checks on delete cascade,
     primary key (repository_id, number, key)
   )`,
  `create index requests_check_id on requests (check_id)`,

  `create table stages (
     check_id uuid not null references checks on delete cascade,
     stage text not null,
     status text not null,
     reason text,
     seconds double precision,
     value text,
     saved_at timestamptz not null default clock_timestamp(),
     primary key (check_id, stage)
   )`,

  `create table findings (
     check_id uuid not null references checks on delete cascade,
     position integer not null,
     kind text not null,
     severity text not null,
     subject text not null,
     file text,
     line integer,
     message text not null,
     primary key (check_id, position)
   )`,
  `create index findings_kind on findings (kind)`,

  `create table logs (
     check_id uuid not null references checks on delete cascade,
     name text not null,
     path text not null,
     bytes bigint not null,
     created_at timestamptz not null default clock_timestamp(),
     primary key (check_id, name)
   )`,
  `create index logs_created_at on logs (created_at)`,

  `create table comments (
     repository_id bigint not null,
     number integer not null,
     comment_id bigint not null,
     primary key (repository_id, number)
   )`,

  `create table commands (
     repository_id bigint not null,
     comment_id bigint not null,
     claimant text not null,
     claimed_at timestamptz not null default clock_timestamp(),
     primary key (repository_id, comment_id)
   )`,

  `create table approvals (
     repository_id bigint not null,
     number integer not null,
     head_sha text not null,
     login text not null,
     approved_at timestamptz not null default clock_timestamp(),
     primary key (repository_id, number, head_sha)
   )`,
];
