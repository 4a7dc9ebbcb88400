/**
 * A store for one evaluation, served on a thread of its own: hashing and writing derivations takes as long as following
 * what the walker says, and has no part in it.
 *
 * What trips people up: an evaluator that loses its store fails like one that met a broken attribute. So whoever has heard
 * what evaluators said asks `check` before believing it.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { EnvironmentError } from "../../errors.ts";
import { asMachineTrouble } from "../disk-space.ts";
import { SOCKET, type Trouble, type WorkerMessage } from "./messages.ts";

export interface StoreServer extends AsyncDisposable {
  /**
   * Throws unless everything that was sent is in the store.
   * @throws EnvironmentError evaluation-too-large, disk-full, not-permitted, store-server-failed
   */
  check(): Promise<void>;
}

/**
 * Serves a store that is empty so far, on `socket` in its root, until disposed of. What was written stays.
 * @throws EnvironmentError disk-full, not-permitted, store-server-failed
 */
export async function openStoreServer(storeRoot: string): Promise<StoreServer> {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: { storeRoot } });
  let death: unknown;
  const dead = new Promise<never>((_, reject) => {
    worker.once("error", (error) => {
      death ??= told(error);
      reject(death);
    });
    worker.once("exit", (code) => {
      death ??= serverFailed(new Error(`its thread ended with status ${code}`));
      reject(death);
    });
  });
  dead.catch(() => undefined);
  const hear = () => new Promise<WorkerMessage>((heard) => worker.once("message", heard));
  await Promise.race([hear(), dead]);
  return {
    async check() {
      if (death !== undefined) throw death;
      const state = hear();
      worker.postMessage("state");
      const said = await Promise.race([state, dead]);
      if (said.kind === "state" && said.trouble !== undefined) throw toldTrouble(said.trouble);
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
      await rm(join(storeRoot, SOCKET), { force: true });
    },
  };
}

function toldTrouble(trouble: Trouble): EnvironmentError {
  if (trouble.kind === "over-limit") return tooLarge(trouble.message);
  const { message, ...details } = trouble;
  return told(Object.assign(new Error(message), details));
}

/** A full or read-only disk has words of its own. */
function told(error: Error): EnvironmentError {
  const known = asMachineTrouble(error);
  return known instanceof EnvironmentError ? known : serverFailed(error);
}

function tooLarge(message: string): EnvironmentError {
  return new EnvironmentError(
    "evaluation-too-large",
    `the evaluation was given up: ${message}`,
    "All of nixpkgs writes about 130 MB of derivations. A tree that copies itself into every package writes far more.",
  );
}

function serverFailed(cause: Error): EnvironmentError {
  return new EnvironmentError(
    "store-server-failed",
    `the store that derivations are written to failed: ${cause.message}`,
    "This is a failure of modprobot or of the machine (memory, say), not of what is evaluated. Run the check again.",
    { retryable: true, cause },
  );
}
