/**
 * What is kept of a finished evaluation, and the key it is kept under.
 */
import { createHash } from "node:crypto";
import type { AttrPath, AttrResult } from "../domain/evaluation.ts";
import type { EvaluationQuery } from "../workflow/ports.ts";
import { WALKER_SOURCE } from "./evaluator.ts";
import type { Withheld } from "./withheld/walk-withheld.ts";

/** Where a store has its files, below its root. */
export const NIX_DERIVATIONS = "nix/store";

/** What the attributes of a tree are. */
export interface LookedEvaluation {
  /** Sorted by attr. */
  readonly attrs: readonly (readonly [AttrPath, AttrResult])[];
  readonly warnings: readonly string[];
  /** Where files were withheld. */
  readonly withheld?: Withheld | undefined;
}

export interface SavedEvaluation extends LookedEvaluation {
  /** Digest of the names of all files in its store. */
  readonly derivations: string;
}

/** Raised when the code around the walker changes what comes out. */
const FORMAT = 5;

/** Everything an evaluation depends on. Limits are no part of it: one in which attributes failed by them is not used again. */
export function evaluationKey(request: EvaluationQuery, nixVersion: string): string {
  const { checkout, system, entry, config, attrs } = request;
  const inputs = [
    FORMAT,
    WALKER_SOURCE,
    nixVersion,
    checkout.tree,
    system,
    entry,
    config,
    attrs === undefined ? null : [...new Set(attrs)].sort(),
  ];
  return createHash("sha256").update(JSON.stringify(inputs)).digest("hex").slice(0, 40);
}

/** Attributes that were too slow or too large may only have met a busy machine, or other limits. */
export function isReusable({ attrs }: Pick<SavedEvaluation, "attrs">): boolean {
  return !attrs.some(([, result]) => !result.ok && (result.cause === "timeout" || result.cause === "memory"));
}

export function savedAttrs(evaluation: Iterable<readonly [AttrPath, AttrResult]>): LookedEvaluation["attrs"] {
  return [...evaluation].sort(([a], [b]) => (a < b ? -1 : 1));
}
