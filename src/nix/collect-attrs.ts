/** Puts together what several evaluators say: each attribute once, warnings in the order one evaluator would give them. */
import { formatAttrPath } from "../domain/attr-path.ts";
import type { AttrError, AttrPath, AttrResult } from "../domain/evaluation.ts";
import type { WalkListener } from "./follow-run.ts";
import { fatal } from "./run-end.ts";
import { attrDerivation, type PlacedStatement, withAbout } from "./walk-output.ts";

/** The error of an attribute that throws, until somebody asks why (`explain.ts`). */
const THROWS: AttrError = { ok: false, error: "throws", cause: "throw" };

/** A place before all others. */
const BEFORE = -1;

/** It may be a flood. */
const OTHER_LINES = 10_000;

export interface CollectedAttrs {
  readonly attrs: Map<AttrPath, AttrResult>;
  errors(): number;
  /** Lines that are not the walker's, each once, by the name that was looked at when it was first said. */
  otherLines(): readonly string[];
  readonly listener: Omit<WalkListener, "endedEarly">;
}

/** What is known of a tree already. */
export interface KnownAttrs {
  readonly attrs: Iterable<readonly [AttrPath, AttrResult]>;
  readonly lines: readonly string[];
}

/** @param known what is said now comes after it, and counts */
export function collectAttrs(known: KnownAttrs = { attrs: [], lines: [] }): CollectedAttrs {
  const attrs = new Map(known.attrs);
  const otherLines = new Map(known.lines.map((line) => [line, BEFORE]));
  let errors = attrs.values().reduce((sum, { ok }) => sum + (ok ? 0 : 1), 0);
  const put = (path: readonly string[], result: AttrResult) => {
    const attr = formatAttrPath(path);
    if (attrs.get(attr)?.ok === false) errors -= 1;
    if (!result.ok) errors += 1;
    attrs.set(attr, result);
  };
  const statement = (said: PlacedStatement) => {
    if (said.kind === "derivation") {
      const result = attrDerivation(said.value);
      put(said.path, result.ok && said.about !== undefined ? withAbout(result, said.about) : result);
    } else if (said.kind === "deep") put(said.path, fatal("sets nested this deep are not followed"));
    else if (said.kind === "thrown") put(said.path, THROWS);
    else if (said.kind === "about") {
      const known = attrs.get(formatAttrPath(said.path));
      if (known?.ok) put(said.path, withAbout(known, said.about));
    }
  };
  return {
    attrs,
    errors: () => errors,
    // Stable: lines of the same place stay in the order they were said in.
    otherLines: () => [...otherLines].sort(([, a], [, b]) => a - b).map(([line]) => line),
    listener: {
      statement,
      names: () => true,
      lost: put,
      otherLine(line, at) {
        const known = otherLines.get(line);
        if (known === undefined && otherLines.size >= OTHER_LINES) return;
        if (known === undefined || at < known) {
          otherLines.delete(line);
          otherLines.set(line, at);
        }
      },
    },
  };
}
