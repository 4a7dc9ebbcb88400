/**
 * The inputs of a derivation, straight from the bytes of its file: what `parse-derivation.ts` does in general, done in a
 * hundredth of the time for the form that nearly every file has.
 */

/** Of `/nix/store/<hash>-…`. */
const HASH_OFFSET = "/nix/store/".length;

const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const BEGINNING = Array.from("Derive([", (letter) => letter.charCodeAt(0));

/**
 * `nameAt`: where the name of the input begins, its hash first. `from` and `to`: the outputs it selects, `"dev","out"`, sorted
 * as Nix writes them.
 */
export type OnInput = (nameAt: number, from: number, to: number) => void;

/**
 * @returns false where the text ends too early or has a form that is not known here (a dynamic derivation, an escaped
 * character, no derivation at all). What was said of inputs before is then to be forgotten.
 */
export function scanInputs(text: Uint8Array, onInput: OnInput): boolean {
  if (BEGINNING.some((letter, at) => text[at] !== letter)) return false;
  let at = afterOutputs(text);
  if (text[at] !== COMMA || text[at + 1] !== OPEN_LIST) return false;
  at += 2;
  if (text[at] === CLOSE_LIST) return at < text.length;
  while (at < text.length) {
    if (text[at] !== OPEN || text[at + 1] !== QUOTE) return false;
    const path = at + 2;
    const selected = endOfString(text, path) + 3;
    if (text[selected - 2] !== COMMA || text[selected - 1] !== OPEN_LIST) return false;
    at = endOfStrings(text, selected);
    if (text[at] !== CLOSE_LIST || text[at + 1] !== CLOSE) return false;
    onInput(path + HASH_OFFSET, selected, at);
    at += 3;
    if (text[at - 1] === CLOSE_LIST) return at <= text.length;
    if (text[at - 1] !== COMMA) return false;
  }
  return false;
}

/** Behind the list of outputs; the end where that is not here. */
function afterOutputs(text: Uint8Array): number {
  let at = BEGINNING.length;
  while (at < text.length) {
    const letter = text[at];
    if (letter === CLOSE_LIST) return at + 1;
    at = letter === QUOTE ? endOfString(text, at + 1) + 1 : at + 1;
  }
  return text.length;
}

/** At the bracket behind a list of strings, of which the first begins at `at`. */
function endOfStrings(text: Uint8Array, at: number): number {
  let next = at;
  while (text[next] === QUOTE) {
    next = endOfString(text, next + 1) + 1;
    if (text[next] !== COMMA) break;
    next += 1;
  }
  return next;
}

/** At the closing quote of a string; the end where there is none or it has an escaped character. */
function endOfString(text: Uint8Array, at: number): number {
  for (let next = at; next < text.length; next += 1) {
    if (text[next] === QUOTE) return next;
    if (text[next] === BACKSLASH) return text.length;
  }
  return text.length;
}
