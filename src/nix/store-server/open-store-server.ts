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
import type { PackPlace } from "../pack/pack-format.ts";
import {
  READY,
  type ServerAnswer,
  type ServerQuestion,
  SOCKET,
  type StoreData,
  type Trouble,
} from "./messages.ts";

export interface StoreServer extends AsyncDisposable {
  /**
   * Throws unless everything that was sent is in the store.
   * @throws EnvironmentError evaluation-too-large, disk-full, not-permitted, store-server-failed
   */
  check(): Promise<void>;
  /**
   * Puts derivations where evaluators can read them: in a pack they cannot. Once, and for all that come later.
   * @param since when somebody missed one, in `performance.now()`'s milliseconds
   * @returns whether it would find them now and could not then
   * @throws what `check` throws
   */
  layOut(since: number): Promise<boolean>;
  /** Completes the pack. Nothing may be sent any more. @throws what `check` throws */
  end(): Promise<void>;
}

/**
 * Serves a store that is empty so far, on `socket` in its root, until disposed of. What was written stays.
 * @param packs @param caches as in `StoreData`
 * @throws EnvironmentError disk-full, not-permitted, store-server-failed
 */
export async function openStoreServer(
  storeRoot: string,
  packs?: PackPlace,
  caches?: string,
): Promise<StoreServer> {
  const workerData: StoreData = { storeRoot, packs, caches };
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData });
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
  const answered = new Map<number, (answer: ServerAnswer) => void>();
  worker.on("message", (answer: ServerAnswer) => {
    answered.get(answer.number)?.(answer);
    answered.delete(answer.number);
  });
  const hear = (number: number) => {
    const answer = new Promise<ServerAnswer>((heard) => answered.set(number, heard));
    return Promise.race([answer, dead]);
  };
  let asked = 0;
  const ask = async (question: Omit<ServerQuestion, "number">) => {
    if (death !== undefined) throw death;
    const number = asked;
    asked += 1;
    const answer = hear(number);
    worker.postMessage({ number, ...question });
    const { trouble } = await answer;
    if (trouble !== undefined) throw toldTrouble(trouble);
  };
  let laidOutAt = packs === undefined ? 0 : Number.POSITIVE_INFINITY;
  await hear(READY);
  return {
    check: () => ask({}),
    async layOut(since) {
      if (laidOutAt <= since) return false;
      if (laidOutAt === Number.POSITIVE_INFINITY) {
        await ask({ first: "lay-out" });
        laidOutAt = Math.min(laidOutAt, performance.now());
      }
      return true;
    },
    end: () => ask({ first: "end" }),
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
