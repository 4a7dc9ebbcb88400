/**
 * Nix archives: one file, link or directory tree as bytes, always the same bytes for the same tree
 * (https://nix.dev/manual/nix/latest/protocols/nix-archive).
 *
 * Unpacking is where hostile input becomes files. Only the one spelling Nix itself writes is taken; names are single
 * components in strictly ascending order, so nothing is unpacked twice and no link of the archive is ever on the way to
 * another entry; everything is created anew.
 */
import { createHash } from "node:crypto";
import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { WireError, type WireReader, WireWriter } from "./wire.ts";

const MAGIC = "nix-archive-1";
/** Linux's own limits, checked here since they are the archive's fault and not the disk's; paths get longer when they are moved. */
const NAME_BYTES = 255;
const PATH_BYTES = 3_600;
const TARGET_BYTES = 4_000;
const DEEPEST = 250;
/** Of the words of the format itself. */
const WORD_BYTES = 64;

/** Told before anything is written: the bytes of a piece, or 0 for a new entry. Throws where that is too much. */
export type Spend = (bytes: number) => void;

/**
 * Unpacks what the reader holds to a path that does not exist yet.
 * @throws WireError; errors of the file system
 */
export async function unpackNar(reader: WireReader, place: string, spend: Spend): Promise<void> {
  await expectWord(reader, MAGIC);
  await unpackNode({ reader, spend }, Buffer.from(place), 0);
}

interface Unpacking {
  readonly reader: WireReader;
  readonly spend: Spend;
}

async function unpackNode(to: Unpacking, place: Buffer, depth: number): Promise<void> {
  if (depth > DEEPEST || place.length > PATH_BYTES) throw new WireError("an archive is nested too deeply");
  const { reader } = to;
  to.spend(0);
  await expectWord(reader, "(");
  await expectWord(reader, "type");
  const type = await reader.text(WORD_BYTES);
  if (type === "regular") await unpackFile(to, place);
  else if (type === "symlink") await unpackLink(reader, place);
  else if (type === "directory") await unpackDirectory(to, place, depth);
  else throw new WireError(`an archive holds a ${JSON.stringify(type)}`);
}

async function unpackFile({ reader, spend }: Unpacking, place: Buffer): Promise<void> {
  let word = await reader.text(WORD_BYTES);
  const executable = word === "executable";
  if (executable) {
    await expectWord(reader, "");
    word = await reader.text(WORD_BYTES);
  }
  if (word !== "contents") throw new WireError(`an archive says ${JSON.stringify(word)} for contents`);
  const file = openSync(place, "wx", executable ? 0o555 : 0o444);
  try {
    await reader.pieces((piece) => {
      spend(piece.length);
      writeAll(file, piece);
    });
  } finally {
    closeSync(file);
  }
  await expectWord(reader, ")");
}

async function unpackLink(reader: WireReader, place: Buffer): Promise<void> {
  await expectWord(reader, "target");
  const target = await reader.string(TARGET_BYTES);
  if (target.length === 0 || target.includes(0)) throw new WireError("an archive holds a link to nowhere");
  symlinkSync(target, place);
  await expectWord(reader, ")");
}

async function unpackDirectory(to: Unpacking, place: Buffer, depth: number): Promise<void> {
  const { reader } = to;
  // Nix takes the right to write from directories too; ours are removed by whoever made them, not always root.
  mkdirSync(place, 0o755);
  let before = Buffer.alloc(0);
  for (;;) {
    const word = await reader.text(WORD_BYTES);
    if (word === ")") return;
    if (word !== "entry") throw new WireError(`an archive says ${JSON.stringify(word)} for an entry`);
    await expectWord(reader, "(");
    await expectWord(reader, "name");
    const name = Buffer.from(await reader.string(NAME_BYTES));
    if (!isEntryName(name) || Buffer.compare(before, name) >= 0)
      throw new WireError(`an archive holds an entry named ${JSON.stringify(name.toString("latin1"))}`);
    before = name;
    await expectWord(reader, "node");
    await unpackNode(to, below(place, name), depth + 1);
    await expectWord(reader, ")");
  }
}

const SLASH = Buffer.from("/");
const below = (place: Buffer, name: Buffer) => Buffer.concat([place, SLASH, name]);

function isEntryName(name: Buffer): boolean {
  const text = name.toString("latin1");
  return text !== "" && text !== "." && text !== ".." && !/[/\0]/.test(text);
}

async function expectWord(reader: WireReader, word: string): Promise<void> {
  const said = await reader.text(WORD_BYTES);
  if (said !== word)
    throw new WireError(`an archive says ${JSON.stringify(said)} for ${JSON.stringify(word)}`);
}

export function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

/** The archive of a regular file that is not executable. */
export function narOfText(contents: Buffer): Buffer {
  return Buffer.concat(piecesOfText(contents));
}

/** What such an archive holds; `undefined` for any other. */
export function textOfNar(nar: Buffer): Buffer | undefined {
  const from = BEFORE_TEXT.length + 8;
  if (nar.length < from || !nar.subarray(0, BEFORE_TEXT.length).equals(BEFORE_TEXT)) return undefined;
  const length = nar.readUInt32LE(BEFORE_TEXT.length);
  const after = Buffer.concat([PADDING.subarray(0, -length & 7), CLOSED]);
  const isWhole =
    nar.readUInt32LE(from - 4) === 0 &&
    nar.length === from + length + after.length &&
    nar.subarray(from + length).equals(after);
  return isWhole ? nar.subarray(from, from + length) : undefined;
}

/** What goes around the contents, put together once: there are tens of thousands of such archives. */
function piecesOfText(contents: Buffer): readonly Buffer[] {
  const length = Buffer.allocUnsafe(8);
  length.writeBigUInt64LE(BigInt(contents.length));
  return [BEFORE_TEXT, length, contents, PADDING.subarray(0, -contents.length & 7), CLOSED];
}

/** SHA-256 of that archive, in hexadecimal, and how many bytes it has. */
export function digestOfText(contents: Buffer): { readonly narHash: string; readonly narBytes: number } {
  const digest = createHash("sha256");
  let narBytes = 0;
  for (const piece of piecesOfText(contents)) {
    digest.update(piece);
    narBytes += piece.length;
  }
  return { narHash: digest.digest("hex"), narBytes };
}

const CLOSED = new WireWriter().string(")").bytes();
const BEFORE_TEXT = new WireWriter()
  .string(MAGIC)
  .string("(")
  .string("type")
  .string("regular")
  .string("contents")
  .bytes();
const PADDING = Buffer.alloc(8);

const PIECE_BYTES = 64 * 1024;

/** The archive of a tree on disk. What is no file, link or directory cannot be in one. */
export function* narOfTree(place: string | Buffer): Generator<Buffer> {
  yield new WireWriter().string(MAGIC).bytes();
  yield* narOfNode(Buffer.from(place));
}

function* narOfNode(place: Buffer): Generator<Buffer> {
  const status = lstatSync(place);
  const begin = new WireWriter().string("(").string("type");
  if (status.isSymbolicLink()) {
    yield begin.string("symlink").string("target").string(readlinkSync(place, "buffer")).string(")").bytes();
  } else if (status.isDirectory()) {
    yield begin.string("directory").bytes();
    for (const name of readdirSync(place, "buffer").sort(Buffer.compare)) {
      yield new WireWriter().string("entry").string("(").string("name").string(name).string("node").bytes();
      yield* narOfNode(below(place, name));
      yield CLOSED;
    }
    yield CLOSED;
  } else if (status.isFile()) {
    begin.string("regular");
    if (status.mode & 0o100) begin.string("executable").string("");
    yield begin.string("contents").number(status.size).bytes();
    yield* contentsOf(place, status.size);
    yield Buffer.alloc(-status.size & 7);
    yield CLOSED;
  } else throw new WireError(`${place} can be in no archive`);
}

/** Of a file, piece by piece; a link is not followed. */
export function* contentsOf(place: string | Buffer, size: number): Generator<Buffer> {
  const file = openSync(place, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    for (let left = size; left > 0; ) {
      const piece = Buffer.allocUnsafe(Math.min(left, PIECE_BYTES));
      const read = readSync(file, piece);
      if (read === 0) throw new WireError(`${place} changes while it is read`);
      left -= read;
      yield piece.subarray(0, read);
    }
  } finally {
    closeSync(file);
  }
}
