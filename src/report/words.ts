/**
 * One word for one thing, in every rendering: complete tables, so that a new comparison, effect or stage does
 * not compile until it has words.
 */
import type { Comparison } from "../domain/build.ts";
import type { BranchAdvice, ConsumerEffect, StageName } from "../domain/check-result.ts";

interface Word {
  readonly mark: string;
  readonly words: string;
}

export const COMPARISONS = {
  regressed: { mark: "❌", words: "regressed" },
  "same-pass": { mark: "✅", words: "same as base" },
  new: { mark: "🆕", words: "new" },
  fixed: { mark: "✅", words: "fixed" },
  "same-fail": { mark: "➖", words: "already broken at base" },
  removed: { mark: "➖", words: "removed" },
  flaky: { mark: "⚠️", words: "flaky" },
  "not-run": { mark: "⚠️", words: "not run" },
} as const satisfies Record<Comparison, Word>;

/** 🔇: nobody is told. 💥: somebody's build fails. */
export const EFFECTS = {
  empty: { mark: "🔇", words: "builds, with modules missing" },
  boot: { mark: "🔇", words: "builds, names a path that is gone" },
  build: { mark: "💥", words: "no longer builds" },
  eval: { mark: "💥", words: "no longer evaluates" },
  size: { mark: "📈", words: "closure grew" },
  none: { mark: "", words: "unaffected" },
} as const satisfies Record<ConsumerEffect, Word>;

/** What speaks for another branch, in the words nixpkgs has for it. */
export const BRANCH_ADVICE = {
  keep: "it is right where it is",
  unknown: "no advice",
  "possible-mass-rebuild": "perhaps a mass rebuild",
  "mass-rebuild": "a mass rebuild",
  "nixos-rebuild": "all NixOS tests are rebuilt",
} as const satisfies Record<BranchAdvice["advice"], string>;

export const STAGES = {
  checkout: "Checkout",
  plan: "Plan",
  evaluate: "Evaluation",
  rebuilds: "Rebuild counts",
  build: "Builds",
  sizes: "Sizes",
  vm: "Boots and VM tests",
  consumers: "Consumers",
  report: "Report",
} as const satisfies Record<StageName, string>;

/** `✅ same as base`. */
export function comparisonWords(comparison: Comparison): string {
  const { mark, words } = COMPARISONS[comparison];
  return `${mark} ${words}`;
}
