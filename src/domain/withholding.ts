/**
 * Withholding files: base is evaluated as if nobody could read the files that define kernels. What an attr is all the same, it is
 * whatever is in them. So of a pull request that changes nothing but what is in those files, only the other attrs have to be
 * looked at, and nothing about it is guessed.
 */
import { formatAttrPath, parseAttrPath } from "./attr-path.ts";
import type { AttrPath } from "./evaluation.ts";
import { isShared } from "./graph/predictability.ts";

export interface WithholdingFacts {
  /** All regular files of base. */
  readonly files: readonly string[];
  /** Whether it is a recipe of the kind that the pull request touches. */
  readonly isRecipe: (path: string) => boolean;
  /** Files in whose contents alone head differs from base; undefined where it differs in more. */
  readonly contents: readonly string[] | undefined;
  /** The file that is evaluated. */
  readonly entry: string;
}

/** Each is mounted on its own, for every evaluator. */
const MOST_FILES = 400;

/**
 * What this pull request changes, and such recipes as it changes, for those to come. Not what everything needs: nothing would be
 * left to find out. Sorted.
 */
export function filesToWithhold({
  files,
  isRecipe,
  contents = [],
  entry,
}: WithholdingFacts): readonly string[] {
  const fit = files.filter((file) => file !== entry && isPlain(file));
  const changed = new Set(contents.filter((file) => isRecipe(file) || !isShared(file, { entry })));
  const all = fit.filter((file) => isRecipe(file) || changed.has(file));
  const few = all.length <= MOST_FILES ? all : fit.filter((file) => changed.has(file));
  return few.length <= MOST_FILES ? few.sort() : [];
}

/** Git's own files say how all others are laid out. A name that is not UTF-8 has been read wrong. */
const isPlain = (file: string) => !/(?:^|\/)\.git[^/]*$|\uFFFD/i.test(file);

/** Whether a change in the contents of these files says nothing of attrs that need none of the withheld ones. */
export function isWithheld(withheld: readonly string[], contents: readonly string[] | undefined): boolean {
  const files = new Set(withheld);
  return contents?.every((file) => files.has(file)) === true;
}

/** Those of `attrs` that are not among the needing ones, nor below one of them. */
export function withoutNeeding<T>(
  attrs: readonly (readonly [AttrPath, T])[],
  needing: readonly AttrPath[],
): readonly (readonly [AttrPath, T])[] {
  const needy = new Set(needing);
  const isNeeding = (attr: AttrPath) => {
    const names = parseAttrPath(attr) ?? [];
    return names.some((_, depth) => needy.has(formatAttrPath(names.slice(0, depth + 1))));
  };
  return attrs.filter(([attr]) => !isNeeding(attr));
}
