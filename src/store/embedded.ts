/**
 * The embedded database: PGlite, a PostgreSQL inside this process on a thread of its own, as a Kysely dialect.
 *
 * It has one session, which Kysely and the queue share, so whoever is at work holds a mutex until done: a statement
 * of somebody else in the middle of a transaction would become part of it. The other side of that: inside a
 * transaction nothing may go around it, or the process waits for itself. A process that is killed loses nothing that
 * was committed; a machine that loses power may, since PGlite does not wait for the disk (`fsync=off`).
 */
import {
  type CompiledQuery,
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
  /** The same session, with at most one other to wait for; others wait for several of these. */
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
    beginTransaction: async () => connection.begin(),
    commitTransaction: () => connection.end("commit"),
    rollbackTransaction: () => connection.end("rollback"),
    destroy: () => pglite.close(),
  };
  return {
    createDriver: () => driver,
    createAdapter: () => new PostgresAdapter(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

interface Connection extends DatabaseConnection {
  /** Goes with the first statement, since asking the thread takes as long as most statements do. */
  begin(): void;
  end(how: "commit" | "rollback"): Promise<void>;
}

function createConnection(pglite: EmbeddedDatabase): Connection {
  let begins = false;
  return {
    begin() {
      begins = true;
    },
    async end(how) {
      // Nothing was done in it.
      if (!begins) await pglite.query(how, []);
      begins = false;
    },
    async executeQuery<Row>(query: CompiledQuery): Promise<QueryResult<Row>> {
      const begin = begins;
      begins = false;
      const { rows, affectedRows } = await pglite.query(query.sql, query.parameters, begin);
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

/** So many of the urgent go before the others get a turn. */
const URGENT_IN_A_ROW = 8;

/**
 * First come, first served; the urgent before the others, up to a number. Who has just done something urgent may have more of
 * it, and says so only once it has heard: the others wait for that.
 */
function createMutex(): Mutex {
  const urgently: (() => void)[] = [];
  const waiting: (() => void)[] = [];
  let held = false;
  let isUrgent = false;
  let inARow = 0;
  const handOn = () => {
    const turn = inARow < URGENT_IN_A_ROW ? urgently : waiting;
    const next = turn.shift() ?? urgently.shift() ?? waiting.shift();
    if (next === undefined) held = false;
    else next();
  };
  const take = (urgent: boolean) => {
    held = true;
    isUrgent = urgent;
    inARow = urgent ? inARow + 1 : 0;
  };
  return {
    async lock(urgent) {
      if (held)
        await new Promise<void>((resolve) => {
          (urgent ? urgently : waiting).push(resolve);
        });
      take(urgent);
    },
    unlock() {
      if (isUrgent && urgently.length === 0 && inARow < URGENT_IN_A_ROW) setImmediate(handOn);
      else handOn();
    },
  };
}
