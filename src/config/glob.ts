/**
 * Globs, in time that grows with glob times path and no faster.
 *
 * Libraries turn a glob into a regular expression, and `a*a*a*b` then takes half a minute on a file name that a
 * pull request chose well (measured; V8 backtracks). What is understood: `*` and `?` within one part of a path,
 * `**` for any number of whole parts, and `{a,b}`. Names that start with a dot are names like others. Classes
 * (`[a-z]`) and escapes are not understood, and `isGlob` says so.
 */

/** Alternatives that braces may multiply to. */
const MOST_ALTERNATIVES = 100;
const STARS = "**";

/** Whether `text` means here what whoever wrote it expects: relative, no empty part, nothing not understood. */
export function isGlob(text: string): boolean {
  const expanded = expandBraces(text);
  return (
    expanded?.every((glob) =>
      glob
        .split("/")
        .every((part) => part !== "" && part !== "." && part !== ".." && !/[[\]{}()\\]/.test(part)),
    ) ?? false
  );
}

/** @param glob one that `isGlob` */
export function globMatcher(glob: string): (path: string) => boolean {
  const alternatives = (expandBraces(glob) ?? []).map((alternative) => alternative.split("/"));
  return (path) => {
    const parts = path.split("/");
    return alternatives.some((pattern) => matches(pattern, parts, STARS, matchesPart));
  };
}

function matchesPart(pattern: string, part: string): boolean {
  return matches([...pattern], [...part], "*", (wanted, char) => wanted === "?" || wanted === char);
}

/**
 * A pattern whose `star` stands for any number of elements. Only the last star met is ever tried again: an
 * earlier one could take over nothing that the last cannot.
 */
function matches<T>(
  pattern: readonly T[],
  elements: readonly T[],
  star: T,
  matchesOne: (wanted: T, element: T) => boolean,
): boolean {
  let at = 0;
  let lastStar = -1;
  let takenUpTo = 0;
  for (let index = 0; index < elements.length; ) {
    const wanted = pattern[at];
    const element = elements[index];
    if (wanted === star) {
      lastStar = at;
      takenUpTo = index;
      at += 1;
    } else if (wanted !== undefined && element !== undefined && matchesOne(wanted, element)) {
      at += 1;
      index += 1;
    } else if (lastStar >= 0) {
      takenUpTo += 1;
      index = takenUpTo;
      at = lastStar + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((left) => left === star);
}

/** `a{b,c}` → `ab`, `ac`; undefined where they are too many. Braces within braces are left as they are. */
function expandBraces(glob: string): string[] | undefined {
  let globs = [""];
  for (const piece of glob.split(/(\{[^{}]*\})/)) {
    const choices = piece.startsWith("{") && piece.endsWith("}") ? piece.slice(1, -1).split(",") : [piece];
    if (globs.length * choices.length > MOST_ALTERNATIVES) return undefined;
    globs = globs.flatMap((start) => choices.map((choice) => start + choice));
  }
  return globs;
}
