/**
 * Where compressed data ends inside a larger file: an initrd is several archives one after the other, each compressed in its
 * own way or not at all, and nothing but the compressed data itself says where one stops.
 *
 * Touches nothing but its bytes. A run is one or more streams of the same format with zeros in between; together they decompress to one whole.
 */
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { type ArchiveFormat, archiveFormat } from "./archive-format.ts";

const inflate = promisify(inflateRaw);
/** Node's 16 KiB would make a hundred thousand pieces of a large initrd. */
const CHUNK_BYTES = 1024 * 1024;

export type CompressedFormat = Extract<ArchiveFormat, "gz" | "xz" | "zst">;

/** End of the run of streams of that format at `start`; `undefined` where it is cut short or damaged. */
export async function runEnd(
  bytes: Buffer,
  start: number,
  format: CompressedFormat,
  limit: number,
): Promise<number | undefined> {
  let end = start;
  for (let at = start; archiveFormat(bytes, at) === format; at = skipZeros(bytes, end)) {
    const streamEnd = await ENDS[format](bytes, at, limit);
    if (streamEnd === undefined || streamEnd <= at || streamEnd > bytes.length) return undefined;
    end = streamEnd;
  }
  return end;
}

export function skipZeros(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] === 0) at += 1;
  return at;
}

type StreamEnd = (
  bytes: Buffer,
  start: number,
  limit: number,
) => Promise<number | undefined> | number | undefined;

const ENDS: Readonly<Record<CompressedFormat, StreamEnd>> = { gz: gzipEnd, xz: xzEnd, zst: zstdEnd };

/** RFC 1952: a header with optional parts, a deflate stream that knows its own end, eight bytes of trailer. */
async function gzipEnd(bytes: Buffer, start: number, limit: number): Promise<number | undefined> {
  const flags = bytes[start + 3] ?? 0;
  let at = start + 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue;
    const zero = bytes.indexOf(0, at);
    if (zero === -1) return undefined;
    at = zero + 1;
  }
  if ((flags & 2) !== 0) at += 2;
  try {
    // With `info` the engine comes along, and tells how much it used; Node's types do not know of it.
    const options = { info: true, maxOutputLength: limit, chunkSize: CHUNK_BYTES };
    const inflated: unknown = await inflate(bytes.subarray(at), options);
    return at + bytesUsed(inflated) + 8;
  } catch {
    return undefined;
  }
}

function bytesUsed(inflated: unknown): number {
  if (typeof inflated !== "object" || inflated === null || !("engine" in inflated)) return Number.NaN;
  const { engine } = inflated;
  const used =
    typeof engine === "object" && engine !== null && "bytesWritten" in engine
      ? engine.bytesWritten
      : Number.NaN;
  return Number(used);
}

/** RFC 8878, section 3.1.1: frames say how long each block is. */
function zstdEnd(bytes: Buffer, start: number): number | undefined {
  const descriptor = bytes[start + 4];
  if (descriptor === undefined) return undefined;
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const sizeBytes = [single ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0;
  const checksumBytes = (descriptor & 4) === 0 ? 0 : 4;
  let at = start + 5 + (single ? 0 : 1) + dictionaryBytes + sizeBytes;
  while (at + 3 <= bytes.length) {
    const header = bytes.readUIntLE(at, 3);
    const kind = (header >> 1) & 3;
    const size = header >> 3;
    // A run-length block is one byte, however much it stands for.
    at += 3 + (kind === 1 ? 1 : size);
    if (kind === 3) return undefined;
    if ((header & 1) === 1) return at + checksumBytes;
  }
  return undefined;
}

/**
 * The .xz format, section 2.1: a stream ends with a footer of twelve bytes: CRC32, size of the index before it, flags, "YZ". The
 * size of the data is nowhere else, so footers are looked for and believed if their checksum is right.
 */
function xzEnd(bytes: Buffer, start: number): number | undefined {
  for (
    let at = bytes.indexOf("YZ", start + 12, "latin1");
    at !== -1;
    at = bytes.indexOf("YZ", at + 1, "latin1")
  ) {
    const footer = at - 10;
    const end = at + 2;
    // Streams are made of words of four bytes.
    if ((end - start) % 4 !== 0 || footer <= start) continue;
    if (crc32(bytes.subarray(footer + 4, at)) === bytes.readUInt32LE(footer)) return end;
  }
  return undefined;
}
