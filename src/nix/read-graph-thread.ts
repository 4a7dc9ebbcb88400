/**
 * A thread of `read-graph.ts`: reads the heads of some `.drv` files and sends their graph as bytes.
 *
 * Outputs and inputs come first in a file, and scripts and texts, most of its bytes, are of no interest here: a first piece is
 * read, and the whole file only where that ends too early.
 */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { DerivationSyntaxError } from "../domain/aterm-reader.ts";
import { createGraphBuilder } from "../domain/graph/build-graph.ts";
import { encodeGraph } from "../domain/graph/graph-bytes.ts";
import { type DerivationHead, parseDerivationHead } from "../domain/parse-derivation.ts";
import { STORE_DIRECTORY } from "./store-path.ts";

export interface GraphPartRequest {
  readonly directory: string;
  /** Names of `.drv` files in it. */
  readonly names: readonly string[];
}

export type GraphPart =
  | { readonly ok: true; readonly bytes: Uint8Array }
  | { readonly ok: false; readonly trouble: string };

const FIRST_BYTES = 8 * 1024;
/** The largest of nixpkgs are a few MiB. */
const MOST_BYTES = 64 * 1024 * 1024;

const first = Buffer.allocUnsafe(FIRST_BYTES);

function readPart({ directory, names }: GraphPartRequest): GraphPart {
  const builder = createGraphBuilder();
  for (const name of names) {
    const path = `${STORE_DIRECTORY}/${name}`;
    try {
      builder.add(path, readHead(path, `${directory}/${name}`));
    } catch (error) {
      return { ok: false, trouble: error instanceof Error ? error.message : String(error) };
    }
  }
  return { ok: true, bytes: encodeGraph(builder.build()) };
}

function readHead(path: string, file: string): DerivationHead {
  // The names come from a directory that an evaluation filled: links are not followed, nothing is waited for.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const length = readSync(fd, first, 0, FIRST_BYTES, 0);
    try {
      return parseDerivationHead(path, first.toString("latin1", 0, length));
    } catch (error) {
      if (!(error instanceof DerivationSyntaxError) || length < FIRST_BYTES) throw error;
    }
    const { size } = fstatSync(fd);
    if (size > MOST_BYTES) throw new Error(`${path} has ${size} bytes`);
    const whole = Buffer.allocUnsafe(size);
    let read = 0;
    while (read < size) {
      const more = readSync(fd, whole, read, size - read, read);
      if (more === 0) break;
      read += more;
    }
    return parseDerivationHead(path, whole.toString("latin1", 0, read));
  } finally {
    closeSync(fd);
  }
}

const part = readPart(workerData as GraphPartRequest);
parentPort?.postMessage(part, part.ok ? [part.bytes.buffer as ArrayBuffer] : []);
