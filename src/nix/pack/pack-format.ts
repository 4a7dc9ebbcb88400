/**
 * Packs: derivations of an evaluation, many to a file.
 *
 * An evaluation of nixpkgs has 27,000 of them, a few KiB each. As files they cost more to create, to read and to remove than
 * to make, and take four times the room; so their texts are put together, a MiB at a time, compressed (a frame), and
 * appended to `<number>.pack`. `<number>.index`, sealed, says what lies where, and a digest of each frame: one that was damaged
 * is noticed when it is read.
 *
 * A pack is never changed once it is complete, so that an evaluation can have those of another one by a hard link.
 */

/** Below the directory of an evaluation. */
export const PACKS = "derivations";

export const packFile = (number: number) => `${number}.pack`;
export const indexFile = (number: number) => `${number}.index`;

export interface PackIndex {
  readonly frames: readonly Frame[];
}

export interface Frame {
  /** In the pack; bytes. */
  readonly at: number;
  readonly bytes: number;
  /** SHA-256 of these bytes, in hexadecimal. */
  readonly digest: string;
  /** Names of the derivations in it, in their order. */
  readonly names: readonly string[];
  /** Of the text of each, in bytes. */
  readonly lengths: readonly number[];
}

/** Where a pack is written. */
export interface PackPlace {
  readonly directory: string;
  /** Its number, which must not be there yet. */
  readonly number: number;
}
