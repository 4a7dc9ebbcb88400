/**
 * YAML text as plain data that still knows its lines.
 *
 * Hostile text costs nothing: aliases are refused (they are what makes small files huge), depth is bounded by
 * what the parser can hold, and keys are text. https://yaml.org/spec/1.2.2/, core schema.
 */
import { isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, visit } from "yaml";

export type DataPath = readonly (string | number)[];

export interface YamlProblem {
  readonly line: number;
  readonly message: string;
}

export interface YamlDocument {
  /** What stops us from reading on; then `data` is undefined. Repeated keys stand here too and do not stop. */
  readonly problems: readonly YamlProblem[];
  /** `null` for a file that holds nothing. */
  readonly data: unknown;
  readonly readable: boolean;
  /** 1-based line of the value at `path`, or of the nearest thing around it that is there. */
  lineOf(path: DataPath): number;
  /** Line of a key of the mapping at `path`. */
  lineOfKey(path: DataPath, key: string): number;
}

const MOST_PROBLEMS = 20;

export function readYaml(text: string): YamlDocument {
  const counter = new LineCounter();
  const document = parse(text, counter);
  if (document === undefined) return unreadable([{ line: 1, message: "nested too deeply" }]);

  const lineAt = (offset: number | undefined) => Math.max(1, counter.linePos(offset ?? 0).line);
  const problems = document.errors.map(({ pos, code, message }) => ({
    line: lineAt(pos[0]),
    message: inOurWords(code, message),
  }));
  const fatal = document.errors.some((error) => error.code !== "DUPLICATE_KEY");
  const alias = firstAlias(document);
  if (alias !== undefined) {
    problems.push({
      line: lineAt(alias.range?.[0]),
      message: "aliases (*name) are not allowed; write the value out",
    });
  }
  if (fatal || alias !== undefined) return unreadable(few(problems));

  const root = document.contents;
  return {
    problems: few(problems),
    data: document.toJS(),
    readable: true,
    lineOf: (path) => lineAt(nodeAt(root, path)?.range?.[0]),
    lineOfKey: (path, key) => lineAt(keyNode(nodeAt(root, path), key)?.range?.[0]),
  };
}

/** Each line and message once: an unclosed bracket is reported for every level around it. */
function few(problems: readonly YamlProblem[]): YamlProblem[] {
  const distinct = new Map(problems.map((problem) => [`${problem.line} ${problem.message}`, problem]));
  return [...distinct.values()].slice(0, MOST_PROBLEMS);
}

/** The parser catches its own stack overflow and hands on what the engine called it. */
function inOurWords(code: string, message: string): string {
  if (code === "MULTIPLE_DOCS") return "the file holds several documents; allowed: one";
  if (message.includes("call stack")) return "nested too deeply";
  return message.split("\n")[0] ?? "not YAML";
}

function parse(text: string, lineCounter: LineCounter) {
  try {
    return parseDocument(text, {
      lineCounter,
      stringKeys: true,
      prettyErrors: false,
      logLevel: "error",
      version: "1.2",
    });
  } catch (error) {
    // The parser recurses; thousands of brackets end in a stack overflow, which V8 reports as a RangeError.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function unreadable(problems: readonly YamlProblem[]): YamlDocument {
  return { problems, data: undefined, readable: false, lineOf: () => 1, lineOfKey: () => 1 };
}

function firstAlias(document: ReturnType<typeof parseDocument>): Node | undefined {
  let found: Node | undefined;
  visit(document, {
    Alias(_key, node) {
      found = node;
      return visit.BREAK;
    },
  });
  return found;
}

function nodeAt(root: unknown, path: DataPath): Node | undefined {
  let node = asNode(root);
  for (const step of path) {
    const next = child(node, step) ?? (typeof step === "string" ? keyNode(node, step) : undefined);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

function child(node: Node | undefined, step: string | number): Node | undefined {
  if (isMap(node)) return asNode(node.get(String(step), true));
  return isSeq(node) && typeof step === "number" ? asNode(node.get(step, true)) : undefined;
}

function keyNode(node: Node | undefined, key: string): Node | undefined {
  if (!isMap(node)) return undefined;
  return asNode(node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === key)?.key);
}

function asNode(value: unknown): Node | undefined {
  return isMap(value) || isSeq(value) || isScalar(value) ? value : undefined;
}
