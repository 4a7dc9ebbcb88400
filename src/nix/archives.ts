/**
 * Looks into archives for names: cpio and tar, compressed or not, one inside the other, several one after the other.
 *
 * Only names matter here, so contents are opened only where they are archives again. A module that is itself compressed is a
 * name and stays closed. Everything counts against one budget; what did not fit or was damaged is told, since counts are
 * lower bounds then.
 */
import { Readable } from "node:stream";
import { extract } from "tar-stream";
import { archiveFormat, opaqueFormat } from "./archive-format.ts";
import { type CompressedFormat, runEnd, skipZeros } from "./compressed-run.ts";
import { readCpio } from "./cpio.ts";
import type { Decompressor } from "./decompress.ts";
import { moduleOfFile } from "./modules.ts";

/** An initrd in an image in a tar archive is three. */
const DEEPEST = 4;
/** Decompressed bytes of one archive; a large initrd has 500 MB. */
const ARCHIVE_BYTES = 1024 ** 3;

/** What one look at an output may cost, archives together. */
export interface ArchiveBudget {
  bytes: number;
  names: number;
}

export const archiveBudget = (): ArchiveBudget => ({ bytes: 4 * 1024 ** 3, names: 500_000 });

export interface ArchiveListing {
  /** Names of all entries, as written. */
  readonly names: readonly string[];
  readonly incomplete?: string;
}

/** `undefined` where the bytes are no archive. */
export async function listArchive(
  bytes: Buffer,
  decompressor: Decompressor,
  budget: ArchiveBudget,
): Promise<ArchiveListing | undefined> {
  const names: string[] = [];
  const troubles: string[] = [];
  const isArchive = await look({ bytes, decompressor, budget, names, troubles }, 0);
  if (!isArchive) return undefined;
  const [trouble] = troubles;
  return trouble === undefined ? { names } : { names, incomplete: trouble };
}

interface Look {
  readonly bytes: Buffer;
  readonly decompressor: Decompressor;
  readonly budget: ArchiveBudget;
  readonly names: string[];
  readonly troubles: string[];
}

/** True if these bytes begin with an archive, or with compressed data that holds one. */
async function look(at: Look, depth: number): Promise<boolean> {
  let isArchive = false;
  for (let offset = 0; offset < at.bytes.length; offset = skipZeros(at.bytes, offset)) {
    const format = archiveFormat(at.bytes, offset);
    if (format === undefined) {
      const opaque = offset === 0 ? opaqueFormat(at.bytes) : undefined;
      if (opaque !== undefined && depth > 0) at.troubles.push(`${opaque} inside is not read`);
      if (isArchive) at.troubles.push("data follows that is no archive");
      return isArchive;
    }
    const end = await lookAtPart(at, offset, format, depth);
    if (end === undefined) return isArchive;
    isArchive = true;
    offset = end;
  }
  return isArchive;
}

/** Returns where the part ends; `undefined` where it is no archive or the rest cannot be read. */
async function lookAtPart(
  at: Look,
  offset: number,
  format: NonNullable<ReturnType<typeof archiveFormat>>,
  depth: number,
): Promise<number | undefined> {
  if (format === "cpio") return lookAtCpio(at, offset, depth);
  if (format === "tar") return lookAtTar(at, offset, depth);
  return lookAtCompressed(at, offset, format, depth);
}

async function lookAtCpio(at: Look, offset: number, depth: number): Promise<number> {
  const archive = readCpio(at.bytes, offset, at.budget.names);
  for (const { name, content } of archive.entries) await takeEntry(at, name, content, depth);
  if (!archive.damaged) return archive.end;
  at.troubles.push(at.budget.names <= 0 ? "it holds too many files" : "a cpio archive is damaged");
  return at.bytes.length;
}

async function lookAtTar(at: Look, offset: number, depth: number): Promise<number> {
  const unpack = extract();
  const source = Readable.from([at.bytes.subarray(offset)]);
  // A source that fails would leave the loop below waiting; this one is a buffer and cannot.
  source.pipe(unpack);
  try {
    for await (const entry of unpack) {
      const chunks: Buffer[] = [];
      for await (const chunk of entry) chunks.push(chunk as Buffer);
      await takeEntry(at, entry.header.name, Buffer.concat(chunks), depth);
    }
  } catch {
    at.troubles.push("a tar archive is damaged");
  }
  return at.bytes.length;
}

async function takeEntry(at: Look, name: string, content: Buffer, depth: number): Promise<void> {
  if (at.budget.names <= 0) {
    at.troubles.push("it holds too many files");
    return;
  }
  at.budget.names -= 1;
  at.names.push(name);
  if (depth >= DEEPEST || moduleOfFile(name) !== undefined) return;
  await look({ ...at, bytes: content }, depth + 1);
}

async function lookAtCompressed(
  at: Look,
  offset: number,
  format: CompressedFormat,
  depth: number,
): Promise<number | undefined> {
  const limit = Math.min(ARCHIVE_BYTES, at.budget.bytes);
  const end = await runEnd(at.bytes, offset, format, limit);
  const inside = end && (await at.decompressor.one(format, at.bytes.subarray(offset, end), limit));
  if (end === undefined || inside === undefined || inside === 0) {
    // Whether there was an archive inside is not known, so it has to be assumed.
    at.troubles.push(`${format} data is damaged, or larger than ${limit} bytes`);
    return at.bytes.length;
  }
  at.budget.bytes -= inside.length;
  if (depth >= DEEPEST) return end;
  return (await look({ ...at, bytes: inside }, depth + 1)) ? end : undefined;
}
