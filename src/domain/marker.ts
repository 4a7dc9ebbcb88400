/**
 * Markers: how we find our own comments again. The last line of a comment of ours, invisible when shown.
 *
 * Anyone can paste a marker, so it counts only together with the author, which the adapter checks; and only as
 * the last line, so that nothing quoted further up can be mistaken for it.
 */

/** Of the one comment that is kept up to date. */
export const REPORT_MARKER = "<!-- modprobot:report -->";

/** Of the answer to one thing. @param key letters, digits, `_`, `.`, and `-` between them; anything else is replaced. */
export function replyMarker(key: string): string {
  return `<!-- modprobot:reply ${key.replace(/(?:[^\w.-]|-(?![\w.]))+/g, "_").slice(0, 100)} -->`;
}

export function withMarker(body: string, marker: string): string {
  return `${body.trimEnd()}\n\n${marker}\n`;
}

export function hasMarker(body: string, marker: string): boolean {
  return body.trimEnd().split(/\r?\n/).at(-1)?.trim() === marker;
}
