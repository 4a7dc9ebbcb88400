/**
 * A graph as bytes, for keeping it beside the evaluation it belongs to.
 *
 * Layout: eight 32-bit numbers (magic, format, counts), then the arrays as they are in memory, then the paths, one a line,
 * then the selections as JSON. Little-endian, as every machine that runs this is; another one does not find the
 * magic and makes the graph anew. What does not add up is `undefined`, never half a graph.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";
import { type DerivationGraph, turnedAround } from "./graph.ts";

const MAGIC = 0x67647261;
const FORMAT = 2;
const HEADER = 8;

export function encodeGraph(graph: DerivationGraph): Uint8Array {
  const { paths, outputs, fixed, inputs, selected } = graph;
  const text = new TextEncoder();
  const names = text.encode(paths.join("\n"));
  const selections = text.encode(JSON.stringify(graph.selections));
  const counts = [paths.length, selected.length, names.length, selections.length, 0, 0];
  const header = Uint32Array.from([MAGIC, FORMAT, ...counts]);
  // Largest numbers first, so that each array begins where its numbers may begin.
  const parts = [header, outputs, inputs.starts, inputs.values, selected, fixed, names, selections].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What `encodeGraph` was given; undefined where the bytes are of something else, cut or of another format. */
export function decodeGraph(bytes: Uint8Array): DerivationGraph | undefined {
  let at = 0;
  // Copied, so that arrays begin where numbers may begin and do not keep the file's bytes.
  const take = (length: number) => {
    at += length;
    return new Uint8Array(bytes.subarray(at - length, at));
  };
  if (bytes.length < HEADER * 4) return undefined;
  const header = new Uint32Array(take(HEADER * 4).buffer);
  const [magic, format, nodes = 0, edges = 0, nameBytes = 0, selectionBytes = 0] = header;
  if (magic !== MAGIC || format !== FORMAT) return undefined;
  if (bytes.length !== at + nodes * 13 + 4 + edges * 8 + nameBytes + selectionBytes) return undefined;

  const outputs = new Float64Array(take(nodes * 8).buffer);
  const inputs = {
    starts: new Uint32Array(take((nodes + 1) * 4).buffer),
    values: new Uint32Array(take(edges * 4).buffer),
  };
  const selected = new Uint32Array(take(edges * 4).buffer);
  const fixed = take(nodes);
  const text = new TextDecoder();
  const names = text.decode(take(nameBytes));
  const paths: readonly DrvPath[] = nodes === 0 ? [] : names.split("\n");
  const selections = readSelections(text.decode(take(selectionBytes)));
  const fits =
    paths.length === nodes &&
    inputs.starts[nodes] === edges &&
    ascends(inputs.starts) &&
    selections !== undefined &&
    isBelow(inputs.values, nodes) &&
    isBelow(selected, selections.length);
  if (!fits) return undefined;
  return { paths, outputs, fixed, inputs, selected, selections, dependents: turnedAround(inputs) };
}

function readSelections(json: string): readonly (readonly OutputName[])[] | undefined {
  try {
    return JSON.parse(json) as readonly (readonly OutputName[])[];
  } catch {
    return undefined;
  }
}

function ascends(numbers: Uint32Array): boolean {
  return numbers.every((number, at) => at === 0 || number >= (numbers[at - 1] ?? 0));
}

function isBelow(numbers: Uint32Array, limit: number): boolean {
  return numbers.every((number) => number < limit);
}
