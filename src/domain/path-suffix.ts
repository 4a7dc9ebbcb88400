/**
 * Reads on behind a store path or a variable: `"$kernel"/lib/modules/"$version"/*.ko` → `lib/modules/*\/*.ko`.
 *
 * Scripts quote in the middle of a path, end it with anything, and fill in parts only known when they run; such a
 * part becomes `*`. Where even the first name is not known (`$kernel/$sub`, `$kernel/*`) the suffix is "": the whole
 * output is meant, as far as anybody can tell.
 */

/** Longer than any path the kernel accepts in one piece is no path. */
const SUFFIX_LIMIT = 4096;
/** How far the end of `$(…)`, `${…}`, `{a,b}` or `[a-z]` is looked for. */
const PART_LIMIT = 200;

const PLAIN = /[A-Za-z0-9._+@~/*?-]/;
const CONTINUES = /[A-Za-z0-9._+@~/*?${[-]/;

/** @returns without slashes around; "" for the whole output. */
export function readSuffix(text: string, start: number): string {
  let at = start;
  while (isQuote(text[at])) at += 1;
  if (text[at] !== "/") return "";
  const end = Math.min(text.length, start + SUFFIX_LIMIT);
  let suffix = "";
  while (at < end) {
    const [part, next] = readPart(text, at);
    if (next === at) break;
    suffix += part;
    at = next;
  }
  return tidy(suffix);
}

/** One character or one unknown part, and where to go on; the same place at the end of the path. */
function readPart(text: string, at: number): readonly [string, number] {
  const character = text[at] ?? "";
  if (PLAIN.test(character)) return [character, at + 1];
  if (isQuote(character)) return CONTINUES.test(text[afterQuotes(text, at)] ?? "") ? ["", at + 1] : ["", at];
  if (character === "$") return ["*", skipExpansion(text, at)];
  if (character === "{") return unknownUntil(text, at, "}");
  if (character === "[") return unknownUntil(text, at, "]");
  return ["", at];
}

const isQuote = (character: string | undefined) =>
  character === '"' || character === "'" || character === "\\";

function afterQuotes(text: string, at: number): number {
  let next = at;
  while (isQuote(text[next]) && next - at < 4) next += 1;
  return next;
}

function unknownUntil(text: string, at: number, close: string): readonly [string, number] {
  const end = text.slice(at, at + PART_LIMIT).indexOf(close);
  const inside = text.slice(at, at + Math.max(end, 0));
  return end === -1 || /[\s]/.test(inside) ? ["", at] : ["*", at + end + 1];
}

/** Behind `$name`, `${name…}`, `$(command)`; behind the `$` alone when it is none of them. */
function skipExpansion(text: string, at: number): number {
  const opening = text[at + 1];
  if (opening === "{") return skipBracketed(text, at + 1, "{", "}");
  if (opening === "(") return skipBracketed(text, at + 1, "(", ")");
  let end = at + 1;
  while (/\w/.test(text[end] ?? "")) end += 1;
  return end;
}

function skipBracketed(text: string, at: number, open: string, close: string): number {
  let depth = 0;
  for (let i = at; i < Math.min(text.length, at + PART_LIMIT); i += 1) {
    if (text[i] === open) depth += 1;
    if (text[i] === close) depth -= 1;
    if (depth === 0) return i + 1;
  }
  return at;
}

/** A full stop behind a path ends a sentence; a first name that is nothing but unknown tells nothing. */
function tidy(suffix: string): string {
  const names = suffix
    .replace(/\.+$/, "")
    .split("/")
    .filter((name) => name !== "" && name !== ".");
  return names[0] === undefined || /^\*+$/.test(names[0]) ? "" : names.join("/");
}
