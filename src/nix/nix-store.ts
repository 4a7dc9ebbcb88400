/**
 * Calls of nix-store(1) on the build store.
 *
 * What trips people up: a call that fails here is never about the pull request; it is the machine's store that is in
 * trouble. Builds, where failing is a result, are run in `realise.ts`.
 */
import type { StorePath } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import { type RunOptions, type RunResult, run } from "../process.ts";

/** Arguments of one call: well below the 2 MiB Linux gives all of them, at 220 bytes for the longest path. */
const PATHS_PER_CALL = 4_000;

/** Arguments for nix(1), whose commands are behind a feature flag, lifted for one call only. */
export const NIX_COMMAND = ["--extra-experimental-features", "nix-command"] as const;

/** @throws EnvironmentError store-trouble, program-missing; Interrupted */
export async function nixStore(args: readonly string[], options: RunOptions): Promise<RunResult> {
  const result = await run("nix-store", args, options);
  if (result.exitCode === 0) return result;
  throw storeTrouble(`nix-store ${args[0] ?? ""}`, result);
}

export function storeTrouble(operation: string, result: RunResult): EnvironmentError {
  const said = result.stderr.trim().split("\n").slice(-3).join(" ").slice(0, 600);
  return new EnvironmentError(
    "store-trouble",
    `${operation} failed: ${said === "" ? `status ${result.exitCode ?? result.signal}` : said}`,
    "This is about the Nix store of this machine, not about what is checked.\nCheck that the store can be written (nix-store --verify tells whether it is damaged) and run again.",
    { retryable: true },
  );
}

/** Lines printed by a query about paths, asked in as many calls as needed. */
export async function queryPaths(
  query: readonly string[],
  paths: readonly StorePath[],
  signal: AbortSignal,
): Promise<string[]> {
  const lines: string[] = [];
  for (const chunk of chunks(paths)) {
    const { stdout } = await nixStore([...query, ...chunk], { signal, keepBytes: 64 * 1024 * 1024 });
    lines.push(...stdout.split("\n").filter((line) => line !== ""));
  }
  return lines;
}

function chunks<T>(items: readonly T[], size = PATHS_PER_CALL): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** Those of the paths that the build store does not have. */
export async function missingPaths(paths: readonly StorePath[], signal: AbortSignal): Promise<string[]> {
  const missing: string[] = [];
  for (const chunk of chunks(paths)) {
    // Prints what is missing and exits 0 with --print-invalid; without the flag one missing path is an error.
    const { stdout } = await nixStore(["--check-validity", "--print-invalid", ...chunk], { signal });
    missing.push(...stdout.split("\n").filter((line) => line !== ""));
  }
  return missing;
}
