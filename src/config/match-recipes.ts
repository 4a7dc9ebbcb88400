/**
 * Which changed files are recipes: the `recipes` globs of the configuration as a predicate for `domain/`,
 * which may not know a glob library.
 */
import picomatch from "picomatch";

/**
 * A file is a recipe when one of the globs matches and none of those that start with `!`. `**` also matches
 * names that start with a dot. Extended globs (`+(a|b)`) are off: their cost on a long name has no bound.
 */
export function recipeMatcher(globs: readonly string[]): (path: string) => boolean {
  const options = { dot: true, noextglob: true, nonegate: true };
  const chosen = globs.filter((glob) => !glob.startsWith("!"));
  const excluded = globs.filter((glob) => glob.startsWith("!")).map((glob) => glob.slice(1));
  const isChosen = picomatch(chosen, options);
  const isExcluded = excluded.length === 0 ? () => false : picomatch(excluded, options);
  return (path) => isChosen(path) && !isExcluded(path);
}
