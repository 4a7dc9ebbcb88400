/**
 * Build outcomes. A build that failed is a fact about the recipe; a build that did not happen is not, and
 * the two never mix.
 */
import type { DrvPath, OutputName, StorePath } from "./evaluation.ts";

export type BuildOutcome =
  | {
      readonly status: "built";
      readonly outputs: Readonly<Record<OutputName, StorePath>>;
      readonly seconds: number;
    }
  | {
      readonly status: "failed";
      /** `builder`: it exited non-zero. `timeout`: over our limit. `dependency`: something it needs failed. */
      readonly cause: "builder" | "timeout" | "dependency";
      /** The derivation that failed, when it is another one. */
      readonly failedDrv?: DrvPath;
      /** Last lines of the log, raw: hostile text. */
      readonly logTail: readonly string[];
      /** Known cause in words, where the log matches one. */
      readonly explanation?: string;
      readonly seconds: number;
    }
  /** Failed once and succeeded when repeated, or the reverse. */
  | { readonly status: "flaky"; readonly logTail: readonly string[]; readonly seconds: number }
  | { readonly status: "not-run"; readonly reason: string };

/** One word for one thing run on base and head (DESIGN.md, "comparison"). */
export type Comparison =
  | "same-pass"
  | "regressed"
  | "fixed"
  | "same-fail"
  | "new"
  | "removed"
  | "flaky"
  | "not-run";
