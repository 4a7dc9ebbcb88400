/**
 * The graph of a whole evaluation, from the derivations it wrote: nixpkgs has 27,000 of them, and somebody waits.
 *
 * Everything a derivation needs lies in the same packs, so the list of their names numbers all derivations before any of
 * them is read. Threads share that numbering (`SharedArrayBuffer`), take a frame each time, and put numbers together. This
 * one takes its part of the work, and so is done without the others where there is little of it.
 */
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import { fillIndex, slotsFor } from "../domain/graph/name-index.ts";
import { joinRows, type RowPart } from "../domain/graph/rows.ts";
import { Interrupted } from "../errors.ts";
import { nodeOptions } from "../node-options.ts";
import { derivationsDamaged } from "./evaluation-damage.ts";
import { createGraphReader, NOBODY, type SharedFrames } from "./graph-frames.ts";
import type { PlacedFrame } from "./pack/pack-reader.ts";
import type { ThreadResult } from "./read-graph-thread.ts";
import { isDrvPath, STORE_DIRECTORY } from "./store-path.ts";

/** Below it a thread takes longer to start than to read. */
const FRAMES_PER_THREAD = 16;
const MOST_THREADS = 4;

/**
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function readGraph(
  frames: readonly PlacedFrame[],
  signal: AbortSignal,
): Promise<DerivationGraph> {
  const paths = [...new Set(frames.flatMap(({ names }) => names))]
    .map((name) => `${STORE_DIRECTORY}/${name}`)
    .filter(isDrvPath)
    .sort();
  if (signal.aborted) throw new Interrupted();
  const shared = shareFrames(frames, paths);
  const others =
    Math.min(availableParallelism(), MOST_THREADS, Math.ceil(frames.length / FRAMES_PER_THREAD)) - 1;
  const stop = new AbortController();
  try {
    const parts = await Promise.all([
      readHere(shared, signal),
      ...Array.from({ length: others }, () => readInThread(shared, AbortSignal.any([signal, stop.signal]))),
    ]);
    return joinRows(paths, parts);
  } catch (error) {
    stop.abort();
    throw error;
  }
}

function shareFrames(frames: readonly PlacedFrame[], paths: readonly string[]): SharedFrames {
  const prefix = STORE_DIRECTORY.length + 1;
  const names = Buffer.from(paths.map((path) => path.slice(prefix)).join(""), "latin1");
  const bytes = new Uint8Array(new SharedArrayBuffer(names.length));
  bytes.set(names);
  const starts = numbers(paths.length + 1);
  for (const [node, path] of paths.entries()) starts[node + 1] = (starts[node] ?? 0) + path.length - prefix;
  const slots = numbers(slotsFor(paths.length));
  const index = { bytes, starts, slots };
  fillIndex(index);

  const nodes = new Map(paths.map((path, node) => [path.slice(prefix), node]));
  const share = ({ names, lengths, ...frame }: PlacedFrame) => {
    const shared = { ...frame, nodes: numbers(names.length), lengths: numbers(names.length) };
    shared.lengths.set(lengths);
    for (const [place, name] of names.entries()) {
      shared.nodes[place] = nodes.get(name) ?? NOBODY;
      // Of two packs that have it, the first one gives it.
      nodes.delete(name);
    }
    return shared;
  };
  return { frames: frames.map(share), names: index, next: new Int32Array(new SharedArrayBuffer(4)) };
}

const numbers = (count: number) => new Uint32Array(new SharedArrayBuffer(count * 4));

async function readHere(shared: SharedFrames, signal: AbortSignal): Promise<RowPart> {
  const reader = createGraphReader(shared);
  try {
    while (reader.readSome()) {
      // Lets Ctrl-C in, and what is shown of the progress.
      await setImmediate();
      if (signal.aborted) throw new Interrupted();
    }
  } catch (error) {
    throw error instanceof Interrupted ? error : derivationsDamaged(error);
  }
  return reader.part();
}

async function readInThread(shared: SharedFrames, signal: AbortSignal): Promise<RowPart> {
  const thread = new Worker(new URL("./read-graph-thread.ts", import.meta.url), {
    workerData: shared,
    execArgv: [...nodeOptions()],
  });
  const { promise, resolve, reject } = Promise.withResolvers<RowPart>();
  const onAbort = () => reject(new Interrupted());
  signal.addEventListener("abort", onAbort, { once: true });
  thread.once("message", (result: ThreadResult) => {
    if (result.ok) resolve(result.part);
    else reject(derivationsDamaged(result.trouble));
  });
  thread.once("error", reject);
  thread.once("exit", (code) => reject(derivationsDamaged(`a thread ended with ${code}`)));
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", onAbort);
    await thread.terminate();
  }
}
