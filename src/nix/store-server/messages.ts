/** What the thread of a store and the thread that started it say to each other. */

/** Name of the socket, below the store's root. */
export const SOCKET = "socket";

/** Why an evaluation cannot be believed, whatever it said. */
export type Trouble =
  | { readonly kind: "over-limit"; readonly message: string }
  | { readonly kind: "file"; readonly message: string; readonly code?: string; readonly path?: string };

/**
 * What the server is asked: only how it is, to lay out derivations as files first, or to complete the pack first. One
 * answer to each, with the same number.
 */
export interface ServerQuestion {
  readonly number: number;
  readonly first?: "lay-out" | "end";
}

export interface ServerAnswer {
  readonly number: number;
  readonly trouble?: Trouble;
}

/** The number of what the server says unasked, once it listens. */
export const READY = -1;
