/**
 * The tree that somebody using an output sees: its own files, and what its links into other store paths lead to.
 *
 * Own directories come first, then linked ones, nearest first; every directory and file is taken once, under the first name it
 * is found by. Links out of the store are named and not followed.
 */
import { lstat, readdir, readlink } from "node:fs/promises";
import type { StorePath } from "../domain/evaluation.ts";
import { Interrupted } from "../errors.ts";
import { MOST_ENTRIES } from "./file-list.ts";
import { resolveInStore } from "./store-links.ts";

export interface TreeFile {
  /** As seen from the output; "." where the output is a file itself. */
  readonly path: string;
  /** Where it really is, free of links. */
  readonly real: string;
  /** It lies in the output, not behind a link. */
  readonly own: boolean;
}

export interface OutputTree {
  /** Every path, directories and links included; sorted. */
  readonly listing: readonly string[];
  readonly files: readonly TreeFile[];
  /** Links of the output itself into the store, or beside themselves, that lead nowhere; sorted. */
  readonly dangling: readonly { readonly path: string; readonly target: string }[];
  readonly tooMany: boolean;
}

interface Directory {
  readonly path: string;
  readonly real: string;
  readonly own: boolean;
}

export async function walkOutput(output: StorePath, signal: AbortSignal): Promise<OutputTree> {
  const listing = new Set<string>();
  const files = new Map<string, TreeFile>();
  const dangling: { path: string; target: string }[] = [];
  const seen = new Set<string>();
  const own: Directory[] = [];
  const linked: Directory[] = [];

  const takeFile = (file: TreeFile) => {
    if (!files.has(file.real)) files.set(file.real, file);
  };
  const takeLink = async (path: string, real: string, isOwn: boolean) => {
    const end = await resolveInStore(real);
    if (end.kind === "directory") linked.push({ path, real: end.path, own: false });
    else if (end.kind === "file") takeFile({ path, real: end.path, own: false });
    else if (end.kind === "missing" && isOwn) dangling.push({ path, target: await readlink(real) });
  };
  const takeDirectory = async (directory: Directory) => {
    const below = directory.path === "" ? "" : `${directory.path}/`;
    const children = await readdir(directory.real, { withFileTypes: true });
    for (const child of children.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${below}${child.name}`;
      const real = `${directory.real}/${child.name}`;
      listing.add(path);
      if (child.isDirectory()) (directory.own ? own : linked).push({ path, real, own: directory.own });
      else if (child.isSymbolicLink()) await takeLink(path, real, directory.own);
      else if (child.isFile()) takeFile({ path, real, own: directory.own });
    }
  };

  const status = await lstat(output);
  if (status.isDirectory()) own.push({ path: "", real: output, own: true });
  else {
    listing.add(".");
    if (status.isFile()) takeFile({ path: ".", real: output, own: true });
    else await takeLink(".", output, true);
  }
  for (let next = own.shift() ?? linked.shift(); next !== undefined; next = own.shift() ?? linked.shift()) {
    if (signal.aborted) throw new Interrupted();
    if (listing.size > MOST_ENTRIES) break;
    if (seen.has(next.real)) continue;
    seen.add(next.real);
    await takeDirectory(next);
  }
  return {
    listing: [...listing].sort(),
    files: [...files.values()],
    dangling: dangling.sort((a, b) => (a.path < b.path ? -1 : 1)),
    tooMany: listing.size > MOST_ENTRIES,
  };
}
