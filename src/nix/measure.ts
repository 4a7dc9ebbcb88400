/**
 * Measure: sizes, references and files of built outputs.
 *
 * Sizes are those of the NAR serialisation, which Nix has in its database; they do not depend on the file system, and a
 * sparse file cannot cheat. All sums are of different store paths, each once.
 */
import type { OutputName, StorePath } from "../domain/evaluation.ts";
import type { OutputFacts } from "../domain/output-facts.ts";
import type { FactCache } from "./fact-cache.ts";
import { listFiles } from "./file-list.ts";
import { queryPaths } from "./nix-store.ts";

export interface PathSizes {
  readonly narSize: number;
  readonly closureSize: number;
}

/** @throws EnvironmentError store-trouble, output-too-large */
export async function measure(
  facts: FactCache,
  outputs: Readonly<Record<OutputName, StorePath>>,
  signal: AbortSignal,
): Promise<Record<OutputName, OutputFacts>> {
  const measured: [OutputName, OutputFacts][] = [];
  for (const [name, path] of Object.entries(outputs)) {
    measured.push([name, await facts.remember("measure", [path], () => measureOutput(path, signal))]);
  }
  return Object.fromEntries(measured);
}

async function measureOutput(path: StorePath, signal: AbortSignal): Promise<OutputFacts> {
  const sizes = await pathSizes(path, signal);
  const references = await queryPaths(["--query", "--references"], [path], signal);
  return {
    path,
    ...sizes,
    files: await listFiles(path, signal),
    references: references.filter((reference) => reference !== path).sort(),
  };
}

export async function pathSizes(path: StorePath, signal: AbortSignal): Promise<PathSizes> {
  const closure = await queryPaths(["--query", "--requisites"], [path], signal);
  // One number a line, in the order asked.
  const sizes = (await queryPaths(["--query", "--size"], [path, ...closure], signal)).map(Number);
  return { narSize: sizes[0] ?? 0, closureSize: sizes.slice(1).reduce((sum, size) => sum + size, 0) };
}
