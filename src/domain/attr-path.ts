/**
 * Attribute paths as text and as components: `linuxPackages.zfs`, `checks."a b"."x.y"`.
 *
 * What trips people up: a component may be any string at all, dots and line ends included, and is then quoted
 * as Nix quotes it (https://nix.dev/manual/nix/latest/language/identifiers, string literals). The text is a
 * name to show and to key maps by; it never becomes part of a Nix expression or an argument vector.
 */
import type { AttrPath } from "./evaluation.ts";

/** The package set itself: the attr that is broken when nothing in it can be evaluated. */
export const ROOT_ATTR: AttrPath = "";

const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_'-]*$/;
/** Words of the language: Nix prints them quoted. */
const KEYWORDS = new Set(["assert", "else", "if", "in", "inherit", "let", "or", "rec", "then", "with"]);

const ESCAPES: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
const UNESCAPES: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

/** A Nix string literal. `${` is escaped, so the text means itself wherever it is read. */
export function nixString(text: string): string {
  return `"${text.replace(/["\\\n\r\t]|\$\{/g, (found) => ESCAPES[found] ?? `\\${found}`)}"`;
}

export function formatAttrPath(components: readonly string[]): AttrPath {
  return components
    .map((name) => (IDENTIFIER.test(name) && !KEYWORDS.has(name) ? name : nixString(name)))
    .join(".");
}

/** The reverse of `formatAttrPath`; also takes bare components Nix itself would want quoted. `undefined`: not a path. */
export function parseAttrPath(path: AttrPath): string[] | undefined {
  if (path === ROOT_ATTR) return [];
  const components: string[] = [];
  const part = /"((?:[^"\\]|\\[\s\S])*)"|([^."]+)/y;
  for (let at = 0; ; at = part.lastIndex + 1) {
    part.lastIndex = at;
    const match = part.exec(path);
    if (match === null) return undefined;
    components.push(match[2] ?? unquote(match[1] ?? ""));
    if (part.lastIndex === path.length) return components;
    if (path[part.lastIndex] !== ".") return undefined;
  }
}

function unquote(text: string): string {
  return text.replace(/\\([\s\S])/g, (_, escaped: string) => UNESCAPES[escaped] ?? escaped);
}
