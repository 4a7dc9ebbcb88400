/**
 * The database: PostgreSQL at an address, or an embedded one in a directory. Everything above this file is the same
 * for both; what differs is who may share it (any number of processes, or one) and how many sessions there are.
 */
import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { CompiledQuery, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { EnvironmentError } from "../errors.ts";
import type { SqlAccess, SqlExecutor } from "../workflow/app-ports.ts";
import { lockDirectory } from "./directory-lock.ts";
import { createEmbeddedSession } from "./embedded.ts";
import { migrate } from "./migrate.ts";
import type { Tables } from "./schema.ts";
import { type EmbeddedDatabase, startEmbedded } from "./start-embedded.ts";
import { startTidying } from "./tidy.ts";

export type DatabasePlace = { readonly url: string } | { readonly directory: string };

export interface Database extends AsyncDisposable {
  readonly kysely: Kysely<Tables>;
  /** The same, for what somebody outside waits for: embedded it waits for one other at most. */
  readonly urgent: Kysely<Tables>;
  /** For the queue. */
  readonly access: SqlAccess;
}

/**
 * Opens and migrates.
 * @throws EnvironmentError database-unreachable (retryable), database-damaged, database-in-use, database-directory,
 * schema-newer, migration-failed
 */
export async function openDatabase(place: DatabasePlace): Promise<Database> {
  const database = await openAsIs(place);
  try {
    await migrate(database.kysely);
    if (database.access.url === null) await endLeases(database.kysely);
    return database;
  } catch (error) {
    await database[Symbol.asyncDispose]();
    throw error;
  }
}

/** Opens and migrates nothing: for looking at one. @throws EnvironmentError as `openDatabase` */
export function openAsIs(place: DatabasePlace): Promise<Database> {
  return "url" in place ? connect(place.url) : openEmbedded(place.directory);
}

/** Where the files of an embedded database are. */
export function embeddedFiles(directory: string): string {
  return join(directory, "pglite");
}

const INT8 = 20;
/** Numbers of GitHub's and sizes in bytes stay far below 2^53. */
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") =>
    oid === INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

async function connect(url: string): Promise<Database> {
  const pool = new pg.Pool({ connectionString: url, types, connectionTimeoutMillis: 10_000 });
  // Without a listener a connection that breaks while idle would end the process; the pool opens another by itself.
  pool.on("error", () => undefined);
  try {
    await pool.query("select 1");
  } catch (cause) {
    await pool.end();
    throw new EnvironmentError(
      "database-unreachable",
      `PostgreSQL does not answer or refuses us (${cause instanceof Error ? cause.message : cause})`,
      "Check DATABASE_URL, and that PostgreSQL runs and lets this user in.",
      { cause, retryable: true },
    );
  }
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  return {
    kysely,
    urgent: kysely,
    access: {
      url,
      executeSql: async (text, values = []) => ({ rows: (await pool.query(text, values)).rows }),
      transaction: (work) => inTransaction(kysely, work),
    },
    [Symbol.asyncDispose]: () => kysely.destroy(),
  };
}

async function openEmbedded(directory: string): Promise<Database> {
  const lock = await lockDirectory(directory);
  try {
    const session = createEmbeddedSession(await openFiles(directory));
    const kysely = new Kysely<Tables>({ dialect: session.dialect });
    const tidying = startTidying(session.executor);
    return {
      kysely,
      urgent: new Kysely<Tables>({ dialect: session.urgentDialect }),
      access: {
        url: null,
        executeSql: session.executor.executeSql,
        transaction: (work) => inTransaction(kysely, work),
      },
      async [Symbol.asyncDispose]() {
        tidying[Symbol.dispose]();
        await kysely.destroy();
        lock[Symbol.dispose]();
      },
    };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function openFiles(directory: string): Promise<EmbeddedDatabase> {
  const files = embeddedFiles(directory);
  try {
    if (!existsSync(files)) await makeFiles(files);
    return await startEmbedded(files);
  } catch (cause) {
    throw new EnvironmentError(
      "database-damaged",
      `the embedded database in ${JSON.stringify(directory)} does not start`,
      "Check free space and permissions there. If it is damaged, restore a copy, or move it away and start anew:\nopen pull requests are looked at again, the history of checks is lost.",
      { cause },
    );
  }
}

/** Made beside and then renamed: killed in the middle of the seconds it takes, it would leave files that never start. */
async function makeFiles(files: string): Promise<void> {
  const unfinished = `${files}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await (await startEmbedded(unfinished)).close();
  await rename(unfinished, files);
}

function inTransaction<T>(kysely: Kysely<Tables>, work: (tx: SqlExecutor) => Promise<T>): Promise<T> {
  return kysely.transaction().execute((tx) => work(executorOf(tx)));
}

/** Nobody else can hold one of an embedded database, so whoever did has died: no need to wait for it to show. */
async function endLeases(kysely: Kysely<Tables>): Promise<void> {
  await kysely
    .updateTable("checks")
    .set({ worker: null, heartbeat_at: null })
    .where("worker", "is not", null)
    .execute();
}

/** A Kysely transaction as the queue takes it. */
export function executorOf(tx: Kysely<Tables>): SqlExecutor {
  return {
    async executeSql(text, values = []) {
      const { rows } = await tx.executeQuery(CompiledQuery.raw(text, values));
      return { rows };
    },
  };
}
