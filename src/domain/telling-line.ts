/**
 * The line of a failed build's log, or of an evaluation error, that tells what went wrong.
 *
 * The last line is often make saying that make failed. So the last line that looks like a complaint wins, and
 * among complaints those that only report that another program failed count for nothing.
 */

const COMPLAINT =
  /\b(?:error|fatal|cannot|can not|can't|could not|couldn't|not found|no such file|no rule|undefined|missing|failed|does not exist|unable|denied|invalid)\b/i;
const HEARSAY =
  /^(?:make(?:\[\d+\])?: (?:\*\*\*|Leaving|Entering)|error: build of |error: builder for |error: 1 dependenc|cannot build derivation|note: )/i;

/** Undefined where there is no line at all. Raw: hostile text. */
export function tellingLine(lines: readonly string[]): string | undefined {
  const said = lines.map((line) => line.trim()).filter((line) => line !== "");
  return (
    said.findLast((line) => COMPLAINT.test(line) && !HEARSAY.test(line)) ??
    said.findLast((line) => !HEARSAY.test(line)) ??
    said.at(-1)
  );
}
