/**
 * Writes a pack. Everything happens at once and on the calling thread, which serves evaluators that wait for it: collecting
 * costs a copy, and a frame every few hundred derivations some milliseconds.
 */
import { hash } from "node:crypto";
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { constants, zstdCompressSync } from "node:zlib";
import { writeSealed } from "../sealed-file.ts";
import { type Frame, indexFile, type PackIndex, type PackPlace, packFile } from "./pack-format.ts";
import { readFrame, spansOf } from "./pack-reader.ts";

const FRAME_BYTES = 1024 * 1024;
/** The fastest: a better one would save a tenth, and somebody waits. */
const COMPRESSION = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

export class PackWriter {
  readonly #directory: string;
  readonly #number: number;
  readonly #path: string;
  readonly #file: number;
  readonly #frames: Frame[] = [];
  #at = 0;
  /** Of the frame that comes next. */
  #names: string[] = [];
  #lengths: number[] = [];
  #texts = Buffer.allocUnsafe(FRAME_BYTES);
  #collected = 0;

  /** The directory is made where it is missing. @throws errors of the file system */
  constructor({ directory, number }: PackPlace) {
    mkdirSync(directory, { recursive: true });
    this.#directory = directory;
    this.#number = number;
    this.#path = join(directory, packFile(number));
    this.#file = openSync(this.#path, "wx", 0o600);
  }

  /**
   * @param name of the file it would be in, told once
   * @throws errors of the file system
   */
  add(name: string, text: Buffer): void {
    // One frame's room is used again and again: what is allocated for each text keeps the garbage collector at work.
    if (this.#collected + text.length > this.#texts.length && this.#collected > 0) this.#writeFrame();
    if (text.length > this.#texts.length) this.#texts = Buffer.allocUnsafe(text.length);
    text.copy(this.#texts, this.#collected);
    this.#names.push(name);
    this.#lengths.push(text.length);
    this.#collected += text.length;
  }

  /** Everything that was added, in order. @throws errors of the file system; Error it is not what was written */
  *texts(): Generator<readonly [name: string, text: Buffer]> {
    for (const frame of this.#frames) yield* textsIn(frame, readFrame({ ...frame, file: this.#path }));
    yield* textsIn({ names: this.#names, lengths: this.#lengths }, this.#texts);
  }

  /** Makes the pack complete; nothing can be added any more. @throws errors of the file system */
  async end(): Promise<void> {
    if (this.#collected > 0) this.#writeFrame();
    closeSync(this.#file);
    const index: PackIndex = { frames: this.#frames };
    await writeSealed(join(this.#directory, indexFile(this.#number)), index);
  }

  #writeFrame(): void {
    const packed = zstdCompressSync(this.#texts.subarray(0, this.#collected), COMPRESSION);
    for (let written = 0; written < packed.length; )
      written += writeSync(this.#file, packed, written, packed.length - written, this.#at + written);
    this.#frames.push({
      at: this.#at,
      bytes: packed.length,
      digest: hash("sha256", packed),
      names: this.#names,
      lengths: this.#lengths,
    });
    this.#at += packed.length;
    this.#names = [];
    this.#lengths = [];
    this.#collected = 0;
  }
}

function* textsIn(
  { names, lengths }: Pick<Frame, "names" | "lengths">,
  texts: Buffer,
): Generator<readonly [name: string, text: Buffer]> {
  const spans = [...spansOf(lengths)];
  for (const [place, name] of names.entries()) yield [name, texts.subarray(...(spans[place] ?? [0, 0]))];
}
