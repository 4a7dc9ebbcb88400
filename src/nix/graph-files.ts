/**
 * Reads the inputs of `.drv` files, a few files each time; several threads do so at once (`read-graph.ts`).
 *
 * Outputs and inputs come first in a file, and scripts and texts, most of its bytes, are of no interest here: a first piece is
 * read, and the whole file only where that is not enough.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { Derivation } from "../domain/derivation.ts";
import { createFingerprint } from "../domain/graph/fingerprint.ts";
import { findName, HASH_LENGTH, type NameIndex } from "../domain/graph/name-index.ts";
import { createRowCollector, type RowPart } from "../domain/graph/rows.ts";
import { HASH_OFFSET, type HeadListener, scanHead } from "../domain/graph/scan-head.ts";
import { parseDerivation } from "../domain/parse-derivation.ts";
import { STORE_DIRECTORY } from "./store-path.ts";

/** What threads share. */
export interface SharedFiles {
  readonly directory: string;
  readonly names: NameIndex;
  /** The first file that nobody has taken yet. */
  readonly next: Int32Array<SharedArrayBuffer>;
}

export interface GraphReader {
  /** False where no file is left. @throws Error whatever is wrong with a file */
  readSome(): boolean;
  part(): RowPart;
}

/** So many files are taken at a time: a few milliseconds. */
const AT_A_TIME = 256;
const FIRST_BYTES = 16 * 1024;
/** The largest of nixpkgs are a few MiB. */
const MOST_BYTES = 64 * 1024 * 1024;
const ONLY_OUT = '["out"]';

export function createGraphReader({ directory, names, next }: SharedFiles): GraphReader {
  const rows = createRowCollector();
  const outputs = createFingerprint();
  let isFixed = false;
  let isKnown = true;
  const first = Buffer.allocUnsafe(FIRST_BYTES);
  const nameBytes = Buffer.from(names.bytes.buffer);

  const begin = () => {
    rows.begin();
    outputs.clear();
    isFixed = false;
    isKnown = true;
  };
  const output = (text: Uint8Array, from: number, to: number, fixed: boolean) => {
    isFixed ||= fixed;
    if (from === to) isKnown = false;
    outputs.add(text, from + HASH_OFFSET);
  };
  const input = (text: Buffer, nameAt: number, selects: string) => {
    const node = findName(names, text, nameAt);
    if (node === -1) throw new Error(`${text.toString("latin1", nameAt, nameAt + HASH_LENGTH)} is missing`);
    rows.add(node, selects);
  };
  const scanned: HeadListener = {
    output: (from, to, fixed) => output(first, from, to, fixed),
    input(nameAt, from, to) {
      // `"out"` is what nearly all edges select.
      const isOut = to - from === 5 && first[from + 1] === 0x6f;
      input(first, nameAt, isOut ? ONLY_OUT : `[${first.toString("utf8", from, to)}]`);
    },
  };
  const parsed = ({ outputs: all, inputDrvs }: Derivation) => {
    for (const { path, hash } of Object.values(all)) output(Buffer.from(path), 0, path.length, hash !== "");
    for (const [drv, selects] of inputDrvs) input(Buffer.from(drv), HASH_OFFSET, JSON.stringify(selects));
  };

  const readFile = (name: string) => {
    // The names come from a directory that an evaluation filled: links are not followed, nothing is waited for.
    const file = openSync(
      `${directory}/${name}`,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
    try {
      begin();
      if (scanHead(first.subarray(0, readSync(file, first, 0, FIRST_BYTES, 0)), scanned)) return;
      begin();
      parsed(parseDerivation(`${STORE_DIRECTORY}/${name}`, readWhole(file).toString("utf8")));
    } finally {
      closeSync(file);
    }
  };
  const endRow = (node: number) => {
    if (!isKnown) {
      outputs.clear();
      outputs.add(names.bytes, names.starts[node] ?? 0);
    }
    rows.end(node, outputs.value(), isFixed && isKnown);
  };

  return {
    readSome() {
      const from = Atomics.add(next, 0, AT_A_TIME);
      const end = Math.min(from + AT_A_TIME, names.starts.length - 1);
      for (let node = from; node < end; node += 1) {
        readFile(nameBytes.toString("latin1", names.starts[node], names.starts[node + 1]));
        endRow(node);
      }
      return from < end;
    },
    part: rows.part,
  };
}

function readWhole(file: number): Buffer {
  const { size } = fstatSync(file);
  if (size > MOST_BYTES) throw new Error(`a file has ${size} bytes`);
  const whole = Buffer.allocUnsafe(size);
  let read = 0;
  while (read < size) {
    const more = readSync(file, whole, read, size - read, read);
    if (more === 0) break;
    read += more;
  }
  return whole.subarray(0, read);
}
