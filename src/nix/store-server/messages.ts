/** What the thread of a store and the thread that started it say to each other. */

import type { PackPlace } from "../pack/pack-format.ts";

/** What the thread is started with. */
export interface StoreData {
  readonly storeRoot: string;
  /** Where a pack for derivations is to be; without it they become files of the store. */
  readonly packs?: PackPlace | undefined;
  /** A directory of binary caches, from which everything is taken in as well (`binary-cache/`). */
  readonly caches?: string | undefined;
}

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
