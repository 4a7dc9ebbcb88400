/**
 * Which of the kept checkouts to use, and which to let go. Pure: names and records, no files.
 */
import { z } from "zod";

/** What besides the tree decides how files are laid out, and whether what was noted about them still counts. */
export interface Conditions {
  /** `sha1` or `sha256`: the index names objects by it. */
  readonly objectFormat: string;
  readonly umask: number;
  /** Of the machine: a power loss may leave files that are not what was written, and look as if they were. */
  readonly boot: string;
}

/** Of a kept checkout that is whole; written last and removed before anything is changed. */
export const KeptRecord = z.strictObject({
  format: z.literal(1),
  /** Object name. */
  tree: z.string().regex(/^[0-9a-f]{40,64}$/),
  objectFormat: z.string(),
  umask: z.int(),
  boot: z.string(),
  /** `attributesDigest` */
  attributes: z.string(),
  /** SHA-256 of what `find` said of all files. */
  listing: z.string(),
});
export type KeptRecord = z.infer<typeof KeptRecord>;

export interface Kept {
  readonly name: string;
  readonly record: KeptRecord;
}

/** Base and head of two checks. Each is as large as the tree: 70 MB for 9,000 files of nixpkgs. */
export const MOST_KEPT = 4;

const NAME = /^kept-(\d+)-\w+$/;

/** @param at milliseconds since 1970, when it was last used */
export function keptName(at: number, unique: string): string {
  return `kept-${at}-${unique}`;
}

/** The last used one first; names of other things are left out. */
export function byRecency(names: readonly string[]): readonly string[] {
  const usedAt = (name: string) => Number(NAME.exec(name)?.[1]);
  return names.filter((name) => NAME.test(name)).sort((a, b) => usedAt(b) - usedAt(a));
}

export function surplus(names: readonly string[]): readonly string[] {
  return byRecency(names).slice(MOST_KEPT);
}

/** Those that hold the very tree. */
export function holding(tree: string, kept: readonly Kept[], conditions: Conditions): readonly Kept[] {
  return kept.filter(({ record }) => record.tree === tree && isUnder(conditions, record));
}

/** Those that hold another tree, of which git need only write what differs. */
export function changeableTo(
  { tree, attributes }: { readonly tree: string; readonly attributes: string },
  kept: readonly Kept[],
  conditions: Conditions,
): readonly Kept[] {
  return kept.filter(
    ({ record }) => record.tree !== tree && record.attributes === attributes && isUnder(conditions, record),
  );
}

function isUnder({ objectFormat, umask, boot }: Conditions, record: KeptRecord): boolean {
  return record.objectFormat === objectFormat && record.umask === umask && record.boot === boot;
}
