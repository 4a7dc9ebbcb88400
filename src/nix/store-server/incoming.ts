/**
 * What a connection receives, pulled a piece at a time.
 *
 * An evaluator waits for each of its 50,000 answers, and Node's own way to hand out what a socket received takes longer than
 * the answer: it allocates 64 KiB for each piece, which keeps the garbage collector at work. So pieces are received in one
 * buffer (`onread`, https://nodejs.org/docs/latest-v24.x/api/net.html#new-netsocketoptions), whoever waits may deal with them
 * there, and only what is left is copied.
 */
import { Socket } from "node:net";
import type { Deal, Pieces } from "./wire.ts";

/** Pieces, 64 KiB each at most, that may wait to be read. */
const PIECES = 16;
const PIECE_BYTES = 64 * 1024;

export class Incoming implements Pieces {
  readonly #received: Buffer[] = [];
  #ended = false;
  #wake: (() => void) | undefined;
  #deal: Deal | undefined;
  #resume = () => {};

  /** @param bytes may be changed afterwards @returns false where it is enough for now; `resume` is then called once there is room */
  push(bytes: Buffer, resume: () => void): boolean {
    const dealt = this.#deal?.(bytes) ?? 0;
    if (dealt === bytes.length) return true;
    this.#deal = undefined;
    this.#received.push(Buffer.from(bytes.subarray(dealt)));
    this.#resume = resume;
    this.#wake?.();
    return this.#received.length < PIECES;
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async next(deal?: Deal): Promise<Buffer | undefined> {
    for (;;) {
      const piece = this.#received.shift();
      if (piece !== undefined) {
        if (this.#received.length === PIECES - 1) this.#resume();
        return piece;
      }
      if (this.#ended) return undefined;
      this.#deal = deal;
      await new Promise<void>((woken) => {
        this.#wake = woken;
      });
      this.#wake = undefined;
      this.#deal = undefined;
    }
  }
}

/** @param accepted of a server with `pauseOnConnect`; what comes back is to be used instead of it */
export function receiveFrom(accepted: Socket, incoming: Incoming): Socket {
  // Only a socket's creator can give it a buffer, and a server creates them without. What is beneath may be given to another
  // one, by a name that Node does not document; where there is none, pieces come as they always do.
  const { _handle: handle } = accepted as Socket & { readonly _handle?: object | null };
  if (handle === undefined || handle === null) {
    accepted.on("data", (bytes: Buffer) => {
      if (!incoming.push(bytes, () => accepted.resume())) accepted.pause();
    });
    accepted.resume();
    return endingAt(accepted, incoming);
  }
  const socket: Socket = new Socket({
    handle,
    onread: {
      buffer: Buffer.allocUnsafe(PIECE_BYTES),
      callback: (length: number, buffer: Uint8Array) =>
        incoming.push(Buffer.from(buffer.buffer, buffer.byteOffset, length), () => socket.resume()),
    },
  } as ConstructorParameters<typeof Socket>[0]);
  return endingAt(socket, incoming);
}

function endingAt(socket: Socket, incoming: Incoming): Socket {
  const end = () => incoming.end();
  return socket.on("end", end).on("close", end);
}
