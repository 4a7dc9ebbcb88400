/**
 * Commands in a comment: lines that start with `/modprobot`, where GitHub shows them as text.
 *
 * What trips people up: prose behind a command looks like attribute names (`build linux please`). A list of
 * attributes ends at a word that ends sentences or at a sign; any other word that is no attribute path makes
 * the whole line not understood, since guessing would build what nobody named. Whether attributes exist, and
 * who may, is asked elsewhere.
 */
import { formatAttrPath, parseAttrPath } from "./attr-path.ts";
import type { CommandKind, ParsedCommand } from "./commands.ts";
import type { AttrPath } from "./evaluation.ts";
import { nearMisses } from "./near-misses.ts";
import { clip, quoted, singleLine } from "./plain-text.ts";
import { visibleLines } from "./visible-lines.ts";

export const COMMANDS = [
  "check",
  "rebuilds",
  "build",
  "test",
  "consumers",
  "cancel",
  "status",
  "approve",
  "help",
] as const satisfies readonly CommandKind[];

/** One comment asks for a handful of things; a thousand lines of commands are an attack or an accident. */
const MOST_COMMANDS = 10;
const LONGEST_LINE = 2_000;
const MOST_ATTRS = 50;
const LONGEST_ATTR = 200;
/** GitHub takes 65,536 characters. */
const LONGEST_COMMENT = 262_144;

/** In the order of the comment. */
export function parseCommands(comment: string): ParsedCommand[] {
  const lines = visibleLines(comment.slice(0, LONGEST_COMMENT)).filter((line) =>
    /^\/modprobot(?=\s|$)/i.test(line),
  );
  const commands = lines.slice(0, MOST_COMMANDS).map(parseLine);
  if (lines.length <= MOST_COMMANDS) return commands;
  const rest = lines[MOST_COMMANDS] ?? "";
  return [
    ...commands,
    notUnderstood(
      rest,
      `a comment can hold ${MOST_COMMANDS} commands; this one and those after it were left out`,
    ),
  ];
}

function parseLine(line: string): ParsedCommand {
  if (line.length > LONGEST_LINE)
    return notUnderstood(line, `a command can be ${LONGEST_LINE} characters long`);
  const [name = "", ...words] = split(line.slice("/modprobot".length));
  if (name === "") return understood(line, { kind: "help" });
  const kind = COMMANDS.find((known) => known === withoutPunctuation(name).toLowerCase());
  if (kind === undefined) return notUnderstood(line, unknownCommand(name));
  switch (kind) {
    case "rebuilds":
      return parseRebuilds(line, words);
    case "build":
      return withAttrs(line, words, "kernels or packages", (attrs) =>
        attrs.length === 0
          ? notUnderstood(line, "`build` needs at least one attribute, for example `/modprobot build linux`")
          : understood(line, { kind, attrs }),
      );
    case "test":
      return withAttrs(line, words, "VM tests", (tests) => understood(line, { kind, tests }));
    case "consumers":
      return withAttrs(line, words, "consumers", (attrs) => understood(line, { kind, attrs }));
    default:
      return refuseOptions(line, words) ?? understood(line, { kind });
  }
}

function parseRebuilds(line: string, words: readonly string[]): ParsedCommand {
  const [option, ...rest] = words.flatMap((word) =>
    word.startsWith("--why=") ? ["--why", word.slice("--why=".length)] : [word],
  );
  if (option !== "--why") return refuseOptions(line, words) ?? understood(line, { kind: "rebuilds" });
  const why = rest[0] === undefined ? undefined : readAttr(rest[0]);
  if (why === undefined) {
    return notUnderstood(line, "`--why` needs one attribute, for example `/modprobot rebuilds --why git`");
  }
  return refuseOptions(line, rest) ?? understood(line, { kind: "rebuilds", why });
}

function withAttrs(
  line: string,
  words: readonly string[],
  what: string,
  make: (attrs: readonly AttrPath[]) => ParsedCommand,
): ParsedCommand {
  const wrong = refuseOptions(line, words);
  if (wrong !== undefined) return wrong;
  const attrs: AttrPath[] = [];
  for (const word of words) {
    if (endsList(word)) break;
    const attr = readAttr(word);
    if (attr === undefined) {
      return notUnderstood(
        line,
        `${quoted(word)} is no attribute path. Name ${what} separated by spaces, and write other text on a line of its own`,
      );
    }
    attrs.push(attr);
    if (/[.!?;:]$/.test(word)) break;
  }
  if (attrs.length > MOST_ATTRS) return notUnderstood(line, `a command can name ${MOST_ATTRS} attributes`);
  return make([...new Set(attrs)]);
}

/** Words that follow a command in a sentence. An attribute of that name can be written in double quotes. */
const PROSE = new Set(
  (
    "a again all also an and are as asap at because before but by can cheers could do first for from has have hey hi i if " +
    "in into is it its just let now of ok okay on once only or our please pls plz right since so still thank thanks that the " +
    "then this thx to too ty until want was we when where which while will with would yes you"
  ).split(" "),
);

/** A sign that stands by itself, what opens an aside, a mention, or a word of prose. */
function endsList(word: string): boolean {
  return (
    !/[\p{L}\p{N}"]/u.test(word) ||
    /^(?:[(#@–—]|\/\/|--(?!\w))/.test(word) ||
    PROSE.has(withoutPunctuation(word).toLowerCase())
  );
}

const PLAIN_PATH = /^[A-Za-z0-9_][A-Za-z0-9_'+-]*$/;

/** `linux`, `linuxPackages.zfs,`, `` `linux` ``, `checks."a b"`. */
function readAttr(word: string): AttrPath | undefined {
  const bare = withoutPunctuation(word).replace(/^`+([^`]*)`+$/, "$1");
  if (bare === "" || bare.length > LONGEST_ATTR) return undefined;
  const components = parseAttrPath(bare);
  if (components === undefined) return undefined;
  const isQuoted = bare.includes('"');
  if (!isQuoted && !components.every((name) => PLAIN_PATH.test(name))) return undefined;
  if (components.some((name) => name === "" || /\p{Cc}/u.test(name))) return undefined;
  return formatAttrPath(components);
}

/** At the end; a word of nothing else is left empty. Walked backwards: a pattern would try at every sign. */
function withoutPunctuation(word: string): string {
  let end = word.length;
  while (end > 0 && ",.!?;:…".includes(word.charAt(end - 1))) end -= 1;
  return word.slice(0, end);
}

function refuseOptions(line: string, words: readonly string[]): ParsedCommand | undefined {
  const option = words.find((word) => /^--?\w/.test(word));
  if (option === undefined) return undefined;
  return notUnderstood(line, `${quoted(option)} is no option here; \`/modprobot help\` lists all commands`);
}

/** Words; a quoted part may hold spaces. No part can match what another one can, which keeps it linear. */
function split(text: string): string[] {
  return text.match(/(?:"(?:[^"\\]|\\.)*"|[^\s"])+|"/g) ?? [];
}

function unknownCommand(name: string): string {
  const near = nearMisses(clip(name, 40), COMMANDS, 1)[0];
  const hint = near === undefined ? "" : `; did you mean ${quoted(near)}?`;
  return `there is no command ${quoted(name)}${hint === "" ? "; `/modprobot help` lists all" : hint}`;
}

function understood(line: string, command: Extract<ParsedCommand, { ok: true }>["command"]): ParsedCommand {
  return { ok: true, line: singleLine(line, 200), command };
}

function notUnderstood(line: string, problem: string): ParsedCommand {
  return { ok: false, line: singleLine(line, 200), problem };
}
