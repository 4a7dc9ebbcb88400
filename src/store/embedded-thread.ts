/**
 * The thread of the embedded database: PGlite computes here, so that the thread which answers webhooks does not wait
 * while it does. Started by `start-embedded.ts`; statements come one after the other, since there is one session.
 */
import { parentPort } from "node:worker_threads";
import { PGlite } from "@electric-sql/pglite";
import { startCalls } from "../calls.ts";
import { InternalError } from "../errors.ts";
import { portChannel } from "./port-channel.ts";
import type { EmbeddedCalls, Statement } from "./start-embedded.ts";

/** Its own 160 MB are of no use beside the cache of the operating system, which holds the files anyway. */
const SETTINGS = ["-c", "shared_buffers=32MB"];

let pglite: PGlite | undefined;

const ours: EmbeddedCalls = {
  async open(files) {
    pglite = await PGlite.create({
      dataDir: files,
      startParams: [...PGlite.defaultStartParams, ...SETTINGS],
    });
  },
  async query({ text, values }: Statement) {
    const { rows, affectedRows } = await session().query<unknown>(text, [...values]);
    return { rows, affectedRows: affectedRows ?? 0 };
  },
  async exec(text) {
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
