/**
 * The modules of a built kernel, with the parameters that each one's file declares.
 *
 * Names are as modprobe says them: `-` and `_` are the same letter to it. Files are opened without following links, and
 * those that cannot be read have their parameters absent, not empty.
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import type { StorePath } from "../domain/evaluation.ts";
import type { Compression, ModuleFacts } from "../domain/kernel-facts.ts";
import type { FileEntry, OutputFacts } from "../domain/output-facts.ts";
import { Interrupted } from "../errors.ts";
import { createDecompressor, type Decompressor } from "./decompress.ts";
import type { FactCache } from "./fact-cache.ts";
import { moduleParameters } from "./module-info.ts";

/** The largest in-tree modules (amdgpu) have 25 MiB, with debugging information 500. */
const MODULE_BYTES = 64 * 1024 * 1024;
/** Files in memory at once. */
const AT_ONCE = 64;

const MODULE_FILE = /^(.+)\.ko(?:\.(gz|xz|zst))?$/;

/** Name and compression by the file's name; `undefined` where it is no module. */
export function moduleOfFile(
  file: string,
): { readonly name: string; readonly compression: Compression } | undefined {
  const match = MODULE_FILE.exec(file.slice(file.lastIndexOf("/") + 1));
  if (match?.[1] === undefined) return undefined;
  const compression = match[2] === "gz" || match[2] === "xz" || match[2] === "zst" ? match[2] : "none";
  return { name: match[1].replaceAll("-", "_"), compression };
}

export async function readModules(
  facts: FactCache,
  output: StorePath,
  version: string,
  measured: OutputFacts,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<readonly ModuleFacts[]> {
  return facts.remember("modules", [output, version], async () => {
    const below = `lib/modules/${version}/`;
    const files = measured.files.filter(({ path, type }) => type === "file" && path.startsWith(below));
    const found = files.flatMap((file) => moduleAt(file, below) ?? []);
    const decompressor = createDecompressor(temporaryDirectory, signal);
    const modules: ModuleFacts[] = [];
    for (let at = 0; at < found.length; at += AT_ONCE) {
      if (signal.aborted) throw new Interrupted();
      modules.push(
        ...(await withParameters(`${output}/${below}`, found.slice(at, at + AT_ONCE), decompressor)),
      );
    }
    return modules.sort((a, b) => (a.name < b.name || (a.name === b.name && a.path < b.path) ? -1 : 1));
  });
}

function moduleAt(file: FileEntry, below: string): ModuleFacts | undefined {
  const module = moduleOfFile(file.path);
  return module && { ...module, path: file.path.slice(below.length), size: file.size };
}

async function withParameters(
  directory: string,
  modules: readonly ModuleFacts[],
  decompressor: Decompressor,
): Promise<ModuleFacts[]> {
  const contents = await Promise.all(modules.map((module) => readBounded(`${directory}${module.path}`)));
  const parameters = new Map<ModuleFacts, readonly string[]>();
  for (const compression of ["none", "gz", "xz", "zst"] as const) {
    const here = modules.flatMap((module, index) => {
      const bytes = contents[index];
      return module.compression === compression && bytes !== undefined ? [{ module, bytes }] : [];
    });
    const elves = await decompressor.many(
      compression,
      here.map(({ bytes }) => bytes),
      MODULE_BYTES,
    );
    for (const [index, { module }] of here.entries()) {
      const elf = elves[index];
      const names = elf === undefined ? undefined : moduleParameters(elf);
      if (names !== undefined) parameters.set(module, names);
    }
  }
  return modules.map((module) => {
    const names = parameters.get(module);
    return names === undefined ? module : { ...module, parameters: names };
  });
}

/** `undefined` for a link, anything but a regular file, and one that is too large. */
async function readBounded(path: string): Promise<Buffer | undefined> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const status = await file.stat();
    return status.isFile() && status.size <= MODULE_BYTES ? await file.readFile() : undefined;
  } catch {
    return undefined;
  }
}
