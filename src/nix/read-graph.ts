/**
 * The graph of a whole evaluation, from the `.drv` files it wrote: nixpkgs has 27,000 of them, and somebody waits.
 *
 * Everything a derivation needs lies in the same directory, so the list of its files numbers all derivations before any of
 * them is read. Threads share that numbering (`SharedArrayBuffer`), take a few files each time, and put numbers together. This
 * one takes its part of the work, and so is done without the others where there is little of it.
 */
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import { fillIndex, slotsFor } from "../domain/graph/name-index.ts";
import { joinRows, type RowPart } from "../domain/graph/rows.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import { nodeOptions } from "../node-options.ts";
import { createGraphReader, type SharedFiles } from "./graph-files.ts";
import type { ThreadResult } from "./read-graph-thread.ts";
import { isDrvPath, STORE_DIRECTORY } from "./store-path.ts";

/** Below it a thread takes longer to start than to read. */
const FILES_PER_THREAD = 4_000;
const MOST_THREADS = 4;

/**
 * @param directory holds `.drv` files as Nix names them; everything else in it is passed over
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function readGraph(directory: string, signal: AbortSignal): Promise<DerivationGraph> {
  const listed = await readdir(directory);
  const paths = listed
    .map((name) => `${STORE_DIRECTORY}/${name}`)
    .filter(isDrvPath)
    .sort();
  if (signal.aborted) throw new Interrupted();
  const files = shareFiles(directory, paths);
  const others =
    Math.min(availableParallelism(), MOST_THREADS, Math.ceil(paths.length / FILES_PER_THREAD)) - 1;
  const stop = new AbortController();
  try {
    const parts = await Promise.all([
      readHere(files, signal),
      ...Array.from({ length: others }, () => readInThread(files, AbortSignal.any([signal, stop.signal]))),
    ]);
    return joinRows(paths, parts);
  } catch (error) {
    stop.abort();
    throw error;
  }
}

function shareFiles(directory: string, paths: readonly string[]): SharedFiles {
  const names = Buffer.from(paths.map((path) => path.slice(STORE_DIRECTORY.length + 1)).join(""), "latin1");
  const bytes = new Uint8Array(new SharedArrayBuffer(names.length));
  bytes.set(names);
  const starts = new Uint32Array(new SharedArrayBuffer((paths.length + 1) * 4));
  for (const [node, path] of paths.entries())
    starts[node + 1] = (starts[node] ?? 0) + path.length - STORE_DIRECTORY.length - 1;
  const slots = new Uint32Array(new SharedArrayBuffer(slotsFor(paths.length) * 4));
  const index = { bytes, starts, slots };
  fillIndex(index);
  return { directory, names: index, next: new Int32Array(new SharedArrayBuffer(4)) };
}

async function readHere(files: SharedFiles, signal: AbortSignal): Promise<RowPart> {
  const reader = createGraphReader(files);
  try {
    while (reader.readSome()) {
      // Lets Ctrl-C in, and what is shown of the progress.
      await setImmediate();
      if (signal.aborted) throw new Interrupted();
    }
  } catch (error) {
    throw error instanceof Interrupted ? error : damaged(error);
  }
  return reader.part();
}

async function readInThread(files: SharedFiles, signal: AbortSignal): Promise<RowPart> {
  const thread = new Worker(new URL("./read-graph-thread.ts", import.meta.url), {
    workerData: files,
    execArgv: [...nodeOptions()],
  });
  const { promise, resolve, reject } = Promise.withResolvers<RowPart>();
  const onAbort = () => reject(new Interrupted());
  signal.addEventListener("abort", onAbort, { once: true });
  thread.once("message", (result: ThreadResult) => {
    if (result.ok) resolve(result.part);
    else reject(damaged(result.trouble));
  });
  thread.once("error", reject);
  thread.once("exit", (code) => reject(damaged(`a thread ended with ${code}`)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}

function damaged(trouble: unknown): EnvironmentError {
  const what = trouble instanceof Error ? trouble.message : String(trouble);
  return new EnvironmentError(
    "evaluation-damaged",
    `the derivations of an evaluation cannot be read (${what})`,
    "Something changed the data directory while it was in use. Run the check again; the tree is evaluated anew.",
    { retryable: true },
  );
}
