/**
 * Mistakes in a configuration: where each stands, what was seen there, and what is allowed.
 *
 * zod says what is wrong in terms of schemas; here it becomes one line for the person who wrote the file. An
 * unknown key is refused with the key that was probably meant, since a misspelt limit is a limit that is not there.
 */
import type { z } from "zod";
import { didYouMean } from "../domain/near-misses.ts";
import type { DataPath, YamlDocument } from "./yaml-document.ts";

export interface Mistake {
  /** 1-based. */
  readonly line: number;
  /** `limits.buildSeconds`, `kernels[2]`; empty for the file as a whole. */
  readonly path: string;
  /** What was seen and what is allowed. */
  readonly message: string;
}

type Issue = z.core.$ZodIssue;

/** @param issues of the value at `path`. */
export function mistakesOf(
  issues: readonly Issue[],
  path: DataPath,
  document: YamlDocument,
  known: KnownKeys,
): Mistake[] {
  return issues.flatMap((issue) => mistakesOfIssue(issue, path, document, known));
}

/** Keys a mapping may have, by its path; undefined where any may. */
export type KnownKeys = (path: DataPath) => readonly string[] | undefined;

function mistakesOfIssue(
  issue: Issue,
  around: DataPath,
  document: YamlDocument,
  known: KnownKeys,
): Mistake[] {
  const path = [...around, ...issue.path.map((step) => (typeof step === "symbol" ? String(step) : step))];
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(key, path, document, known(path) ?? []));
    case "invalid_union": {
      const meant = issue.errors.find((branch) => branch.every(isInside));
      if (meant !== undefined && meant.length > 0) return mistakesOf(meant, path, document, known);
      break;
    }
    case "invalid_key": {
      const key = String(path.at(-1) ?? "");
      const line = document.lineOfKey(path.slice(0, -1), key);
      return [
        {
          line,
          path: showPath(path),
          message: seenAndAllowed(key, issue.issues[0]?.message ?? issue.message),
        },
      ];
    }
  }
  const seen = valueAt(document.data, path);
  return [
    { line: document.lineOf(path), path: showPath(path), message: seenAndAllowed(seen, issue.message) },
  ];
}

/** The value has the form of this branch and something in it is wrong, rather than another form altogether. */
function isInside(issue: Issue): boolean {
  return issue.path.length > 0 || issue.code === "unrecognized_keys";
}

export function unknownKey(
  key: string,
  path: DataPath,
  document: YamlDocument,
  keys: readonly string[],
): Mistake {
  const hint = didYouMean(key, keys) || `; known: ${[...keys].sort().join(", ")}`;
  return {
    line: document.lineOfKey(path, key),
    path: showPath([...path, key]),
    message: `unknown key${hint}`,
  };
}

export function seenAndAllowed(seen: unknown, allowed: string): string {
  return `saw ${show(seen)}; allowed: ${allowed}`;
}

export function showPath(path: DataPath): string {
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${showKey(step)}`,
    )
    .join("");
}

function showKey(key: string): string {
  return /^[A-Za-z0-9_-]{1,60}$/.test(key) ? key : show(key);
}

const SHOWN = 60;

/** A value on one line, cut, with everything that could change how a terminal shows the line written as escapes. */
function show(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === "object") return "a mapping";
  const text = typeof value === "string" && value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value;
  const json = typeof text === "string" ? JSON.stringify(text) : String(text);
  return json.replace(
    /[\u007f-\u009f\p{Cf}\u2028\u2029]/gu,
    (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

function valueAt(data: unknown, path: DataPath): unknown {
  let value = data;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}
