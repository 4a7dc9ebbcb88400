/** Parts of a graph, read apart, as one. A derivation that several parts know is the same in all of them. */
import type { DrvPath, OutputName } from "../evaluation.ts";
import { createGraphBuilder } from "./build-graph.ts";
import type { DerivationGraph } from "./graph.ts";

export function mergeGraphs(parts: readonly DerivationGraph[]): DerivationGraph {
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return only;
  const builder = createGraphBuilder();
  for (const part of parts)
    for (const [node, path] of part.paths.entries()) {
      const inputDrvs = inputsOf(part, node);
      // In a part that only met it as somebody's input it has none.
      if (inputDrvs.size > 0) builder.add(path, { inputDrvs });
      else builder.mention(path);
    }
  return builder.build();
}

function inputsOf(
  { paths, inputs: { starts, values }, selected, selections }: DerivationGraph,
  node: number,
): ReadonlyMap<DrvPath, readonly OutputName[]> {
  const inputs = new Map<DrvPath, readonly OutputName[]>();
  for (let edge = starts[node] ?? 0; edge < (starts[node + 1] ?? 0); edge += 1)
    inputs.set(paths[values[edge] ?? 0] as DrvPath, selections[selected[edge] ?? 0] ?? []);
  return inputs;
}
