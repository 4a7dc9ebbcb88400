/**
 * The thread of the embedded database: PGlite computes here, so that the thread which answers webhooks does not wait
 * while it does. Started by `start-embedded.ts`; statements come one after the other, since there is one session.
 */
import { parentPort } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { startCalls } from "../calls.ts";
import { InternalError } from "../errors.ts";
import { portChannel } from "./port-channel.ts";
import { createPrepared } from "./prepared.ts";
import type { EmbeddedCalls, Statement } from "./start-embedded.ts";

const SETTINGS = [
  // Its own 160 MB are of no use beside the cache of the operating system, which holds the files anyway.
  ...["-c", "shared_buffers=32MB"],
  // Counting reads 300 rows for each of these, while everybody waits (`tidy.ts`). A tenth of the usual tells few from many as well.
  ...["-c", "default_statistics_target=10"],
];

let pglite: PGlite | undefined;
let prepared: ReturnType<typeof createPrepared> | undefined;

function statements() {
  prepared ??= createPrepared(session());
  return prepared;
}

const ours: EmbeddedCalls = {
  async open(files) {
    pglite = await PGlite.create({
      dataDir: files,
      startParams: [...PGlite.defaultStartParams, ...SETTINGS],
    });
  },
  async query({ text, values, begin }: Statement) {
    if (begin) await statements()("begin", []);
    return statements()(text, values);
  },
  async exec(text) {
    // The queue asks for jobs without a parameter, twice a second for each of its kinds.
    if (!text.includes(";")) return (await statements()(text, [])).rows;
    return (await session().exec(text)).flatMap(({ rows }) => rows);
  },
  async close() {
    await pglite?.close();
  },
};

function session(): PGlite {
  if (pglite === undefined) throw new InternalError("the embedded database was asked before it was opened");
  return pglite;
}

if (parentPort === null) throw new InternalError("this is started as a thread");
// It ends with the thread that started it, so nobody is left to be told why.
startCalls(
  portChannel(parentPort, () => new Error()),
  { ...ours },
);
