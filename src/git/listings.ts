/**
 * What git lists of a tree, and `find` of a directory. By way of files, since names are bytes, and up to a size: whoever
 * made a tree may have made it to be listed for ever.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Interrupted } from "../errors.ts";
import { type RunResult, run } from "../process.ts";
import { git } from "./git-command.ts";
import { FIND_FORMAT, parseTree, type TreeEntry } from "./tree-listing.ts";
import { type Place, RECORD } from "./worktree.ts";

/** Room for some 500,000 files. */
const MOST_BYTES = 64 * 2 ** 20;
const LIMITED = ["prlimit", `--fsize=${MOST_BYTES}`, "--"] as const;

/** Everything in a place but the record, as `FIND_FORMAT` says; undefined if that fails or is too much. @throws Interrupted */
export function listFiles(
  place: Place,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<Buffer | undefined> {
  const [program, ...words] = LIMITED;
  const all = ["find", ".", "-mindepth", "1", "-path", `./${RECORD}`, "-prune", "-o", "-printf", FIND_FORMAT];
  return outputOf(temporaryDirectory, (stdoutFile) =>
    run(program, [...words, ...all], { signal, stdoutFile, cwd: place.directory }),
  );
}

/** undefined if that fails or is too much. @throws Interrupted */
export async function listTree(
  { tree, mirror }: { readonly tree: string; readonly mirror: string },
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<readonly TreeEntry[] | undefined> {
  const words = [`--git-dir=${mirror}`, "ls-tree", "-r", "-z", "--full-tree", tree];
  const listed = await outputOf(temporaryDirectory, (stdoutFile) =>
    git(words, { signal, stdoutFile, through: LIMITED }),
  );
  return listed === undefined ? undefined : parseTree(listed);
}

async function outputOf(
  temporaryDirectory: string,
  start: (stdoutFile: string) => Promise<RunResult>,
): Promise<Buffer | undefined> {
  const file = join(temporaryDirectory, `list-${randomUUID()}`);
  try {
    const { exitCode } = await start(file);
    return exitCode === 0 ? await readFile(file) : undefined;
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    return undefined;
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}
