/**
 * Takes in what evaluators leave in their binary caches, and removes it there: no evaluator waits for that, where one that is
 * served by a socket waits twice for each derivation, which on virtual machines takes as long as evaluating it.
 *
 * Nothing there is believed. A path is what its contents make it, links are not followed, and a path counts once everything it
 * refers to is there.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
} from "node:fs";
import { join } from "node:path";
import type { StorePath } from "../../domain/evaluation.ts";
import { TEXT_BYTES } from "../store-server/connection.ts";
import { textOfNar } from "../store-server/nar.ts";
import { Refusal, type ServedStore } from "../store-server/served-store.ts";
import { type Pieces, WireError, WireReader } from "../store-server/wire.ts";
import { ARCHIVES, ENDED } from "./cache-directory.ts";
import { NAR_INFO_FILE, type NarInfo, parseNarInfo } from "./nar-info.ts";

/** With what an archive adds to it. */
const ARCHIVE_BYTES = TEXT_BYTES + 1024;
const INFO_BYTES = 8 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

/** What is no file, a pipe say, is not waited for. */
const FILE = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

interface Found extends NarInfo {
  /** Its files. */
  readonly info: string;
  readonly archive: string;
}

export class Intake {
  readonly #store: ServedStore;
  readonly #directory: string;
  #buffer: Buffer = Buffer.allocUnsafe(PIECE_BYTES);
  #going: Promise<void> = Promise.resolve();

  /** @param directory of caches, one for each run of an evaluator */
  constructor(store: ServedStore, directory: string) {
    this.#store = store;
    this.#directory = directory;
  }

  /** Everything that is there now. @throws OverLimit; errors of the file system */
  takeIn(): Promise<void> {
    const next = this.#going.then(() => this.#takeAll());
    this.#going = next.catch(() => undefined);
    return next;
  }

  async #takeAll(): Promise<void> {
    for (const name of readdirSync(this.#directory)) {
      const cache = join(this.#directory, name);
      await this.#takeCache(cache);
      if (name.endsWith(ENDED)) rmSync(cache, { recursive: true, force: true });
    }
  }

  /** It may end and be called so in the midst of this. Then nothing is found any more where it was, and it is listed again. */
  async #takeCache(cache: string): Promise<void> {
    const archives = join(cache, ARCHIVES);
    if (!isDirectory(archives)) return;
    await this.#takeFound(this.#find(cache, archives));
  }

  #find(cache: string, archives: string): Found[] {
    return listed(cache).flatMap((name) => {
      if (!NAR_INFO_FILE.test(name)) return [];
      const info = `${cache}/${name}`;
      const text = this.#read(info, INFO_BYTES);
      const parsed = text && parseNarInfo(text.toString("latin1"));
      return parsed === undefined ? [] : [{ ...parsed, info, archive: `${archives}/${parsed.archive}` }];
    });
  }

  /** In the order in which they refer to each other; what refers to something that is not there stays where it is. */
  async #takeFound(found: Found[]): Promise<void> {
    const waiting = new Map<StorePath, Found[]>();
    for (let next = found.pop(); next !== undefined; next = found.pop()) {
      const missing = next.references.find((path) => !this.#store.has(path));
      if (missing === undefined) {
        await this.#take(next);
        for (const woken of waiting.get(next.path) ?? []) found.push(woken);
        waiting.delete(next.path);
      } else if (waiting.has(missing)) waiting.get(missing)?.push(next);
      else waiting.set(missing, [next]);
    }
  }

  async #take(found: Found): Promise<void> {
    try {
      // Each evaluator writes on its own what all packages are made of.
      if (!this.#store.has(found.path)) await this.#add(found);
    } catch (error) {
      // Whoever needs it learns that it was never written.
      if (!(error instanceof WireError) && !(error instanceof Refusal)) throw error;
    }
    remove(found.info);
    // Other texts and sources may be the same by another name, and are then told to be in the same archive.
    if (found.path.endsWith(".drv")) remove(found.archive);
  }

  async #add({ path, method, archive, references }: Found): Promise<void> {
    const name = path.slice(path.indexOf("-") + 1);
    if (method === "text") {
      const text = textOfNar(this.#read(archive, ARCHIVE_BYTES) ?? NOTHING);
      if (text !== undefined) this.#store.addText(name, text, references, false);
      return;
    }
    const file = opened(archive, FILE);
    if (file === undefined) return;
    try {
      await this.#store.addArchive(name, method, new WireReader(piecesOf(file)));
    } finally {
      closeSync(file);
    }
  }

  /** Until it is read again. `undefined` where there is none, or one that is longer than that. */
  #read(place: string, limit: number): Buffer | undefined {
    const file = opened(place, FILE);
    if (file === undefined) return undefined;
    try {
      for (let length = 0; ; ) {
        if (length > limit) return undefined;
        if (length === this.#buffer.length) this.#buffer = Buffer.concat([this.#buffer, this.#buffer]);
        const read = readSync(file, this.#buffer, length, this.#buffer.length - length, null);
        if (read === 0) return this.#buffer.subarray(0, length);
        length += read;
      }
    } catch {
      return undefined;
    } finally {
      closeSync(file);
    }
  }
}

const NOTHING: Buffer = Buffer.alloc(0);

function listed(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

const isDirectory = (place: string) => lstatSync(place, { throwIfNoEntry: false })?.isDirectory() === true;

/** `rmSync` takes several times as long. */
function remove(place: string): void {
  try {
    unlinkSync(place);
  } catch {
    // It is in nobody's way, and goes with the cache.
  }
}

function opened(place: string, how: number): number | undefined {
  try {
    return openSync(place, how);
  } catch {
    return undefined;
  }
}

function piecesOf(file: number): Pieces {
  return {
    async next() {
      const piece = Buffer.allocUnsafe(PIECE_BYTES);
      const read = readSync(file, piece);
      return read === 0 ? undefined : piece.subarray(0, read);
    },
  };
}
