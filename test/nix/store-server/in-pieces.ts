import type { Pieces } from "../../../src/nix/store-server/wire.ts";

/** Bytes as a socket might hand them over. */
export function inPieces(bytes: Buffer, length: number): Pieces {
  let at = 0;
  return {
    async next(deal) {
      while (at < bytes.length) {
        const piece = bytes.subarray(at, at + length);
        at += piece.length;
        const dealt = deal?.(piece) ?? 0;
        if (dealt < piece.length) return piece.subarray(dealt);
      }
      return undefined;
    },
  };
}
