/** Which changed files are recipes: the `recipes` globs of the configuration as a predicate for `domain/`. */
import { globMatcher } from "./glob.ts";

/** A file is a recipe when one of the globs matches and none of those that start with `!`. */
export function recipeMatcher(globs: readonly string[]): (path: string) => boolean {
  const chosen = globs.filter((glob) => !glob.startsWith("!")).map(globMatcher);
  const excluded = globs.filter((glob) => glob.startsWith("!")).map((glob) => globMatcher(glob.slice(1)));
  return (path) => chosen.some((matches) => matches(path)) && !excluded.some((matches) => matches(path));
}
