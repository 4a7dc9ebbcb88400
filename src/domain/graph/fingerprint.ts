/**
 * One number for the output paths of a derivation. The same output paths are the same build, whatever the derivation is
 * called that describes it: sources that are fetched keep theirs when only the program that fetches them changed.
 *
 * Not for telling apart what somebody made to look alike: 53 bits of a hash that is quick.
 */
import { HASH_LENGTH } from "./name-index.ts";

export interface Fingerprint {
  clear(): void;
  /** @param at where the hash in a store path begins */
  add(text: Uint8Array, at: number): void;
  /** A whole number below 2 ** 53. */
  value(): number;
}

export function createFingerprint(): Fingerprint {
  let high = 0;
  let low = 0;
  return {
    clear() {
      high = 0x811c9dc5;
      low = 0x9e3779b9;
    },
    add(text, at) {
      for (let next = at; next < at + HASH_LENGTH; next += 1) {
        const letter = text[next] ?? 0;
        high = Math.imul(high ^ letter, 0x01000193);
        low = Math.imul(low ^ letter, 0x85ebca6b);
      }
    },
    value: () => (high >>> 0) * 2 ** 21 + (low >>> 11),
  };
}
