/**
 * Reads one `.drv` file: the ATerm text that Nix writes for every derivation
 * (https://nix.dev/manual/nix/latest/protocols/derivation-aterm).
 *
 * What trips people up: the text is written by Nix, but every string in it may be chosen by a pull request, so
 * nothing here is quadratic, recursive in depth, or looked up on an object that has a prototype. Outputs of
 * floating content-addressed derivations have no path yet; their path is "".
 *
 * Does not check hashes, and does not look into strings: `references.ts` does.
 */
import { InternalError } from "../errors.ts";
import type { Derivation, DerivationOutput, Json } from "./derivation.ts";
import type { DrvPath, OutputName } from "./evaluation.ts";

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

/** Names are chosen by the recipe: an output may be called `constructor`, an environment variable `__proto__`. */
type Dictionary<T> = Record<string, T>;
const dictionary = <T>(): Dictionary<T> => Object.create(null) as Dictionary<T>;

/**
 * Handles `Derive(…)` as written since Nix 1.0 and `DrvWithVersion("xp-dyn-drv",…)` of dynamic derivations.
 * @throws DerivationSyntaxError
 */
export function parseDerivation(path: DrvPath, text: string): Derivation {
  const reader = new Reader(path, text);
  if (reader.has("DrvWithVersion(")) {
    reader.expect("DrvWithVersion(");
    if (reader.string() !== "xp-dyn-drv") throw reader.error("a known version");
    reader.expect(",");
  } else {
    reader.expect("Derive(");
  }
  const outputs = readOutputs(reader);
  reader.expect(",");
  const inputDrvs = readInputs(reader);
  reader.expect(",");
  const inputSrcs = reader.strings();
  reader.expect(",");
  const system = reader.string();
  reader.expect(",");
  const builder = reader.string();
  reader.expect(",");
  const args = reader.strings();
  reader.expect(",");
  const env = readEnvironment(reader);
  reader.expect(")");

  const structuredAttrs = parseStructuredAttrs(env["__json"]);
  const name = derivationName(path);
  const common = { path, name, outputs, inputDrvs, inputSrcs, system, builder, args, env };
  return structuredAttrs === undefined ? common : { ...common, structuredAttrs };
}

/** `/nix/store/<32 characters>-linux-6.1.drv` → `linux-6.1`. */
function derivationName(path: DrvPath): string {
  const base = path.slice(path.lastIndexOf("/") + 1);
  return base.slice(base.indexOf("-") + 1, base.endsWith(".drv") ? -4 : undefined);
}

function readOutputs(reader: Reader): Dictionary<DerivationOutput> {
  const outputs = dictionary<DerivationOutput>();
  reader.list(() => {
    reader.expect("(");
    const name = reader.string();
    reader.expect(",");
    const path = reader.string();
    reader.expect(",");
    const hashAlgo = reader.string();
    reader.expect(",");
    const hash = reader.string();
    reader.expect(")");
    outputs[name] = { path, hashAlgo, hash };
  });
  return outputs;
}

function readInputs(reader: Reader): Map<DrvPath, readonly OutputName[]> {
  const inputs = new Map<DrvPath, readonly OutputName[]>();
  reader.list(() => {
    reader.expect("(");
    const path = reader.string();
    reader.expect(",");
    inputs.set(path, reader.has("(") ? readDynamicOutputs(reader) : reader.strings());
    reader.expect(")");
  });
  return inputs;
}

/**
 * `(["out"],[("drv",["out"])])`: outputs selected, and outputs of derivations which those outputs are. To
 * select something of what an output turns out to be is to depend on that output, so both count.
 */
function readDynamicOutputs(reader: Reader): readonly OutputName[] {
  reader.expect("(");
  const names = new Set(reader.strings());
  reader.expect(",");
  reader.list(() => {
    reader.expect("(");
    names.add(reader.string());
    reader.expect(",");
    reader.skipNested();
    reader.expect(")");
  });
  reader.expect(")");
  return [...names];
}

function readEnvironment(reader: Reader): Dictionary<string> {
  const env = dictionary<string>();
  reader.list(() => {
    reader.expect("(");
    const name = reader.string();
    reader.expect(",");
    env[name] = reader.string();
    reader.expect(")");
  });
  return env;
}

/** Broken JSON is left as the string it is: Nix refuses such a derivation when it is built, and says so better. */
function parseStructuredAttrs(json: string | undefined): { readonly [key: string]: Json } | undefined {
  if (json === undefined) return undefined;
  try {
    const value = JSON.parse(json) as Json;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.assign(dictionary<Json>(), value);
  } catch {
    return undefined;
  }
}

/** A cursor over the text. Strings are found with indexOf, since a check reads tens of thousands of files. */
class Reader {
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
