/** A thread of `read-graph.ts`: reads frames for as long as there are any, and sends what it has read. */
import { parentPort } from "node:worker_threads";
import type { RowPart } from "../domain/graph/rows.ts";
import { createGraphReader, type SharedFrames } from "./graph-frames.ts";

export type ThreadResult =
  | { readonly ok: true; readonly part: RowPart }
  | { readonly ok: false; readonly trouble: string };

parentPort?.once("message", (shared: SharedFrames) => parentPort?.postMessage(read(shared)));

function read(shared: SharedFrames): ThreadResult {
  try {
    const reader = createGraphReader(shared);
    while (reader.readSome());
    return { ok: true, part: reader.part() };
  } catch (error) {
    return { ok: false, trouble: error instanceof Error ? error.message : String(error) };
  }
}
