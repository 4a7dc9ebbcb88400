/**
 * The text files of a checkout, read one at a time when somebody asks.
 *
 * The checkout is a pull request's: links are not followed, and what is no text, or too big to be a program, is
 * as good as not there. Files are read synchronously because pure code asks for them.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { SourceTree } from "../domain/source-tree.ts";
import type { Checkout } from "../workflow/ports.ts";
import { failed } from "./check-out.ts";
import { git } from "./git-command.ts";
import type { Repository } from "./repository.ts";

/** nixpkgs' largest hand-written file has 1.4 MB; programs that join paths are far smaller. */
const MOST_BYTES = 2 * 2 ** 20;
/** Room for the names of some 500,000 files. */
const MOST_NAME_BYTES = 64 * 2 ** 20;

export async function readSourceTree(
  { commit, directory }: Checkout,
  repository: Repository,
  mirror: string,
  signal: AbortSignal,
): Promise<SourceTree> {
  const listed = await git([`--git-dir=${mirror}`, "ls-tree", "-r", "-z", "--full-tree", commit], {
    signal,
    keepBytes: MOST_NAME_BYTES,
  });
  if (listed.exitCode !== 0) throw failed(commit, listed, repository);
  const files = listed.stdout
    .split("\0")
    .flatMap((line) => /^100\d{3} blob [0-9a-f]+\t(.+)$/s.exec(line)?.[1] ?? []);
  const known = new Map<string, string | undefined>();
  const listedFiles = new Set(files);
  return {
    files: files.sort(),
    read(path) {
      if (!listedFiles.has(path)) return undefined;
      if (!known.has(path)) known.set(path, readText(join(directory, path)));
      return known.get(path);
    },
  };
}

function readText(file: string): string | undefined {
  let handle: number;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined; // A link, or a name this file system cannot hold.
  }
  try {
    const stats = fstatSync(handle);
    if (!stats.isFile() || stats.size > MOST_BYTES) return undefined;
    const content = readFileSync(handle);
    return content.includes(0) ? undefined : content.toString("utf8");
  } finally {
    closeSync(handle);
  }
}
