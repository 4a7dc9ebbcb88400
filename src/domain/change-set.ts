/**
 * Change set: which recipes a list of changed files touches. A recipe is a file that defines how a kernel is
 * built; what counts as one is the configuration's to say, and comes in as a predicate.
 */

/** Sorted, each once. A renamed file is a removal and an addition, so either name counts. */
export function touchedRecipes(
  changedFiles: Iterable<string>,
  isRecipe: (path: string) => boolean,
): string[] {
  return [...new Set(changedFiles)].filter(isRecipe).sort();
}
