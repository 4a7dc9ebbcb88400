/**
 * A cursor over the ATerm text of a derivation: brackets, strings and lists, and where it went wrong.
 *
 * What trips people up: strings are chosen by a pull request, so nothing here is quadratic or recursive in depth.
 */
import { InternalError } from "../errors.ts";
import type { DrvPath } from "./evaluation.ts";

/** The text is not a derivation: a damaged store, or a format newer than this reader. */
export class DerivationSyntaxError extends InternalError {
  readonly path: DrvPath;
  /** In UTF-16 units from the beginning of the text. */
  readonly offset: number;
  constructor(path: DrvPath, offset: number, expected: string) {
    super(`${path} is not a derivation: expected ${expected} at offset ${offset}`);
    this.path = path;
    this.offset = offset;
  }
}

/** A cursor over the text. Strings are found with indexOf, since a check reads tens of thousands of files. */
export class AtermReader {
  readonly #path: DrvPath;
  readonly #text: string;
  #at = 0;
  /** Where the next backslash at or after the cursor is; only then is a string worth a second look. */
  #backslash: number;

  constructor(path: DrvPath, text: string) {
    this.#path = path;
    this.#text = text;
    this.#backslash = this.#find("\\", 0);
  }

  error(expected: string): DerivationSyntaxError {
    return new DerivationSyntaxError(this.#path, this.#at, expected);
  }

  has(literal: string): boolean {
    return this.#text.startsWith(literal, this.#at);
  }

  expect(literal: string): void {
    if (!this.has(literal)) throw this.error(JSON.stringify(literal));
    this.#at += literal.length;
  }

  list(readElement: () => void): void {
    this.expect("[");
    while (!this.has("]")) {
      readElement();
      if (!this.has("]")) this.expect(",");
    }
    this.#at += 1;
  }

  strings(): string[] {
    const all: string[] = [];
    this.list(() => {
      all.push(this.string());
    });
    return all;
  }

  string(): string {
    this.expect('"');
    const start = this.#at;
    if (this.#backslash < start) this.#backslash = this.#find("\\", start);
    const quote = this.#find('"', start);
    if (this.#backslash > quote) return this.#closeAt(quote, this.#text.slice(start, quote));
    return this.#escapedString(start);
  }

  /** Passes over one bracketed value of any depth, without recursion. */
  skipNested(): void {
    let depth = 0;
    do {
      const character = this.#text[this.#at];
      if (character === '"') {
        this.string();
        continue;
      }
      if (character === "(" || character === "[") depth += 1;
      else if (character === ")" || character === "]") depth -= 1;
      else if (character !== ",") throw this.error("a value");
      this.#at += 1;
    } while (depth > 0);
  }

  #escapedString(start: number): string {
    const parts: string[] = [];
    let from = start;
    let quote = this.#find('"', from);
    while (this.#backslash < quote) {
      parts.push(this.#text.slice(from, this.#backslash), unescaped(this.#text[this.#backslash + 1]));
      from = this.#backslash + 2;
      this.#backslash = this.#find("\\", from);
      if (quote < from) quote = this.#find('"', from);
    }
    parts.push(this.#text.slice(from, quote));
    return this.#closeAt(quote, parts.join(""));
  }

  #closeAt(quote: number, value: string): string {
    if (quote === Number.POSITIVE_INFINITY) throw this.error("the end of a string");
    this.#at = quote + 1;
    return value;
  }

  #find(character: string, from: number): number {
    const found = this.#text.indexOf(character, from);
    return found === -1 ? Number.POSITIVE_INFINITY : found;
  }
}

function unescaped(character: string | undefined): string {
  if (character === "n") return "\n";
  if (character === "r") return "\r";
  if (character === "t") return "\t";
  return character ?? "";
}
