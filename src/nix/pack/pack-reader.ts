/**
 * Reads packs. What an evaluation has lies in one or several of them; of a derivation that is in two, either will do, since its
 * name is made of its text.
 */
import { hash } from "node:crypto";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { zstdDecompressSync } from "node:zlib";
import { readSealed } from "../sealed-file.ts";
import { type Frame, indexFile, type PackIndex, packFile } from "./pack-format.ts";

/** No frame gets larger, other than by one huge derivation. */
const LARGEST_FRAME = 256 * 1024 * 1024;

/** A frame and the pack it is in. */
export interface PlacedFrame extends Frame {
  readonly file: string;
}

/** All frames below the directory; `undefined` where an index is missing or damaged. */
export async function listFrames(directory: string): Promise<readonly PlacedFrame[] | undefined> {
  const names = await readdir(directory).catch(() => []);
  const frames: PlacedFrame[] = [];
  for (const number of packNumbers(names)) {
    const index = (await readSealed(join(directory, indexFile(number)))) as PackIndex | undefined;
    if (index === undefined) return undefined;
    const file = join(directory, packFile(number));
    for (const frame of index.frames) frames.push({ ...frame, file });
  }
  return frames;
}

/** Numbers of the packs that these files belong to, ascending; one that lacks a file is among them. */
export function packNumbers(names: readonly string[]): number[] {
  const numbers = new Set(
    names.flatMap((name) => /^(\d+)\.(?:pack|index)$/.exec(name)?.[1] ?? []).map(Number),
  );
  return [...numbers].sort((a, b) => a - b);
}

type FrameToRead = Pick<PlacedFrame, "file" | "at" | "bytes" | "digest"> & {
  readonly lengths: Iterable<number>;
};

/** The texts of a frame, one after the other. @throws Error it is not what was written */
export function readFrame({ file, at, bytes, digest, lengths }: FrameToRead): Buffer {
  const packed = Buffer.allocUnsafe(bytes);
  const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let read = 0; read < bytes; ) {
      const more = readSync(handle, packed, read, bytes - read, at + read);
      if (more === 0) throw new Error(`${file} ends early`);
      read += more;
    }
  } finally {
    closeSync(handle);
  }
  if (hash("sha256", packed) !== digest) throw new Error(`${file} is damaged`);
  let whole = 0;
  for (const length of lengths) whole += length;
  if (whole > LARGEST_FRAME) throw new Error(`${file} has a frame of ${whole} bytes`);
  // In one piece; by itself Node takes 16 KiB at a time.
  const texts = zstdDecompressSync(packed, {
    chunkSize: Math.max(64, whole),
    maxOutputLength: Math.max(1, whole),
  });
  if (texts.length !== whole) throw new Error(`${file} is damaged`);
  return texts;
}

/** The files that frames are in, each once, in the order of the frames. */
export function filesOf(frames: readonly PlacedFrame[]): readonly string[] {
  return [...new Set(frames.map(({ file }) => file))];
}

/** Where each text of a frame begins and ends, in their order. */
export function* spansOf(lengths: Iterable<number>): Generator<readonly [from: number, to: number]> {
  let from = 0;
  for (const length of lengths) {
    yield [from, from + length];
    from += length;
  }
}

/** A derivation by its name; `undefined` where there is none. @throws Error it is not what was written */
export type PackedTexts = (name: string) => Buffer | undefined;

/** Frames kept decompressed: derivations are read in the order they were written, or nearly. */
const KEPT_FRAMES = 8;

export function readPacked(frames: readonly PlacedFrame[]): PackedTexts {
  // Of most evaluations no derivation is ever read.
  let places: ReturnType<typeof placesIn> | undefined;
  const kept = new Map<PlacedFrame, Buffer>();
  const textsOf = (frame: PlacedFrame) => {
    const texts = kept.get(frame) ?? readFrame(frame);
    kept.delete(frame);
    kept.set(frame, texts);
    for (const [oldest] of kept) if (kept.size > KEPT_FRAMES) kept.delete(oldest);
    return texts;
  };
  return (name) => {
    places ??= placesIn(frames);
    const place = places.get(name);
    return place && textsOf(place.frame).subarray(...place.span);
  };
}

function placesIn(frames: readonly PlacedFrame[]) {
  const places = new Map<string, { readonly frame: PlacedFrame; readonly span: readonly [number, number] }>();
  for (const frame of frames) {
    const spans = [...spansOf(frame.lengths)];
    for (const [place, name] of frame.names.entries()) {
      const span = spans[place];
      if (span !== undefined) places.set(name, { frame, span });
    }
  }
  return places;
}
