/**
 * Programs that put together, at run time, a path which a tree no longer has: `$generation/kernel-modules/bzImage`.
 *
 * Such a program depends on no kernel, is not rebuilt, and fails when it is run. Its text is all there is. What
 * trips people up: the path need not stand in one piece (`join(generation, "kernel-modules", name)`), and a path that
 * merely begins the same (`kernel-modules/lib/modules`) is another one and fine.
 *
 * Found: the path in one piece; its names as separate literals in this order within one statement; the first name in
 * a statement with a variable that was given the rest. Comments and a tree's own `$out/…` are not references.
 */
import { commentStyleOf, withoutComment } from "./comments.ts";

export interface SearchedText {
  /** Name of the file, by which its language is told. */
  readonly fileName: string;
  readonly text: string;
}

export interface TextReference {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** The line, trimmed, raw. */
  readonly text: string;
}

/** Lines that one statement is followed over. */
const STATEMENT_LINES = 4;
const LINE_LIMIT = 2_000;
const SHOWN = 300;

/** The first reference to each path, in the order of `paths`. Paths have two names at least. */
export function findTextReferences(
  paths: readonly string[],
  searched: SearchedText,
): readonly TextReference[] {
  const possible = pathsWithin(paths, searched.text);
  if (possible.length === 0) return [];
  const style = commentStyleOf(searched.fileName);
  const lines = searched.text.split("\n").map((line) => line.slice(0, LINE_LIMIT));
  const code = lines.map((line) => withoutComment(line, style));
  return possible.flatMap((path) => {
    const at = findLine(code, path);
    return at === undefined ? [] : [{ path, line: at + 1, text: (lines[at] ?? "").trim().slice(0, SHOWN) }];
  });
}

/** Whose names all occur somewhere: the quick question that spares most texts the slow one. */
function pathsWithin(paths: readonly string[], text: string): readonly string[] {
  const occurs = new Map<string, boolean>();
  const has = (name: string): boolean => {
    const known = occurs.get(name) ?? text.includes(name);
    occurs.set(name, known);
    return known;
  };
  return paths.filter((path) => namesOf(path).every(has));
}

const namesOf = (path: string) => path.split("/");

function findLine(code: readonly string[], path: string): number | undefined {
  const [first = "", ...rest] = namesOf(path);
  const holders = variablesHolding(code, rest.join("/"));
  const found = code.findIndex((line, at) =>
    componentsAt(line, first).some((start) => {
      const behind = line.slice(start + first.length);
      if (/^\/[\w.-]/.test(behind)) return continuesWith(behind, rest);
      const statement = statementFrom(code, at, start + first.length);
      return literalsInOrder(statement, rest) || mentions(statement, holders);
    }),
  );
  return found === -1 ? undefined : found;
}

/** Where a name stands as a whole component of a path that is not the builder's own output. */
function componentsAt(line: string, name: string): readonly number[] {
  const found: number[] = [];
  for (let at = line.indexOf(name); at !== -1; at = line.indexOf(name, at + name.length)) {
    const before = line.slice(Math.max(0, at - 40), at);
    const isComponent =
      /(?:^|[/"'`\s(,=+])$/.test(before) && /^(?:$|[/"'`\s),+;])/.test(line.slice(at + name.length));
    if (isComponent && !/\$\{?(?:out|prefix|DESTDIR)\}?"?\/[^\s]*$/.test(before)) found.push(at);
  }
  return found;
}

/** `/bzImage"` behind the first name, and nothing longer. */
function continuesWith(behind: string, rest: readonly string[]): boolean {
  const wanted = `/${rest.join("/")}`;
  return behind.startsWith(wanted) && !/^[\w.-]/.test(behind.slice(wanted.length));
}

/** The rest of a line and what it goes on with: open brackets, operators, chained calls, continued shell lines. */
function statementFrom(code: readonly string[], at: number, from: number): string {
  let statement = (code[at] ?? "").slice(from);
  for (let next = at + 1; next < Math.min(code.length, at + STATEMENT_LINES); next += 1) {
    const line = code[next] ?? "";
    if (!/(?:[,(+[.\\]|\|\||&&)\s*$/.test(code[next - 1] ?? "") && !/^\s*[.+),\]]/.test(line)) break;
    statement += `\n${line}`;
  }
  return statement;
}

/** `"bzImage"`, or `"a"` … `"b"` in this order, each a literal of its own or with a slash before or behind it. */
function literalsInOrder(statement: string, names: readonly string[]): boolean {
  let from = 0;
  for (const name of names) {
    const at = literalAt(statement, name, from);
    if (at === -1) return false;
    from = at + name.length;
  }
  return names.length > 0;
}

function literalAt(text: string, name: string, from: number): number {
  for (let at = text.indexOf(name, from); at !== -1; at = text.indexOf(name, at + name.length)) {
    if (
      /["'`]\/?$/.test(text.slice(Math.max(0, at - 2), at)) &&
      /^\/?["'`]/.test(text.slice(at + name.length))
    )
      return at;
  }
  return -1;
}

/**
 * Variables that are given the wanted rest of a path, directly or through another: `IMAGES = ["bzImage"]`,
 * `for name in IMAGES`. Two steps: a program with more between is beyond reading lines.
 */
function variablesHolding(code: readonly string[], rest: string): ReadonlySet<string> {
  const direct = assignedOn(
    code.filter(
      (line) => line.includes(rest) && (literalAt(line, rest, 0) !== -1 || isShellWord(line, rest)),
    ),
  );
  if (direct.size === 0) return direct;
  return new Set([...direct, ...assignedOn(code.filter((line) => mentions(assignedValue(line), direct)))]);
}

const isShellWord = (line: string, word: string) => line.trim().endsWith(`=${word}`);

const ASSIGNMENT =
  /(?:^|[\s(,{])(?:(?:let|const|local|export|my|for|mut)\s+)*([A-Za-z_]\w*)\s*(?::=|=(?!=)|\bin\b|:\s)/;

function assignedOn(lines: readonly string[]): ReadonlySet<string> {
  return new Set(lines.flatMap((line) => ASSIGNMENT.exec(line)?.[1] ?? []));
}

function assignedValue(line: string): string {
  const match = ASSIGNMENT.exec(line);
  return match === null ? "" : line.slice(match.index + match[0].length);
}

function mentions(text: string, variables: ReadonlySet<string>): boolean {
  if (variables.size === 0) return false;
  return (text.match(/[A-Za-z_]\w*/g) ?? []).some((word) => variables.has(word));
}
