/**
 * Reads the inputs of derivations, a frame of them each time; several threads do so at once (`read-graph.ts`).
 *
 * Outputs and inputs come first in a derivation, and scripts and texts, most of its bytes, are of no interest here.
 */
import type { Derivation } from "../domain/derivation.ts";
import { createFingerprint } from "../domain/graph/fingerprint.ts";
import { findName, HASH_LENGTH, type NameIndex } from "../domain/graph/name-index.ts";
import { createRowCollector, type RowPart } from "../domain/graph/rows.ts";
import { HASH_OFFSET, type HeadListener, scanHead } from "../domain/graph/scan-head.ts";
import { parseDerivation } from "../domain/parse-derivation.ts";
import { type PlacedFrame, readFrame, spansOf } from "./pack/pack-reader.ts";
import { STORE_DIRECTORY } from "./store-path.ts";

/** What threads share. */
export interface SharedFrames {
  readonly frames: readonly SharedFrame[];
  readonly names: NameIndex;
  /** The first frame that nobody has taken yet. */
  readonly next: Int32Array<SharedArrayBuffer>;
}

export interface SharedFrame extends Omit<PlacedFrame, "names" | "lengths"> {
  /** The node of each derivation in it; `NOBODY` where another frame has that one too. */
  readonly nodes: Uint32Array<SharedArrayBuffer>;
  /** Of the text of each, in bytes. */
  readonly lengths: Uint32Array<SharedArrayBuffer>;
}

export const NOBODY = 0xffff_ffff;

export interface GraphReader {
  /** False where no frame is left. @throws Error whatever is wrong with a derivation */
  readSome(): boolean;
  part(): RowPart;
}

const ONLY_OUT = '["out"]';

export function createGraphReader({ frames, names, next }: SharedFrames): GraphReader {
  const rows = createRowCollector();
  const outputs = createFingerprint();
  let isFixed = false;
  let isKnown = true;
  let text: Buffer = Buffer.alloc(0);
  const nameBytes = Buffer.from(names.bytes.buffer);

  const begin = () => {
    rows.begin();
    outputs.clear();
    isFixed = false;
    isKnown = true;
  };
  const output = (bytes: Uint8Array, from: number, to: number, fixed: boolean) => {
    isFixed ||= fixed;
    if (from === to) isKnown = false;
    outputs.add(bytes, from + HASH_OFFSET);
  };
  const input = (bytes: Buffer, nameAt: number, selects: string) => {
    const node = findName(names, bytes, nameAt);
    if (node === -1) throw new Error(`${bytes.toString("latin1", nameAt, nameAt + HASH_LENGTH)} is missing`);
    rows.add(node, selects);
  };
  const scanned: HeadListener = {
    output: (from, to, fixed) => output(text, from, to, fixed),
    input(nameAt, from, to) {
      // `"out"` is what nearly all edges select.
      const isOut = to - from === 5 && text[from + 1] === 0x6f;
      input(text, nameAt, isOut ? ONLY_OUT : `[${text.toString("utf8", from, to)}]`);
    },
  };
  const parsed = ({ outputs: all, inputDrvs }: Derivation) => {
    for (const { path, hash } of Object.values(all)) output(Buffer.from(path), 0, path.length, hash !== "");
    for (const [drv, selects] of inputDrvs) input(Buffer.from(drv), HASH_OFFSET, JSON.stringify(selects));
  };

  const readDerivation = (node: number) => {
    begin();
    if (scanHead(text, scanned)) return;
    begin();
    const name = nameBytes.toString("latin1", names.starts[node], names.starts[node + 1]);
    parsed(parseDerivation(`${STORE_DIRECTORY}/${name}`, text.toString("utf8")));
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
      const frame = frames[Atomics.add(next, 0, 1)];
      if (frame === undefined) return false;
      const texts = readFrame(frame);
      let place = 0;
      for (const [from, to] of spansOf(frame.lengths)) {
        const node = frame.nodes[place] ?? NOBODY;
        place += 1;
        if (node === NOBODY) continue;
        text = texts.subarray(from, to);
        readDerivation(node);
        endRow(node);
      }
      return true;
    },
    part: rows.part,
  };
}
