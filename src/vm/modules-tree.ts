/**
 * Reads the part of a built modules tree that a boot test needs: depmod's indexes, and the modules named with
 * all they depend on.
 *
 * The tree was built from a pull request. Nothing outside it is read, wherever its links and its indexes point;
 * sizes and counts are limited. What is absent is left to the guest's modprobe to find missing; what we refuse
 * to read is our trouble and thrown.
 */
import { constants } from "node:fs";
import { lstat, open, readdir, realpath } from "node:fs/promises";
import { join, sep } from "node:path";
import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { EnvironmentError } from "../errors.ts";
import { moduleFilesNeeded } from "./module-closure.ts";

export interface TreeFile {
  /** Below the root, `lib/modules/…`. */
  readonly path: string;
  readonly content: Buffer;
}

export interface ModulesTree {
  /** False: the root has no `lib/modules/<version>`. */
  readonly present: boolean;
  readonly files: readonly TreeFile[];
}

export type ModuleCompression = "gz" | "xz" | "zst";

const FILE_BYTES = 128 * 1024 * 1024;
const TOTAL_BYTES = 384 * 1024 * 1024;
const FILE_COUNT = 1_000;
const VERSION = /^[A-Za-z0-9][\w.+~-]{0,119}$/;
const INDEX_FILE = /^modules\.[a-z][a-z.]{0,40}$/;

/**
 * @param understood compressions the guest's modprobe reads; gz and zst are taken off for one that does not
 * @throws EnvironmentError modules-refused
 */
export async function readModulesTree(
  root: string,
  version: string,
  names: readonly string[],
  understood: ReadonlySet<ModuleCompression>,
): Promise<ModulesTree> {
  const nothing = { present: false, files: [] };
  if (!VERSION.test(version)) return nothing;
  const realRoot = await existing(root);
  const directory =
    realRoot === undefined ? undefined : await existing(join(realRoot, "lib/modules", version));
  if (realRoot === undefined || directory === undefined) return nothing;
  const read = createReader(realRoot);
  const prefix = `lib/modules/${version}`;
  if (!isInside(realRoot, directory)) throw refused(prefix, "it leads out of the output it belongs to");

  const files: TreeFile[] = [];
  for (const name of (await readdir(directory)).filter((entry) => INDEX_FILE.test(entry)).sort()) {
    const content = await read(join(directory, name), `${prefix}/${name}`);
    if (content !== undefined) files.push({ path: `${prefix}/${name}`, content });
  }
  const text = (name: string) =>
    files.find((file) => file.path === `${prefix}/${name}`)?.content.toString("utf8") ?? "";
  const indexes = {
    dep: text("modules.dep"),
    softdep: text("modules.softdep"),
    alias: text("modules.alias"),
  };
  const needed = moduleFilesNeeded(names, indexes).filter(isPlainPath);
  if (needed.length > FILE_COUNT) throw refused(prefix, `the modules asked for need ${needed.length} files`);
  for (const path of needed) {
    const content = await read(join(directory, path), `${prefix}/${path}`);
    if (content !== undefined) {
      files.push({ path: `${prefix}/${path}`, content: decompressed(content, path, understood) });
    }
  }
  return { present: true, files };
}

/** Reads regular files inside the root; undefined where there is none. */
function createReader(realRoot: string) {
  let total = 0;
  return async (path: string, shown: string): Promise<Buffer | undefined> => {
    const real = await existing(path);
    if (real === undefined) return undefined;
    if (!isInside(realRoot, real)) throw refused(shown, "it is a link out of the output it belongs to");
    const before = await lstat(real);
    if (!before.isFile()) return undefined;
    total += before.size;
    if (before.size > FILE_BYTES || total > TOTAL_BYTES)
      throw refused(shown, "the modules are too large for a boot test");
    await using file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW);
    const content = Buffer.alloc(before.size);
    const { bytesRead } = await file.read(content, 0, before.size, 0);
    return content.subarray(0, bytesRead);
  };
}

async function existing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    // A link that dangles or goes round in circles is as good as no file, for modprobe too.
    if (
      error instanceof Error &&
      "code" in error &&
      ["ENOENT", "ENOTDIR", "ELOOP"].includes(String(error.code))
    ) {
      return undefined;
    }
    throw error;
  }
}

function isInside(realRoot: string, real: string): boolean {
  return real === realRoot || real.startsWith(realRoot + sep);
}

function isPlainPath(path: string): boolean {
  return path.length <= 400 && path.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function refused(path: string, why: string): EnvironmentError {
  return new EnvironmentError(
    "modules-refused",
    `${path} cannot be taken into the test machine: ${why}`,
    "Such a tree is not booted; look at what the recipe installs there.",
  );
}

const MAGIC: readonly (readonly [ModuleCompression, Buffer])[] = [
  ["gz", Buffer.from([0x1f, 0x8b])],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ["zst", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
];

/**
 * Left as it is where the guest's modprobe reads it, since that is how users load it. kmod goes by a file's first
 * bytes and not by its name (libkmod-file.c), so a plain module may keep the name its index has.
 */
function decompressed(content: Buffer, path: string, understood: ReadonlySet<ModuleCompression>): Buffer {
  const compression = MAGIC.find(([, magic]) => content.subarray(0, magic.length).equals(magic))?.[0];
  if (compression === undefined || understood.has(compression)) return content;
  if (compression === "xz") {
    throw refused(path, "it is compressed with xz, which this machine's kmod does not read");
  }
  const decompress = compression === "gz" ? gunzipSync : zstdDecompressSync;
  try {
    return decompress(content, { maxOutputLength: FILE_BYTES });
  } catch {
    // Damaged, or a bomb: the guest's modprobe sees it as it is and says so.
    return content;
  }
}
