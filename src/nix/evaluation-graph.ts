/**
 * The graph of an evaluation, kept beside it: made when somebody first asks, in this process or an earlier one. One that is
 * damaged, or of another format, is made anew.
 */
import { join } from "node:path";
import { type DerivationGraph, nodeOf } from "../domain/graph/graph.ts";
import { decodeGraph, encodeGraph } from "../domain/graph/graph-bytes.ts";
import { reachableFrom } from "../domain/graph/reachable.ts";
import type { OpenEvaluation } from "./evaluation-store.ts";
import { filesOf } from "./pack/pack-reader.ts";
import { readGraph } from "./read-graph.ts";
import { readSealedBytes, writeSealedBytes } from "./sealed-file.ts";

const GRAPH = "graph.zst";

export type GraphSource = Pick<OpenEvaluation, "directory" | "frames" | "evaluation">;

/** @throws EnvironmentError evaluation-damaged; Interrupted */
export async function evaluationGraph(opened: GraphSource, signal: AbortSignal): Promise<DerivationGraph> {
  const { directory, frames } = opened;
  const file = join(directory, GRAPH);
  const bytes = await readSealedBytes(file);
  const known = bytes && decodeGraph(bytes);
  if (known !== undefined) return known;
  const all = await readGraph(frames, signal);
  const graph = filesOf(frames).length > 1 ? needed(all, opened) : all;
  // What cannot be kept, on a full disk say, can be made again.
  await writeSealedBytes(file, encodeGraph(graph)).catch(() => undefined);
  return graph;
}

/** What was taken over from another evaluation may not be needed here. */
function needed(graph: DerivationGraph, { evaluation }: GraphSource): DerivationGraph {
  const roots = evaluation.attrs.flatMap(([, result]) =>
    result.ok ? (nodeOf(graph, result.drv) ?? []) : [],
  );
  return reachableFrom(graph, roots);
}

/**
 * The graph of what an evaluation wrote itself, which is as good as nothing beside what it took over.
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function newGraph(opened: GraphSource, signal: AbortSignal): Promise<DerivationGraph> {
  const { frames } = opened;
  const files = filesOf(frames);
  if (files.length <= 1) return evaluationGraph(opened, signal);
  const own = files.at(-1);
  return readGraph(
    frames.filter(({ file }) => file === own),
    signal,
  );
}
