/** The files of a checkout, as far as questions about them go: which there are, and what one says. */
import type { StorePath } from "./evaluation.ts";

export interface SourceTree {
  /** Relative paths, sorted; texts only. */
  readonly files: readonly string[];
  /** Undefined for what cannot be read as text. */
  readonly read: (path: string) => string | undefined;
}

/**
 * The file of the checkout that a source of the store was copied from: the same base name and the same text. Undefined
 * where there is none, or more than one.
 */
export function sameFileInTree(
  tree: SourceTree,
  source: StorePath,
  text: string | undefined,
): string | undefined {
  if (!source.startsWith("/") || text === undefined) return undefined;
  const name = source.slice(source.lastIndexOf("/") + 1).replace(/^[^-]{32}-/, "");
  const named = tree.files.filter((file) => file === name || file.endsWith(`/${name}`));
  const same = named.filter((file) => tree.read(file) === text);
  return same.length === 1 ? same[0] : undefined;
}
