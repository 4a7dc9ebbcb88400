/**
 * The embedded database: PGlite, a PostgreSQL inside this process, as a Kysely dialect.
 *
 * It has one session, which Kysely and the queue share, so whoever is at work holds a mutex until done: a statement
 * of somebody else in the middle of a transaction would become part of it. The other side of that: inside a
 * transaction nothing may go around it, or the process waits for itself. A process that is killed loses nothing that
 * was committed; a machine that loses power may, since PGlite does not wait for the disk (`fsync=off`).
 */
import type { PGlite } from "@electric-sql/pglite";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from "kysely";
import type { SqlExecutor } from "../workflow/app-ports.ts";

export interface EmbeddedSession {
  readonly dialect: Dialect;
  /** One statement with parameters, or several without, as node-postgres takes them. */
  readonly executor: SqlExecutor;
}

export function createEmbeddedSession(pglite: PGlite): EmbeddedSession {
  const mutex = createMutex();
  const connection = createConnection(pglite);
  const driver: Driver = {
    init: async () => undefined,
    async acquireConnection() {
      await mutex.lock();
      return connection;
    },
    releaseConnection: async () => mutex.unlock(),
    beginTransaction: (held) => control(held, "begin"),
    commitTransaction: (held) => control(held, "commit"),
    rollbackTransaction: (held) => control(held, "rollback"),
    destroy: () => pglite.close(),
  };
  return {
    dialect: {
      createDriver: () => driver,
      createAdapter: () => new PostgresAdapter(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
    executor: {
      async executeSql(text, values = []) {
        await mutex.lock();
        try {
          if (values.length > 0) return { rows: (await pglite.query(text, values)).rows };
          return { rows: (await pglite.exec(text)).flatMap((result) => result.rows) };
        } catch (error) {
          // A failed `begin; …; commit` leaves the session inside its transaction: the next one here would be refused.
          await pglite.exec("rollback").catch(() => undefined);
          throw error;
        } finally {
          mutex.unlock();
        }
      },
    },
  };
}

async function control(connection: DatabaseConnection, statement: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(statement));
}

function createConnection(pglite: PGlite): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await pglite.query<Row>(query.sql, [...query.parameters]);
      return { rows, numAffectedRows: BigInt(affectedRows ?? 0) };
    },
    streamQuery() {
      throw new Error("the embedded database does not stream");
    },
  };
}

/** First come, first served. */
function createMutex() {
  const waiting: (() => void)[] = [];
  let held = false;
  return {
    async lock(): Promise<void> {
      if (held) await new Promise<void>((resolve) => waiting.push(resolve));
      held = true;
    },
    unlock(): void {
      const next = waiting.shift();
      if (next === undefined) held = false;
      else next();
    },
  };
}
