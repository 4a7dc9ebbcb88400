/**
 * The embedded database: PGlite, a PostgreSQL inside this process on a thread of its own, as a Kysely dialect.
 *
 * It has one session, which Kysely and the queue share, so whoever is at work holds a mutex until done: a statement
 * of somebody else in the middle of a transaction would become part of it. The other side of that: inside a
 * transaction nothing may go around it, or the process waits for itself. A process that is killed loses nothing that
 * was committed; a machine that loses power may, since PGlite does not wait for the disk (`fsync=off`).
 */
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
import type { EmbeddedDatabase } from "./start-embedded.ts";

export interface EmbeddedSession {
  readonly dialect: Dialect;
  /** The same session, with at most one other to wait for. */
  readonly urgentDialect: Dialect;
  /** One statement with parameters, or several without, as node-postgres takes them. */
  readonly executor: SqlExecutor;
}

export function createEmbeddedSession(pglite: EmbeddedDatabase): EmbeddedSession {
  const mutex = createMutex();
  return {
    dialect: createDialect(pglite, mutex, false),
    urgentDialect: createDialect(pglite, mutex, true),
    executor: {
      async executeSql(text, values = []) {
        await mutex.lock(false);
        try {
          if (values.length > 0) return { rows: (await pglite.query(text, values)).rows };
          return { rows: [...(await pglite.exec(text))] };
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

function createDialect(pglite: EmbeddedDatabase, mutex: Mutex, urgent: boolean): Dialect {
  const connection = createConnection(pglite);
  const driver: Driver = {
    init: async () => undefined,
    async acquireConnection() {
      await mutex.lock(urgent);
      return connection;
    },
    releaseConnection: async () => mutex.unlock(),
    beginTransaction: (held) => control(held, "begin"),
    commitTransaction: (held) => control(held, "commit"),
    rollbackTransaction: (held) => control(held, "rollback"),
    destroy: () => pglite.close(),
  };
  return {
    createDriver: () => driver,
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

async function control(connection: DatabaseConnection, statement: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(statement));
}

function createConnection(pglite: EmbeddedDatabase): DatabaseConnection {
  return {
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const { rows, affectedRows } = await pglite.query(query.sql, query.parameters);
      // Of the shape that Kysely was asked for.
      return { rows: rows as Row[], numAffectedRows: BigInt(affectedRows) };
    },
    streamQuery() {
      throw new Error("the embedded database does not stream");
    },
  };
}

interface Mutex {
  lock(urgent: boolean): Promise<void>;
  unlock(): void;
}

/** First come, first served; of the urgent and the others in turns, so that neither waits for more than one. */
function createMutex(): Mutex {
  const urgently: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let held = false;
  let wasUrgent = false;
  return {
    async lock(urgent) {
      if (held) await new Promise<void>((resolve) => (urgent ? urgently : waiting).push(resolve));
      held = true;
    },
    unlock() {
      const [first, second] = wasUrgent ? [waiting, urgently] : [urgently, waiting];
      wasUrgent = first.length > 0 ? first === urgently : second === urgently;
      const next = first.shift() ?? second.shift();
      if (next === undefined) held = false;
      else next();
    },
  };
}
