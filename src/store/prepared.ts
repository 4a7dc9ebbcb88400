/**
 * Statements of the embedded database, prepared: understood once, and planned as often as PostgreSQL thinks is worth it.
 *
 * PGlite's own `query` has each statement understood anew and speaks five times to the database for it, which costs
 * more than most statements do. This speaks twice the first time and once from then on.
 *
 * What trips people up: the plan that is kept is one for tables as large as they were when it was made. Jobs are first asked for
 * when there are none, and a plan that looks at all of them is then as good as any; with thousands it takes fifty times as
 * long as another one. So a statement is prepared anew now and then.
 * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-EXT-QUERY
 */
import { type PGlite, parse, protocol } from "@electric-sql/pglite";

export interface Answer {
  readonly rows: unknown[];
  readonly affectedRows: number;
}

interface Prepared {
  readonly name: string;
  /** Of its parameters, by number. */
  readonly types: readonly number[];
  usesLeft: number;
}

/** Batches make a statement for each size; what has not been used for longest is forgotten. */
const MOST = 300;
/** Preparing takes as long as two or three uses. */
const USES = 200;
const { serialize } = protocol;

/** One statement at a time: the next only once the one before has ended. */
export function createPrepared(pglite: PGlite) {
  const known = new Map<string, Prepared>();
  let count = 0;

  const speak = async (...messages: readonly Uint8Array[]) =>
    (await pglite.execProtocol(Buffer.concat(messages), { syncToFs: false })).messages;

  const prepare = async (text: string): Promise<Prepared> => {
    const name = `s${++count}`;
    const described = await speak(
      serialize.parse({ name, text }),
      serialize.describe({ type: "S", name }),
      serialize.sync(),
    );
    return { name, types: parse.parseDescribeStatementResults(described), usesLeft: USES };
  };

  const forget = async (text: string, { name }: Prepared) => {
    known.delete(text);
    await speak(serialize.close({ type: "S", name }), serialize.sync());
  };

  const find = async (text: string): Promise<Prepared> => {
    const prepared = known.get(text);
    if (prepared !== undefined && prepared.usesLeft > 0) return prepared;
    if (prepared !== undefined) await forget(text, prepared);
    const [oldest] = known;
    if (known.size >= MOST && oldest !== undefined) await forget(...oldest);
    return prepare(text);
  };

  return async (text: string, values: readonly unknown[]): Promise<Answer> => {
    const prepared = await find(text);
    prepared.usesLeft -= 1;
    // The order of a map is that of insertion.
    known.delete(text);
    known.set(text, prepared);
    const { name, types } = prepared;
    const written = values.map((value, index) => {
      if (value === null || value === undefined) return null;
      const write = pglite.serializers[types[index] ?? 0];
      return write === undefined ? String(value) : write(value);
    });
    const messages = await speak(
      serialize.bind({ statement: name, values: written }),
      serialize.describe({ type: "P" }),
      serialize.execute({}),
      serialize.sync(),
    );
    const [result] = parse.parseResults(messages, pglite.parsers);
    return { rows: result?.rows ?? [], affectedRows: result?.affectedRows ?? 0 };
  };
}
