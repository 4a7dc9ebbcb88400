/**
 * Shortening a report to what a comment may hold, by steps: the least important part first, each part down
 * its own steps until it is gone, whole blocks at a time. So nothing is ever cut inside a character, a code
 * fence or a fold, and the reader is told which parts are shorter than they were.
 */

export interface Limit {
  /** UTF-16 units, of which there are never fewer than characters. */
  readonly characters: number;
  /** Bytes in UTF-8. */
  readonly bytes: number;
}

/**
 * GitHub refuses comments over 65,536 characters and summaries of check runs over 65,535; what is stored is
 * limited in bytes as well. Room is left for a marker and for what a server adds.
 */
export const COMMENT_LIMIT: Limit = { characters: 60_000, bytes: 240_000 };

export interface Part {
  readonly name: string;
  /** The lowest is shortened first. */
  readonly importance: number;
  /** From complete to shortest; an empty text drops the part. Made when needed. */
  readonly steps: readonly (() => string)[];
}

/**
 * The longest text that fits, given how texts become one; `undefined` when even the shortest is too long.
 * `join` gets the names of the parts that were shortened or dropped.
 */
export function shortenToFit(
  parts: readonly Part[],
  limit: Limit,
  join: (texts: readonly string[], shortened: readonly string[]) => string,
): string | undefined {
  const stepOf = new Map(parts.map((part) => [part, 0]));
  const textOf = remember();
  for (;;) {
    const texts = parts.map((part) => textOf(part, stepOf.get(part) ?? 0));
    const shortened = parts.filter((part) => (stepOf.get(part) ?? 0) > 0).map((part) => part.name);
    const text = join(texts, shortened);
    if (fits(text, limit)) return text;
    const next = shortenable(parts, stepOf);
    if (next === undefined) return undefined;
    stepOf.set(next, (stepOf.get(next) ?? 0) + 1);
  }
}

export function fits(text: string, limit: Limit): boolean {
  return text.length <= limit.characters && new TextEncoder().encode(text).length <= limit.bytes;
}

function shortenable(parts: readonly Part[], stepOf: ReadonlyMap<Part, number>): Part | undefined {
  return parts
    .filter((part) => (stepOf.get(part) ?? 0) < part.steps.length - 1)
    .reduce<Part | undefined>(
      (least, part) => (least === undefined || part.importance < least.importance ? part : least),
      undefined,
    );
}

/** Each step is rendered once, however often the whole is measured. */
function remember(): (part: Part, step: number) => string {
  const texts = new Map<() => string, string>();
  return (part, step) => {
    const make = part.steps[step];
    if (make === undefined) return "";
    const text = texts.get(make) ?? make();
    texts.set(make, text);
    return text;
  };
}
