/** Reads the packed derivations of a directory into a graph, once, and says as JSON how long it took. Alone, so that its memory can be seen. */
import { listFrames } from "../src/nix/pack/pack-reader.ts";
import { readGraph } from "../src/nix/read-graph.ts";

const started = performance.now();
const graph = await readGraph((await listFrames(process.argv[2] ?? "")) ?? [], new AbortController().signal);
const seconds = (performance.now() - started) / 1000;
const edges = graph.inputs.values.length;
process.stdout.write(JSON.stringify({ seconds, derivations: graph.paths.length, edges }));
