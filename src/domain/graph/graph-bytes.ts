/**
 * A graph as bytes, for keeping it beside the evaluation it belongs to.
 *
 * Layout: eight 32-bit numbers (magic, format, counts), then the arrays of inputs as they are in memory, then the paths, one a
 * line, then the selections as JSON. Little-endian, as every machine that runs this is; another one does not find the
 * magic and makes the graph anew. What does not add up is `undefined`, never half a graph.
 */
import type { DrvPath, OutputName } from "../evaluation.ts";
import { type DerivationGraph, turnedAround } from "./graph.ts";

const MAGIC = 0x67647261;
const FORMAT = 1;
const HEADER = 8;

export function encodeGraph({ paths, inputs, selected, selections }: DerivationGraph): Uint8Array {
  const text = new TextEncoder();
  const names = text.encode(paths.join("\n"));
  const selects = text.encode(JSON.stringify(selections));
  const counts = [paths.length, inputs.values.length, names.length, selects.length, 0, 0];
  const numbers = Uint32Array.from([MAGIC, FORMAT, ...counts]);
  const parts = [numbers, inputs.starts, inputs.values, selected].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const all = [...parts, names, selects];
  const bytes = new Uint8Array(all.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** What `encodeGraph` was given; undefined where the bytes are of something else, cut or of another format. */
export function decodeGraph(bytes: Uint8Array): DerivationGraph | undefined {
  if (bytes.length < HEADER * 4) return undefined;
  // Copied, so that the arrays begin where numbers may begin and do not keep the file's bytes.
  const words = (from: number, count: number) =>
    new Uint32Array(new Uint8Array(bytes.subarray(from * 4, (from + count) * 4)).buffer);
  const [magic, format, nodes = 0, edges = 0, nameBytes = 0, selectBytes = 0] = words(0, HEADER);
  if (magic !== MAGIC || format !== FORMAT) return undefined;
  const numbers = HEADER + nodes + 1 + 2 * edges;
  const namesAt = numbers * 4;
  if (bytes.length !== namesAt + nameBytes + selectBytes) return undefined;

  const inputs = { starts: words(HEADER, nodes + 1), values: words(HEADER + nodes + 1, edges) };
  const selected = words(HEADER + nodes + 1 + edges, edges);
  const text = new TextDecoder();
  const paths = nodes === 0 ? [] : text.decode(bytes.subarray(namesAt, namesAt + nameBytes)).split("\n");
  const selections = readSelections(text.decode(bytes.subarray(namesAt + nameBytes)));
  const fits =
    paths.length === nodes &&
    inputs.starts[nodes] === edges &&
    ascends(inputs.starts) &&
    selections !== undefined &&
    isBelow(inputs.values, nodes) &&
    isBelow(selected, selections.length);
  if (!fits) return undefined;
  return { paths: paths as DrvPath[], inputs, selected, selections, dependents: turnedAround(inputs) };
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
