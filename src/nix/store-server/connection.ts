/**
 * One evaluator's side of the store: Nix's worker protocol, as far as an evaluation needs it
 * (src/libstore/worker-protocol.hh, remote-store.cc and daemon.cc of https://github.com/NixOS/nix are its description).
 *
 * We say that we speak version 1.24. Every Nix from 2.4 on still speaks it to such a server, in one and the same form; up to
 * 2.25 it is also the cheaper one, since from 1.25 on these start a thread for each path they add.
 *
 * What is refused is told as an error, which costs the attribute that asked. A message we cannot read, or an operation
 * that is not ours, ends the connection after that: nobody knows where the next message begins.
 */
import type { StorePath } from "../../domain/evaluation.ts";
import { type PathInfo, Refusal, type ServedStore } from "./served-store.ts";
import { WholeReader, WireError, type WireReader, WireWriter } from "./wire.ts";

const CLIENT_MAGIC = 0x6e697863;
const SERVER_MAGIC = 0x6478696f;
const VERSION = (1 << 8) | 24;
const OLDEST_CLIENT = (1 << 8) | 24;

const SAID_ALL = 0x616c7473;
const SAID_ERROR = 0x63787470;

const OPERATION = {
  isValidPath: 1,
  addArchive: 7,
  addText: 8,
  ensurePath: 10,
  addTemporaryRoot: 11,
  setOptions: 19,
  describePath: 26,
  whichAreValid: 31,
  whichCanBeSubstituted: 32,
} as const;

/** A derivation of nixpkgs has at most a few MiB. */
export const TEXT_BYTES = 32 * 1024 * 1024;
const NAME_BYTES = 1024;
const SETTING_BYTES = 1024 * 1024;
const SETTINGS = 1_000;
/** Inputs of one derivation. */
const REFERENCES = 100_000;

export interface Connection {
  readonly reader: WireReader;
  send(message: Buffer): Promise<void> | undefined;
  /** Told what is not the other end's fault, before the other end is: `OverLimit`, errors of the file system. */
  trouble(error: unknown): void;
}

/** Serves until the other end is done. */
export async function serve(store: ServedStore, { reader, send, trouble }: Connection): Promise<void> {
  const call: Call = { store, reader, writer: new WireWriter() };
  try {
    await greet(call, send);
    while (!(await reader.atEnd((bytes) => answerAtOnce(call, send, bytes)))) {
      try {
        await answer(call, await reader.number());
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        refuse(call.writer, error.message);
      }
      await send(call.writer.bytes());
    }
  } catch (error) {
    if (!(error instanceof WireError)) trouble(error);
    refuse(call.writer, error instanceof Error ? error.message : String(error));
    await send(call.writer.bytes());
  }
}

/**
 * The two questions that are nearly all of them, where they are there as a whole and nothing is wrong: 50,000 for nixpkgs, with
 * somebody waiting for each. Everything else is left to `answer`.
 * @returns how many bytes they took
 */
function answerAtOnce({ store, writer }: Call, send: Connection["send"], bytes: Buffer): number {
  const reader = new WholeReader(bytes);
  let dealt = 0;
  for (;;) {
    const operation = reader.number();
    if (operation === OPERATION.addText) {
      const name = reader.text(NAME_BYTES);
      const contents = name === undefined ? undefined : reader.string(TEXT_BYTES);
      const references = contents === undefined ? undefined : reader.texts(REFERENCES, NAME_BYTES);
      const path = references && tryToAdd(store, name ?? "", contents ?? bytes, references);
      if (path === undefined) break;
      writer.number(SAID_ALL).string(path);
    } else if (operation === OPERATION.describePath) {
      const path = reader.text(NAME_BYTES);
      const info = path === undefined ? undefined : store.describe(path);
      if (info === undefined) break;
      writer.number(SAID_ALL).number(1);
      writePathInfo(writer, info);
    } else break;
    dealt = reader.at;
    // Nix asks for one thing at a time. Whoever asks for more than is taken waits like everybody else.
    if (send(writer.bytes()) !== undefined) break;
  }
  return dealt;
}

function tryToAdd(store: ServedStore, name: string, contents: Buffer, references: readonly string[]) {
  try {
    return store.addText(name, contents, references);
  } catch {
    // Told when it is tried again.
    return undefined;
  }
}

interface Call {
  readonly store: ServedStore;
  readonly reader: WireReader;
  readonly writer: WireWriter;
}

async function greet({ reader, writer }: Call, send: Connection["send"]): Promise<void> {
  if ((await reader.number()) !== CLIENT_MAGIC) throw new WireError("this is not Nix's worker protocol");
  await send(writer.number(SERVER_MAGIC).number(VERSION).bytes());
  const client = await reader.number();
  if (client < OLDEST_CLIENT || client >> 8 !== VERSION >> 8)
    throw new WireError(`version ${client >> 8}.${client & 255} of the protocol is not spoken here`);
  // Which processor to run on, obsolete, and whether to reserve room, obsolete.
  if ((await reader.number()) !== 0) await reader.number();
  await reader.number();
  await send(writer.number(SAID_ALL).bytes());
}

function refuse(writer: WireWriter, why: string): void {
  // What was put together before belongs to an answer that will not be given.
  writer.bytes();
  writer.number(SAID_ERROR).string(`the store of this evaluation: ${why}`).number(1);
}

async function answer({ store, reader, writer }: Call, operation: number): Promise<void> {
  const yes = (value: boolean) => writer.number(SAID_ALL).number(value ? 1 : 0);
  switch (operation) {
    case OPERATION.addText: {
      const name = await reader.text(NAME_BYTES);
      const contents = await reader.string(TEXT_BYTES);
      const path = store.addText(name, contents, await reader.texts(REFERENCES, NAME_BYTES));
      writer.number(SAID_ALL).string(path);
      return;
    }
    case OPERATION.addArchive: {
      writer.number(SAID_ALL).string(await addArchive(store, reader));
      return;
    }
    case OPERATION.describePath: {
      const info = store.describe(await reader.text(NAME_BYTES));
      yes(info !== undefined);
      if (info !== undefined) writePathInfo(writer, info);
      return;
    }
    case OPERATION.isValidPath:
      yes(store.has(await reader.text(NAME_BYTES)));
      return;
    case OPERATION.ensurePath: {
      const path = await reader.text(NAME_BYTES);
      if (!store.has(path))
        throw new Refusal(`there is no ${JSON.stringify(path)}, and nothing is built here`);
      yes(true);
      return;
    }
    case OPERATION.addTemporaryRoot:
      await reader.text(NAME_BYTES);
      yes(true);
      return;
    case OPERATION.whichAreValid: {
      const paths = await reader.texts(REFERENCES, NAME_BYTES);
      writer.number(SAID_ALL).strings(paths.filter((path) => store.has(path)));
      return;
    }
    case OPERATION.whichCanBeSubstituted:
      await reader.texts(REFERENCES, NAME_BYTES);
      writer.number(SAID_ALL).strings([]);
      return;
    case OPERATION.setOptions:
      await skipOptions(reader);
      writer.number(SAID_ALL);
      return;
    default:
      throw new WireError(
        `nothing is built, fetched or removed during an evaluation (operation ${operation})`,
      );
  }
}

/** Up to 1.24 a flat file comes as an archive too. Anything but a whole tree with SHA-256 says so in the second word. */
async function addArchive(store: ServedStore, reader: WireReader): Promise<StorePath> {
  const name = await reader.text(NAME_BYTES);
  const special = (await reader.number()) !== 0;
  const tree = (await reader.number()) !== 0;
  const algorithm = await reader.text(NAME_BYTES);
  if (special && algorithm !== "sha256") throw new WireError(`paths hashed with ${algorithm} are not taken`);
  return store.addArchive(name, special && !tree ? "flat" : "nar", reader);
}

/** None of Nix's settings means anything to us. */
async function skipOptions(reader: WireReader): Promise<void> {
  const numbers = 12;
  for (let at = 0; at < numbers; at += 1) await reader.number();
  const count = await reader.number();
  if (count > SETTINGS) throw new WireError(`${count} settings, where at most ${SETTINGS} are taken`);
  for (let at = 0; at < 2 * count; at += 1) await reader.string(SETTING_BYTES);
}

function writePathInfo(writer: WireWriter, info: PathInfo): void {
  const noDeriver = "";
  const neverRegistered = 0;
  const builtElsewhere = 0;
  writer.string(noDeriver).string(info.narHash).strings(info.references).number(neverRegistered);
  writer.number(info.narBytes).number(builtElsewhere).strings([]).string(info.contentAddress);
}
