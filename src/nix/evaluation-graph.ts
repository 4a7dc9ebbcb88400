/**
 * The graph of an evaluation, kept beside it: made when somebody first asks, in this process or an earlier one. One that is
 * damaged, or of another format, is made anew.
 */
import { join } from "node:path";
import type { DerivationGraph } from "../domain/graph/graph.ts";
import { decodeGraph, encodeGraph } from "../domain/graph/graph-bytes.ts";
import { derivationsDamaged } from "./evaluation-damage.ts";
import type { OpenEvaluation } from "./evaluation-store.ts";
import { PACKS } from "./pack/pack-format.ts";
import { listFrames, type PlacedFrame } from "./pack/pack-reader.ts";
import { readGraph } from "./read-graph.ts";
import { readSealedBytes, writeSealedBytes } from "./sealed-file.ts";

const GRAPH = "graph.zst";

/**
 * @param directory of an evaluation
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function evaluationGraph(directory: string, signal: AbortSignal): Promise<DerivationGraph> {
  const file = join(directory, GRAPH);
  const bytes = await readSealedBytes(file);
  const known = bytes && decodeGraph(bytes);
  if (known !== undefined) return known;
  const graph = await readGraph(await framesIn(directory), signal);
  // What cannot be kept, on a full disk say, can be made again.
  await writeSealedBytes(file, encodeGraph(graph)).catch(() => undefined);
  return graph;
}

async function framesIn(directory: string): Promise<readonly PlacedFrame[]> {
  const frames = await listFrames(join(directory, PACKS));
  if (frames === undefined) throw derivationsDamaged("the list of them is missing or damaged");
  return frames;
}

/**
 * The graph of what an evaluation wrote itself, which is as good as nothing beside what it took over.
 * @throws EnvironmentError evaluation-damaged; Interrupted
 */
export async function newGraph(
  { directory, frames }: OpenEvaluation,
  signal: AbortSignal,
): Promise<DerivationGraph> {
  const own = frames.at(-1)?.file;
  if (frames.every(({ file }) => file === own)) return evaluationGraph(directory, signal);
  return readGraph(
    frames.filter(({ file }) => file === own),
    signal,
  );
}
