/**
 * Options for starting our own TypeScript once more, in another process or thread.
 *
 * A Node that was built without type stripping, as Debian's is, has been told by `bin/modprobot` to import what does it
 * instead; whatever else it was started with may not suit a thread or a limit of memory, and is left out.
 */
const QUIET = "--disable-warning=ExperimentalWarning";

export function nodeOptions(features = process.features, started = process.execArgv): readonly string[] {
  if (features.typescript) return [QUIET];
  return [
    QUIET,
    ...started.flatMap((word, at) => (word === "--import" ? [word, started[at + 1] ?? ""] : [])),
  ];
}
