/**
 * Where the comment of a line begins: what is said there is not done.
 *
 * Line by line and by the rules of shells, which Python, Perl, Nix and YAML share where it matters here: `#` at the
 * beginning of a word and outside quotes. A quoted text over several lines is mostly a script of its own, in
 * which `#` at the beginning means the same. Languages with `//` are told by the file's name.
 */

export type CommentStyle = "hash" | "slashes";

const SLASHES = /\.(?:c|cc|cpp|go|h|hpp|java|js|kt|mjs|rs|swift|ts|zig)$/;

export function commentStyleOf(fileName: string): CommentStyle {
  return SLASHES.test(fileName) ? "slashes" : "hash";
}

/** Index of the comment's first character, the length of the line when it has none. */
export function commentStart(line: string, style: CommentStyle = "hash"): number {
  // The line that names a script's interpreter.
  if (line.startsWith("#!")) return line.length;
  if (style === "slashes" && /^\s*(?:\*|\/\*)/.test(line)) return 0;
  let quote = "";
  for (let i = 0; i < line.length; i += 1) {
    const character = line[i] as string;
    if (character === "\\" && quote !== "'") i += 1;
    else if (quote !== "") quote = character === quote ? "" : quote;
    else if (character === '"' || (character === "'" && closesOnLine(line, i))) quote = character;
    else if (style === "slashes" ? line.startsWith("//", i) : character === "#" && beginsWord(line, i))
      return i;
  }
  return line.length;
}

/** An apostrophe without a partner is one in a word, `don't`, and quotes nothing. */
function closesOnLine(line: string, at: number): boolean {
  return line.includes("'", at + 1);
}

function beginsWord(line: string, at: number): boolean {
  return at === 0 || /[\s;&|(]/.test(line[at - 1] ?? "");
}

/** The line without its comment. */
export function withoutComment(line: string, style: CommentStyle = "hash"): string {
  return line.slice(0, commentStart(line, style));
}
