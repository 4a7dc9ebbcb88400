/**
 * Outputs and inputs of a derivation, straight from the bytes of its file: what `parse-derivation.ts` does in general, done
 * in a hundredth of the time for the form that nearly every file has.
 */

/** Where the hash in `/nix/store/<hash>-…` begins. */
export const HASH_OFFSET = "/nix/store/".length;

const QUOTE = 0x22;
const OPEN = 0x28;
const CLOSE = 0x29;
const COMMA = 0x2c;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const BEGINNING = Array.from("Derive([", (letter) => letter.charCodeAt(0));

export interface HeadListener {
  /** `from` and `to`: its path, nothing where it has none yet. `isFixed`: its content was known beforehand. */
  output(from: number, to: number, isFixed: boolean): void;
  /** `nameAt`: where its name begins, the hash first. `from` and `to`: the outputs selected, `"dev","out"`. */
  input(nameAt: number, from: number, to: number): void;
}

/**
 * @param text may end anywhere after the first two fields
 * @returns false where it ends before, or has a form that is not known here (a dynamic derivation, an escaped character, no
 * derivation at all). What was said before is then to be forgotten.
 */
export function scanHead(text: Uint8Array, listener: HeadListener): boolean {
  if (BEGINNING.some((letter, at) => text[at] !== letter)) return false;
  const inputs = scanOutputs(text, BEGINNING.length, listener);
  if (text[inputs] !== COMMA || text[inputs + 1] !== OPEN_LIST) return false;
  return scanInputs(text, inputs + 2, listener);
}

/** Behind the list of outputs, whose first element is at `start`; the end where something is wrong with it. */
function scanOutputs(text: Uint8Array, start: number, { output }: HeadListener): number {
  const none = text.length;
  if (text[start] === CLOSE_LIST) return start + 1;
  for (let at = start; at < text.length; ) {
    if (text[at] !== OPEN || text[at + 1] !== QUOTE) return none;
    const path = endOfString(text, at + 2) + 3;
    const pathEnd = endOfString(text, path);
    const method = endOfString(text, pathEnd + 3);
    const hash = endOfString(text, method + 3);
    if (text[hash + 1] !== CLOSE) return none;
    output(path, pathEnd, hash > method + 3);
    at = hash + 3;
    if (text[at - 1] === CLOSE_LIST) return at;
    if (text[at - 1] !== COMMA) return none;
  }
  return none;
}

function scanInputs(text: Uint8Array, start: number, { input }: HeadListener): boolean {
  if (text[start] === CLOSE_LIST) return true;
  for (let at = start; at < text.length; ) {
    if (text[at] !== OPEN || text[at + 1] !== QUOTE) return false;
    const path = at + 2;
    const selected = endOfString(text, path) + 3;
    if (text[selected - 2] !== COMMA || text[selected - 1] !== OPEN_LIST) return false;
    at = endOfStrings(text, selected);
    if (text[at] !== CLOSE_LIST || text[at + 1] !== CLOSE) return false;
    input(path + HASH_OFFSET, selected, at);
    at += 3;
    if (text[at - 1] === CLOSE_LIST) return true;
    if (text[at - 1] !== COMMA) return false;
  }
  return false;
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
