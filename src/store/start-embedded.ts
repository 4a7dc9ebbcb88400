/** Starts PGlite on a directory of files, in a thread of its own (`embedded-thread.ts`). */
import { Worker } from "node:worker_threads";
import { startCalls } from "../calls.ts";
import { EnvironmentError } from "../errors.ts";
import { nodeOptions } from "../node-options.ts";
import { portChannel } from "./port-channel.ts";
import type { Answer } from "./prepared.ts";

/** One session. Statements are carried out in the order of the calls. */
export interface EmbeddedDatabase {
  /** @param begin a transaction, before it; where the statement fails the transaction was begun all the same */
  query(text: string, values: readonly unknown[], begin?: boolean): Promise<Answer>;
  /** Several statements without parameters. @returns the rows of all */
  exec(text: string): Promise<readonly unknown[]>;
  close(): Promise<void>;
}

export interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
  readonly begin: boolean;
}

/** Called on the thread. */
export interface EmbeddedCalls {
  open(files: string): Promise<void>;
  query(statement: Statement): Promise<Answer>;
  exec(text: string): Promise<readonly unknown[]>;
  close(argument: null): Promise<void>;
}

/** @throws what PGlite throws; EnvironmentError database-ended from every call, once the thread has ended by itself */
export async function startEmbedded(files: string): Promise<EmbeddedDatabase> {
  // It needs nothing of the environment, and the secrets are there; how Node was started may not suit a thread.
  const thread = new Worker(new URL("embedded-thread.ts", import.meta.url), {
    env: {},
    execArgv: [...nodeOptions()],
  });
  const calls = startCalls<EmbeddedCalls>(portChannel(thread, ended), {});
  try {
    await calls.call("open", files);
  } catch (error) {
    await thread.terminate();
    throw error;
  }
  return {
    query: (text, values, begin = false) => calls.call("query", { text, values, begin }),
    exec: (text) => calls.call("exec", text),
    async close() {
      await calls.call("close", null);
      await thread.terminate();
    },
  };
}

/** Nothing that was committed is lost with it; the files are taken up again at the next start. */
function ended(cause: unknown): EnvironmentError {
  return new EnvironmentError(
    "database-ended",
    "the embedded database ended in the midst of its work",
    "The machine may have run out of memory. Start modprobot again; nothing that was accepted is lost.",
    { cause },
  );
}
