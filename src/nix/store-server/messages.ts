/** What the thread of a store and the thread that started it say to each other. */

/** Name of the socket, below the store's root. */
export const SOCKET = "socket";

/** Why an evaluation cannot be believed, whatever it said. */
export type Trouble =
  | { readonly kind: "over-limit"; readonly message: string }
  | { readonly kind: "file"; readonly message: string; readonly code?: string; readonly path?: string };

/** `state` is the answer to any message. */
export type WorkerMessage =
  | { readonly kind: "ready" }
  | { readonly kind: "state"; readonly trouble?: Trouble };
