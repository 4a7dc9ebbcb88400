/**
 * Redaction: no secret leaves in a log, whole or in pieces.
 *
 * Two nets: the secrets we know, by value, in the forms they take inside JSON, addresses and base64; and what secrets
 * look like, for those we do not know. Text comes in chunks that may be cut anywhere: whether a secret begins at some
 * place is decided once as much text follows as the longest one needs, so the outcome is the same however it was cut.
 * Not found: a secret written in yet another form, such as one letter a line.
 */

import { Transform } from "node:stream";
import { StringDecoder } from "node:string_decoder";

export const REDACTED = "[redacted]";

export interface Redactor {
  /** A whole text. */
  text(text: string): string;
  /** For text in chunks. It comes out as late as the longest secret is long, and at the end. */
  stream(): Transform;
}

/** @param secrets everything that is secret here; what is shorter than 8 characters cannot be told from other text. */
export function createRedactor(secrets: readonly string[]): Redactor {
  const net = createNet(secrets);
  return {
    text(text) {
      const scanner = createScanner(net);
      return scanner.push(text) + scanner.end();
    },
    stream() {
      const scanner = createScanner(net);
      const decoder = new StringDecoder("utf8");
      return new Transform({
        decodeStrings: false,
        transform(chunk: string | Buffer, _encoding, callback) {
          callback(null, scanner.push(typeof chunk === "string" ? chunk : decoder.write(chunk)));
        },
        flush(callback) {
          callback(null, scanner.push(decoder.end()) + scanner.end());
        },
      });
    },
  };
}

/** Takes characters as long as they belong to what is hidden; false for the first that does not. */
type Tail = (character: string) => boolean;

interface Pattern {
  /** Of bounded length: nothing is decided before that much text is there. */
  readonly opening: string;
  readonly longest: number;
  readonly isShown?: true;
  /** How far it goes on behind the opening. */
  readonly tail: () => Tail;
}

/** A header's value; longer ones are not sent by anybody. */
const LONGEST_VALUE = 4096;
/** A private key of 16,384 bits has less. */
const LONGEST_KEY = 16_384;

const PATTERNS: Readonly<Record<string, Pattern>> = {
  // https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/, and since 2026
  // tokens of installations hold a JWT: any length, with dots and hyphens.
  token: { opening: "gh[a-z]_[\\w.-]{36}", longest: 40, tail: () => matching(/[\w.-]/) },
  personal: { opening: "github_pat_\\w{20}", longest: 31, tail: () => matching(/\w/) },
  key: { opening: "-----BEGIN (?:[A-Z]{1,12} ){0,3}PRIVATE KEY-----", longest: 66, tail: toKeyEnd },
  header: {
    opening:
      "[Aa][Uu][Tt][Hh][Oo][Rr][Ii][Zz][Aa][Tt][Ii][Oo][Nn][\"'\\\\]{0,2}[ \\t]{0,4}[:=][ \\t]{0,4}\\\\?[\"']?",
    longest: 26,
    isShown: true,
    tail: toValueEnd,
  },
};

function matching(characters: RegExp): Tail {
  return (character) => characters.test(character);
}

/** Its lines, also where the line ends are written as `\n`, up to and with the END line. */
function toKeyEnd(): Tail {
  let seen = "";
  let left = LONGEST_KEY;
  return (character) => {
    if (seen.endsWith("KEY-----") || left-- === 0 || !/[A-Za-z0-9+/=\s\\:,-]/.test(character)) return false;
    seen = (seen + character).slice(-8);
    return true;
  };
}

/** To the end of the line or of the string it is written in. */
function toValueEnd(): Tail {
  let left = LONGEST_VALUE;
  return (character) => left-- > 0 && !/["'\\\r\n]/.test(character);
}

interface Net {
  /** Of a regular expression; the group of a pattern has its name. */
  readonly source: string;
  readonly longest: number;
}

function createNet(secrets: readonly string[]): Net {
  // The longest first: one may begin with another.
  const known = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  const literals = known.map((form) => form.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&"));
  const patterns = Object.entries(PATTERNS).map(([name, { opening }]) => `(?<${name}>${opening})`);
  const lengths = [...known.map(({ length }) => length), ...Object.values(PATTERNS).map((p) => p.longest)];
  return { source: [...literals, ...patterns].join("|"), longest: Math.max(...lengths) };
}

/** Shorter ones would blacken every log. */
const SHORTEST = 8;
const SHORTEST_LINE = 32;

function formsOf(secret: string): readonly string[] {
  const text = secret.trim().toWellFormed();
  const lines = text.split(/\s*\n\s*/);
  const forms = [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    Buffer.from(text).toString("base64"),
  ];
  // Of a key each line is secret: logs come line by line.
  const pieces = lines.length > 1 ? lines.filter(({ length }) => length >= SHORTEST_LINE) : [];
  return [...forms.filter(({ length }) => length >= SHORTEST), ...pieces];
}

function createScanner({ source, longest }: Net) {
  const net = new RegExp(source, "g");
  let text = "";
  let tail: Tail | undefined;

  /** Everything that begins before `decidable` is decided; the rest stays. */
  const scan = (decidable: number): string => {
    let shown = "";
    let at = 0;
    for (;;) {
      while (tail !== undefined && at < text.length) {
        if (tail(text[at] ?? "")) at++;
        else tail = undefined;
      }
      net.lastIndex = at;
      const found = net.exec(text);
      if (found === null || found.index >= decidable) break;
      const pattern = patternOf(found);
      shown += text.slice(at, found.index) + (pattern?.isShown ? found[0] : "") + REDACTED;
      at = found.index + found[0].length;
      tail = pattern?.tail();
    }
    const upTo = Math.max(at, decidable);
    shown += text.slice(at, upTo);
    text = text.slice(upTo);
    return shown;
  };

  return {
    push(chunk: string): string {
      text += chunk;
      return scan(Math.max(0, text.length - longest + 1));
    },
    end: (): string => scan(text.length),
  };
}

function patternOf({ groups }: RegExpExecArray): Pattern | undefined {
  for (const [name, pattern] of Object.entries(PATTERNS)) if (groups?.[name] !== undefined) return pattern;
  return undefined;
}
