/**
 * The files of one output, as they are: links are listed, never followed.
 */
import type { Dirent } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import type { StorePath } from "../domain/evaluation.ts";
import type { FileEntry } from "../domain/output-facts.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";

/** A kernel's development output has about 30,000. */
export const MOST_ENTRIES = 500_000;

/** Sorted by path. An output that is a single file has none. @throws EnvironmentError output-too-large */
export async function listFiles(output: StorePath, signal: AbortSignal): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  const directories = (await lstat(output)).isDirectory() ? [""] : [];
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    if (signal.aborted) throw new Interrupted();
    const below = directory === "" ? "" : `${directory}/`;
    const children = await readdir(`${output}/${directory}`, { withFileTypes: true });
    if (entries.length + children.length > MOST_ENTRIES) throw tooLarge(output);
    for (const entry of await Promise.all(children.map((child) => describe(output, below, child)))) {
      entries.push(entry);
      if (entry.type === "directory") directories.push(entry.path);
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** A name that is no valid UTF-8 cannot be looked up again; its size then is 0. */
async function describe(output: StorePath, below: string, child: Dirent): Promise<FileEntry> {
  const path = `${below}${child.name}`;
  const real = `${output}/${path}`;
  if (child.isSymbolicLink()) {
    const target = await readlink(real).catch(() => "");
    return { path, type: "link", size: 0, target };
  }
  if (child.isDirectory()) return { path, type: "directory", size: 0 };
  const status = await lstat(real).catch(() => undefined);
  return { path, type: "file", size: status?.size ?? 0 };
}

function tooLarge(output: StorePath): EnvironmentError {
  return new EnvironmentError(
    "output-too-large",
    `${output} holds more than ${MOST_ENTRIES} files`,
    "An output this large is not measured.",
  );
}
