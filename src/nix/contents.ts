/**
 * Contents: what a built consumer holds, as far as kernels are concerned (see `ConsumerContents`).
 *
 * A consumer may be a tree of links, a script, an initrd, an archive of any of these. Names of modules are gathered wherever
 * they are; a part that could not be read makes the whole `incomplete`, so that nobody compares a lower bound.
 */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import type { ConsumerContents } from "../domain/consumer-contents.ts";
import type { StorePath } from "../domain/evaluation.ts";
import { Interrupted } from "../errors.ts";
import { archiveFormat, HEAD_BYTES, opaqueFormat } from "./archive-format.ts";
import { type ArchiveBudget, archiveBudget, listArchive } from "./archives.ts";
import { createDecompressor, type Decompressor } from "./decompress.ts";
import type { FactCache } from "./fact-cache.ts";
import { MOST_ENTRIES } from "./file-list.ts";
import { pathSizes } from "./measure.ts";
import { moduleOfFile } from "./modules.ts";
import { type OutputTree, type TreeFile, walkOutput } from "./output-tree.ts";
import { resolveInStore } from "./store-links.ts";
import { storeMentions } from "./store-mentions.ts";

const TEXT_BYTES = 1024 * 1024;
/** Compressed size of an archive that is looked into. */
const ARCHIVE_FILE_BYTES = 1024 ** 3;
const MOST_MENTIONS = 10_000;

/** @throws EnvironmentError store-trouble; Interrupted */
export function readContents(
  facts: FactCache,
  output: StorePath,
  temporaryDirectory: string,
  signal: AbortSignal,
): Promise<ConsumerContents> {
  return facts.remember("contents", [output], async () => {
    const tree = await walkOutput(output, signal);
    const files = await readFiles(tree, createDecompressor(temporaryDirectory, signal), signal);
    const names = [...tree.listing, ...files.archived].flatMap((path) => moduleOfFile(path)?.name ?? []);
    const [trouble] = [...(tree.tooMany ? [`it has over ${MOST_ENTRIES} files`] : []), ...files.troubles];
    return {
      path: output,
      modules: [...new Set(names)].sort(),
      dangling: tree.dangling,
      named: await withExistence(files.mentions),
      listing: tree.listing,
      ...(await pathSizes(output, signal)),
      ...(trouble === undefined ? {} : { incomplete: trouble }),
    };
  });
}

interface MentionIn {
  readonly path: string;
  readonly inFile: string;
  readonly line: number;
}

interface Reading {
  /** Names inside archives. */
  readonly archived: string[];
  readonly mentions: MentionIn[];
  readonly troubles: string[];
}

async function readFiles(
  tree: OutputTree,
  decompressor: Decompressor,
  signal: AbortSignal,
): Promise<Reading> {
  const reading: Reading = { archived: [], mentions: [], troubles: [] };
  const budget = archiveBudget();
  for (const file of tree.files) {
    if (signal.aborted) throw new Interrupted();
    // A module's compression is its own affair, and its bytes name nothing.
    if (moduleOfFile(file.path) !== undefined) continue;
    await readFile(file, reading, decompressor, budget);
  }
  return reading;
}

async function readFile(
  file: TreeFile,
  reading: Reading,
  decompressor: Decompressor,
  budget: ArchiveBudget,
): Promise<void> {
  await using handle = await openRegular(file.real);
  if (handle === undefined) {
    reading.troubles.push(`${file.path} cannot be read`);
    return;
  }
  const { size } = await handle.stat();
  const head = await readHead(handle);
  const opaque = opaqueFormat(head);
  if (opaque !== undefined) reading.troubles.push(`${file.path} is a ${opaque}, which is not read`);
  else if (archiveFormat(head) !== undefined) {
    await readArchive(file, handle, size, reading, decompressor, budget);
  } else if (file.own && size <= TEXT_BYTES && !head.includes(0)) {
    const text = await handle.readFile("utf8");
    if (!text.includes("\0")) noteMentions(file.path, text, reading);
  }
}

async function readArchive(
  file: TreeFile,
  handle: FileHandle,
  size: number,
  reading: Reading,
  decompressor: Decompressor,
  budget: ArchiveBudget,
): Promise<void> {
  if (size > ARCHIVE_FILE_BYTES) {
    reading.troubles.push(`${file.path} is larger than ${ARCHIVE_FILE_BYTES} bytes`);
    return;
  }
  const listing = await listArchive(await handle.readFile(), decompressor, budget);
  for (const name of listing?.names ?? []) reading.archived.push(name);
  if (listing?.incomplete !== undefined) reading.troubles.push(`${file.path}: ${listing.incomplete}`);
}

function noteMentions(inFile: string, text: string, reading: Reading): void {
  for (const mention of storeMentions(text)) {
    if (reading.mentions.length === MOST_MENTIONS) return;
    reading.mentions.push({ ...mention, inFile });
  }
}

/** `undefined` unless it is a regular file; links and pipes are never opened. */
async function openRegular(path: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const handle = await open(path, flags).catch(() => undefined);
  if (handle === undefined || (await handle.stat()).isFile()) return handle;
  await handle.close();
  return undefined;
}

/** The first bytes; leaves the position of the handle alone. */
async function readHead(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

async function withExistence(mentions: readonly MentionIn[]): Promise<ConsumerContents["named"]> {
  const exists = new Map<string, boolean>();
  for (const { path } of mentions) {
    if (!exists.has(path)) exists.set(path, (await resolveInStore(path)).kind !== "missing");
  }
  return mentions
    .map((mention) => ({ ...mention, exists: exists.get(mention.path) ?? false }))
    .sort((a, b) => compare(a.path, b.path) || compare(a.inFile, b.inFile) || a.line - b.line);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
