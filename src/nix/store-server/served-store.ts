/**
 * The store an evaluation writes to: plain files below `<root>/nix/store`, each written once, named by what is in it; and,
 * where there is a pack for them, derivations in that.
 *
 * Whoever evaluates sends a name, contents and references; the path is computed here. So a file of this store is what its
 * name says, whatever was evaluated, and evaluators that run at the same time can share it without locks: everything
 * happens on one thread, and a path is told only once its file is complete.
 *
 * Derivations tell by themselves what they refer to. What else there is (sources, texts) is listed in `<root>/sources`.
 */
import { createHash, hash } from "node:crypto";
import { appendFileSync, closeSync, lstatSync, mkdirSync, openSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StorePath } from "../../domain/evaluation.ts";
import { isDerivation } from "../pack/is-derivation.ts";
import type { PackWriter } from "../pack/pack-writer.ts";
import { baseName, isStorePath, STORE_DIRECTORY } from "../store-path.ts";
import { type Content, renderContentAddress, storePathOf } from "./content-address.ts";
import { contentsOf, digestOfText, unpackNar, writeAll } from "./nar.ts";
import { SOURCES, type SourceRecord } from "./sources.ts";
import type { WireReader } from "./wire.ts";

/** Of one evaluation. All of nixpkgs writes 130 MB. */
const TOTAL_BYTES = 8 * 1024 ** 3;
/** What an entry costs besides its contents: an inode and the rest of a block. */
const ENTRY_BYTES = 4096;
/** The same in a pack: a place in its index, and in ours. */
const PACKED_BYTES = 512;

/** Refused for what it is; the connection goes on. */
export class Refusal extends Error {}
/** The evaluation writes more than any may. */
export class OverLimit extends Error {}

export interface PathInfo {
  readonly narHash: string;
  readonly narBytes: number;
  readonly references: readonly StorePath[];
  readonly contentAddress: string;
}

type Description = Omit<PathInfo, "references">;

interface Entry {
  readonly path: StorePath;
  readonly references: readonly StorePath[];
  /** Of a text, only once somebody sends it who may ask. */
  info: Description | undefined;
  /** A derivation, and in the pack. */
  readonly packed?: true;
}

export class ServedStore {
  readonly #root: string;
  readonly #pack: PackWriter | undefined;
  readonly #entries = new Map<StorePath, Entry>();
  #bytesLeft: number;
  #unpacked = 0;
  #layingOut = false;

  /** @param pack where derivations go; without it they are files like everything else */
  constructor(root: string, pack?: PackWriter, totalBytes = TOTAL_BYTES) {
    this.#root = root;
    this.#pack = pack;
    this.#bytesLeft = totalBytes;
    mkdirSync(join(root, "nix/store"), { recursive: true });
    appendFileSync(join(root, SOURCES), "");
  }

  has(path: string): boolean {
    return this.#entries.has(path as StorePath);
  }

  /**
   * @param asks whether the sender may ask for its description
   * @throws Refusal, OverLimit; errors of the file system
   */
  addText(name: string, contents: Buffer, references: readonly string[], asks = true): StorePath {
    const digest = hash("sha256", contents);
    const content = { method: "text" as const, digest, references: this.#known(references) };
    const path = pathFor(name, content);
    const known = this.#entries.get(path);
    if (known !== undefined) {
      if (asks) known.info ??= describeText(content, contents);
      return path;
    }
    const isOne = path.endsWith(".drv") && isDerivation(path, contents, (input) => this.#isPacked(input));
    const pack = isOne ? this.#pack : undefined;
    this.#spend((pack === undefined ? ENTRY_BYTES : PACKED_BYTES) + contents.length);
    pack?.add(baseName(path), contents);
    if (pack === undefined || this.#layingOut) this.#writeText(path, contents);
    const info = asks ? describeText(content, contents) : undefined;
    this.#keep(path, content, pack === undefined ? { info } : { info, packed: true });
    return path;
  }

  /**
   * Writes derivations as files from now on, and those that are in the pack already: an evaluation that reads one (one that
   * depends on a derivation with all it is made of, say) looks for a file.
   * @throws errors of the file system
   */
  layOut(): void {
    if (this.#pack === undefined || this.#layingOut) return;
    for (const [name, text] of this.#pack.texts())
      this.#writeText(`${STORE_DIRECTORY}/${name}` as StorePath, text);
    this.#layingOut = true;
  }

  /** Nothing comes any more; what came is looked for. @throws errors of the file system */
  async end(): Promise<void> {
    for (const { path, packed } of this.#entries.values()) if (!packed) lstatSync(this.#place(path));
    await this.#pack?.end();
  }

  #isPacked(path: string): boolean {
    return this.#entries.get(path as StorePath)?.packed === true;
  }

  #writeText(path: StorePath, contents: Buffer): void {
    const place = this.#place(path);
    const file = openSync(place, "wx", 0o444);
    try {
      writeAll(file, contents);
    } catch (error) {
      rmSync(place, { force: true });
      throw error;
    } finally {
      closeSync(file);
    }
  }

  /**
   * Unpacks the archive that comes next. `flat`: it holds one file, which is hashed alone.
   * @throws Refusal, OverLimit, WireError; errors of the file system
   */
  async addArchive(name: string, method: "nar" | "flat", reader: WireReader): Promise<StorePath> {
    this.#unpacked += 1;
    const place = join(this.#root, `unpacking-${this.#unpacked}`);
    const archive = createHash("sha256");
    let narBytes = 0;
    let spent = 0;
    const spend = (bytes: number) => {
      const cost = bytes === 0 ? ENTRY_BYTES : bytes;
      this.#spend(cost);
      spent += cost;
    };
    const giveBack = () => {
      rmSync(place, { recursive: true, force: true });
      this.#bytesLeft += spent;
    };
    try {
      reader.tap((bytes) => {
        archive.update(bytes);
        narBytes += bytes.length;
      });
      await unpackNar(reader, place, spend);
      const narHash = archive.digest("hex");
      const digest = method === "nar" ? narHash : digestOfFile(place);
      const content = { method, digest, references: [] };
      const path = pathFor(name, content);
      // Every evaluator sends the sources it meets, known or not.
      if (this.#entries.has(path)) giveBack();
      else {
        renameSync(place, this.#place(path));
        this.#keep(path, content, {
          info: { narHash, narBytes, contentAddress: renderContentAddress(content) },
        });
      }
      return path;
    } catch (error) {
      giveBack();
      throw error;
    } finally {
      reader.tap(undefined);
    }
  }

  /** `undefined` where there is no such path, or nobody sent it who may ask. */
  describe(path: string): PathInfo | undefined {
    const entry = this.#entries.get(path as StorePath);
    return entry?.info && { ...entry.info, references: entry.references };
  }

  #place(path: StorePath): string {
    return `${this.#root}${path}`;
  }

  #spend(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft < 0) throw new OverLimit("it writes more than an evaluation may");
  }

  /** References have to be there before what refers to them, as in every store. */
  #known(references: readonly string[]): StorePath[] {
    const known = references.map((path) => {
      const entry = this.#entries.get(path as StorePath);
      if (entry === undefined) throw new Refusal(`there is no ${JSON.stringify(path)} to refer to`);
      // The same string for the same path: there are half a million references in nixpkgs.
      return entry.path;
    });
    const inOrder = known.every((path, at) => at === 0 || (known[at - 1] ?? "") < path);
    return inOrder ? known : [...new Set(known)].sort();
  }

  #keep(path: StorePath, content: Content, more: Pick<Entry, "info" | "packed">): void {
    const { references } = content;
    this.#entries.set(path, { path, references, ...more });
    // Derivations tell by themselves what they refer to.
    if (more.packed) return;
    const record: SourceRecord = { path, contentAddress: renderContentAddress(content), references };
    appendFileSync(join(this.#root, SOURCES), `${JSON.stringify(record)}\n`);
  }
}

function describeText(content: Omit<Content, "references">, contents: Buffer): Description {
  return { ...digestOfText(contents), contentAddress: renderContentAddress(content) };
}

function pathFor(name: string, content: Content): StorePath {
  const path = storePathOf(name, content);
  if (path === undefined || !isStorePath(path))
    throw new Refusal(`${JSON.stringify(name)} is not a name the store takes`);
  return path;
}

/** Of contents alone, which only a plain file has. */
function digestOfFile(place: string): string {
  const status = lstatSync(place);
  if (!status.isFile()) throw new Refusal("only a file can be hashed without its archive");
  const digest = createHash("sha256");
  for (const piece of contentsOf(place, status.size)) digest.update(piece);
  return digest.digest("hex");
}
