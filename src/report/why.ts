/** The answer to `--why`, for a terminal: what the attr is built from, down to what differs. */
import { singleLine } from "../domain/plain-text.ts";

/** @param lines none where it is not rebuilt */
export function renderWhy(attr: string, lines: readonly string[]): string {
  const name = singleLine(attr, 120);
  if (lines.length === 0) return `${name} is not rebuilt.\n`;
  const shown = lines.map(
    (line) => `  ${" ".repeat(line.length - line.trimStart().length)}${singleLine(line)}`,
  );
  return [`Why ${name} is rebuilt`, ...shown, ""].join("\n");
}
