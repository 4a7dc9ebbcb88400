/**
 * Finds a derivation's number by its name as it stands in somebody's bytes, without making a string of it: a graph of
 * nixpkgs has a quarter of a million edges.
 *
 * Only the 32 characters of the hash are compared. They are unique, since Nix hashes the rest of the name into them.
 * Everything lies in flat arrays, which threads can share.
 */
import type { Node } from "./graph.ts";

/** Of a store path's name: `<hash>-linux-6.1.drv`. */
export const HASH_LENGTH = 32;

export interface NameIndex {
  /** Names of derivations, one after the other, sorted; a name's place in that order is its number. */
  readonly bytes: Uint8Array;
  /** Where each begins, and where the last ends. */
  readonly starts: Uint32Array;
  /** A hash table with open addresses: numbers from 1, 0 where there is none. Its length is a power of two. */
  readonly slots: Uint32Array;
}

/** How long `slots` has to be: at most half full. */
export function slotsFor(names: number): number {
  return 2 ** Math.ceil(Math.log2(names * 2 + 2));
}

/** Fills `slots`, which is all zeroes. */
export function fillIndex({ bytes, starts, slots }: NameIndex): void {
  for (let node = 0; node + 1 < starts.length; node += 1) {
    let slot = slotOf(bytes, starts[node] ?? 0, slots.length);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = node + 1;
  }
}

/** The derivation whose name begins at `at` in `text`; -1 where there is none. */
export function findName({ bytes, starts, slots }: NameIndex, text: Uint8Array, at: number): Node {
  if (at + HASH_LENGTH > text.length) return -1;
  for (let slot = slotOf(text, at, slots.length); ; slot = (slot + 1) & (slots.length - 1)) {
    const number = slots[slot] ?? 0;
    if (number === 0) return -1;
    if (sameHash(bytes, starts[number - 1] ?? 0, text, at)) return number - 1;
  }
}

/** From ten characters of a hash, which are as good as random. */
function slotOf(text: Uint8Array, at: number, slots: number): number {
  let mixed = 0;
  for (let next = at; next < at + 10; next += 1) mixed = (Math.imul(mixed, 31) + (text[next] ?? 0)) | 0;
  return (mixed ^ (mixed >>> 15)) & (slots - 1);
}

function sameHash(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number): boolean {
  for (let next = 0; next < HASH_LENGTH; next += 1) if (a[aAt + next] !== b[bAt + next]) return false;
  return true;
}
