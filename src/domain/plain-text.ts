/**
 * Text that came out of a pull request, made harmless to look at: log lines, attr names, file names.
 *
 * Terminal sequences go entirely, since colours are no information. Every other character that can hide or
 * reorder what is around it becomes a visible replacement character, so that nobody is shown a name that is
 * not there. Escaping for Markdown or HTML is another matter and belongs to the renderers.
 */

/** ECMA-48 control strings (OSC, DCS, APC, PM, SOS), CSI sequences, two-character escapes; unterminated ones lose their introducer. No part can match across another introducer, which keeps it linear. */
const TERMINAL_SEQUENCES =
  /(?:\u001b[\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\u0007\u001b\u0090\u0098\u009c-\u009f\n]*(?:\u0007|\u001b\\|\u009c)|(?:\u001b\[|\u009b)[0-?]*[ -/]*[@-~]|\u001b[ -/]*[0-~]/g;

/** C0, C1, soft hyphen, marks of direction, zero-width and line separators, variation selectors' supplement, tags. */
const DECEIVING =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;

/** Keeps line ends and tabs. A carriage return alone ends a line, as in progress output. */
export function withoutControls(text: string): string {
  return text
    .toWellFormed()
    .replace(TERMINAL_SEQUENCES, "")
    .replace(/\r\n?/g, "\n")
    .replace(DECEIVING, "\ufffd");
}

/** One line: line ends and tabs become single spaces; at most `limit` characters, the last of them "…" when cut. */
export function singleLine(text: string, limit = 300): string {
  // Cut before the work as well: a name can be megabytes long, and every replacement above walks all of it.
  const line = withoutControls(text.slice(0, limit * 8))
    .replace(/\s+/g, " ")
    .trim();
  return clip(line, limit);
}

/** At most `limit` characters, counted as code points, the last of them "…" when something was cut. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text];
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join("")}…`;
}

/** A name inside a sentence, in backticks: `linux`. Renderers turn these into their own form of code. */
export function quoted(name: string): string {
  return `\`${singleLine(name, 80).replaceAll("`", "ʼ")}\``;
}

/** One line of prose with names in backticks; an odd backtick would turn names and words of what follows around. */
export function sentence(text: string, limit: number): string {
  const line = singleLine(text, limit);
  return line.split("`").length % 2 === 1 ? line : line.replaceAll("`", "ʼ");
}

/** `a`, `b` and 3 more: at most `limit` names. */
export function quotedList(names: readonly string[], limit = 3): string {
  const shown = names.slice(0, limit).map(quoted);
  const rest = names.length - shown.length;
  if (rest > 0) return `${shown.join(", ")} and ${rest} more`;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
