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
import type { DrvPath } from "../domain/evaluation.ts";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import { fillIndex, slotsFor } from "../domain/graph/name-index.ts";
import { joinRows, type RowPart } from "../domain/graph/rows.ts";
import { Interrupted } from "../errors.ts";
import { nodeOptions } from "../node-options.ts";
import { derivationsDamaged } from "./evaluation-damage.ts";
import { createGraphReader, NOBODY, type SharedFrames } from "./graph-frames.ts";
import type { PlacedFrame } from "./pack/pack-reader.ts";
import type { ThreadResult } from "./read-graph-thread.ts";
import { STORE_DIRECTORY } from "./store-path.ts";

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
  const others =
    Math.min(availableParallelism(), MOST_THREADS, Math.ceil(frames.length / FRAMES_PER_THREAD)) - 1;
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const numbered = Promise.withResolvers<SharedFrames>();
  // They start while the derivations are numbered.
  const helping = Promise.all(Array.from({ length: others }, () => readInThread(numbered.promise, either)));
  helping.catch(() => undefined);
  try {
    const names = [...new Set(frames.flatMap(({ names }) => names))].sort();
    const shared = shareFrames(frames, names);
    numbered.resolve(shared);
    const parts = await Promise.all([readHere(shared, signal), helping]);
    const paths = names.map((name) => `${STORE_DIRECTORY}/${name}` as DrvPath);
    return joinRows(paths, parts.flat());
  } catch (error) {
    stop.abort();
    throw error;
  }
}

/** @param derivations their names, sorted */
function shareFrames(frames: readonly PlacedFrame[], derivations: readonly string[]): SharedFrames {
  const text = Buffer.from(derivations.join(""), "latin1");
  const bytes = new Uint8Array(new SharedArrayBuffer(text.length));
  bytes.set(text);
  const starts = numbers(derivations.length + 1);
  for (const [node, name] of derivations.entries()) starts[node + 1] = (starts[node] ?? 0) + name.length;
  const slots = numbers(slotsFor(derivations.length));
  const index = { bytes, starts, slots };
  fillIndex(index);

  const nodes = new Map(derivations.map((name, node) => [name, node]));
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
  if (signal.aborted) throw new Interrupted();
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

async function readInThread(shared: Promise<SharedFrames>, signal: AbortSignal): Promise<RowPart> {
  if (signal.aborted) throw new Interrupted();
  const thread = new Worker(new URL("./read-graph-thread.ts", import.meta.url), {
    execArgv: [...nodeOptions()],
  });
  void shared.then((frames) => thread.postMessage(frames));
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
