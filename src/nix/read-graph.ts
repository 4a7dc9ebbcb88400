/**
 * The graph of all derivations in a store directory, read from their files by several threads.
 *
 * Reading tens of thousands of small files is a matter of system calls; waiting for each costs several times as much. So
 * threads of their own read synchronously (`read-graph-thread.ts`), and this one only puts their parts together.
 */
import { readdir } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import { decodeGraph } from "../domain/graph/graph-bytes.ts";
import { mergeGraphs } from "../domain/graph/merge-graphs.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { GraphPart, GraphPartRequest } from "./read-graph-thread.ts";

/** Below it a thread takes longer to start than to read. */
const FILES_PER_THREAD = 2_000;
const MOST_THREADS = 4;

/**
 * @param directory holds `.drv` files as Nix names them; everything else in it is passed over
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function readGraph(directory: string, signal: AbortSignal): Promise<DerivationGraph> {
  const names = (await readdir(directory)).filter((name) => name.endsWith(".drv")).sort();
  const threads = Math.max(
    1,
    Math.min(availableParallelism(), MOST_THREADS, Math.floor(names.length / FILES_PER_THREAD)),
  );
  const each = Math.ceil(names.length / threads);
  const parts = Array.from({ length: threads }, (_, index) => names.slice(index * each, (index + 1) * each));
  return mergeGraphs(await Promise.all(parts.map((part) => readPart({ directory, names: part }, signal))));
}

function readPart(request: GraphPartRequest, signal: AbortSignal): Promise<DerivationGraph> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("./read-graph-thread.ts", import.meta.url), { workerData: request });
    const onAbort = () => {
      reject(new Interrupted());
      void thread.terminate();
    };
    signal.addEventListener("abort", onAbort, { once: true });
    thread.once("message", (part: GraphPart) => {
      const graph = part.ok ? decodeGraph(part.bytes) : undefined;
      if (graph === undefined) reject(damaged(part.ok ? "a part of the graph was lost" : part.trouble));
      else resolve(graph);
    });
    thread.once("error", reject);
    thread.once("exit", (code) => {
      signal.removeEventListener("abort", onAbort);
      reject(damaged(`a thread ended with ${code}`));
    });
  });
}

function damaged(what: string): EnvironmentError {
  return new EnvironmentError(
    "evaluation-damaged",
    `the derivations of an evaluation cannot be read (${what})`,
    "Something changed the data directory while it was in use. Run the check again; the tree is evaluated anew.",
    { retryable: true },
  );
}
