/**
 * The body of a request, as long as it is not too much: for one, and for all that arrive at the same time.
 *
 * Nobody has proved who they are before the whole body is here, so memory is what an attacker gets for free. A body
 * whose announced length is too much is refused before the first byte of it, one that only grows too long as it does.
 */
import type { IncomingMessage } from "node:http";

/** GitHub sends up to 25 MB and says nothing of events that are larger. https://docs.github.com/webhooks/webhook-events-and-payloads#payload-cap */
export const BODY_LIMIT = 26 * 2 ** 20;
/** Of all bodies that are on their way. */
const ROOM = 256 * 2 ** 20;

export type Body =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "too-large" }
  /** Others take the room. */
  | { readonly kind: "busy" }
  /** The sender went away. */
  | { readonly kind: "broken-off" };

export interface BodyReader {
  read(request: IncomingMessage): Promise<Body>;
}

export function createBodyReader(limit = BODY_LIMIT, room = ROOM): BodyReader {
  let taken = 0;
  return {
    async read(request) {
      if (Number(request.headers["content-length"] ?? 0) > limit) return { kind: "too-large" };
      const chunks: Buffer[] = [];
      let length = 0;
      try {
        // Left early, the stream has to stay: the answer goes through the same socket.
        const stream: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
        for await (const chunk of stream) {
          length += chunk.length;
          taken += chunk.length;
          if (length > limit) return { kind: "too-large" };
          if (taken > room) return { kind: "busy" };
          chunks.push(chunk);
        }
        return { kind: "whole", bytes: Buffer.concat(chunks, length) };
      } catch {
        return { kind: "broken-off" };
      } finally {
        taken -= length;
      }
    },
  };
}
