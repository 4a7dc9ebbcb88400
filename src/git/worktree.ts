/**
 * A tree as files: a directory with `tree/` and, beside it, git's index of it.
 *
 * The same command lays a tree out in an empty one and changes another tree into it: git compares its index with the
 * tree and writes and removes what differs, for which it needs no object of the other tree.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type RunResult, run } from "../process.ts";
import { git } from "./git-command.ts";

export interface Place {
  /** Holds `tree/`, `index`, and where it may be kept the record of what it is (`worktree-pool.ts`). */
  readonly directory: string;
}

export const RECORD = "record.json";

export function recordOf({ directory }: Place): string {
  return join(directory, RECORD);
}

export function filesIn({ directory }: Place): string {
  return join(directory, "tree");
}

/** Its exit status says whether the files are those of `tree`; after a failure they may be of no tree at all. */
export function readTree(
  tree: string,
  place: Place,
  mirror: string,
  signal: AbortSignal,
): Promise<RunResult> {
  const files = filesIn(place);
  return git([`--git-dir=${mirror}`, `--work-tree=${files}`, "read-tree", "--reset", "-u", tree], {
    signal,
    cwd: files,
    env: { GIT_INDEX_FILE: join(place.directory, "index") },
  });
}

/** By a program: Node takes twice the time for as many files. What that leaves, if anything, goes here. */
export async function removePlace({ directory }: Place): Promise<void> {
  const unstoppable = new AbortController().signal;
  await run("rm", ["-rf", "--", directory], { signal: unstoppable }).catch(() => undefined);
  await rm(directory, { recursive: true, force: true, maxRetries: 3 });
}
