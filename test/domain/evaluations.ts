/** Builders of evaluations: `drv("a")` is a derivation with one output, `fails()` an attr that throws. */
import type {
  AttrDerivation,
  AttrError,
  AttrResult,
  Evaluation,
  EvaluationOutcome,
} from "../../src/domain/evaluation.ts";
import type { EvaluationPair } from "../../src/domain/rebuilds.ts";

export function drv(
  name: string,
  outputs: Readonly<Record<string, string>> = { out: `/nix/store/${name}` },
): AttrDerivation {
  return { ok: true, drv: `/nix/store/${name}.drv`, outputs, name, system: "x86_64-linux" };
}

/** A derivation that says it is a kernel. `linux("6.12.1")` and `linux("6.12.1", "patched")` are two of one version. */
export function linux(version: string, variant = ""): AttrDerivation {
  return { ...drv(`linux-${version}${variant}`), name: `linux-${version}`, kernel: true };
}

export function fails(error = "it throws"): AttrError {
  return { ok: false, error, cause: "throw" };
}

/** `undefined` leaves the attr out. */
export function attrs(results: Readonly<Record<string, AttrResult | undefined>>): Evaluation {
  return new Map(
    Object.entries(results).flatMap(([attr, result]) => (result === undefined ? [] : [[attr, result]])),
  );
}

export function evaluated(
  results: Readonly<Record<string, AttrResult | undefined>>,
  warnings: readonly string[] = [],
): EvaluationOutcome {
  return { status: "evaluated", attrs: attrs(results), warnings };
}

export const notRun: EvaluationOutcome = { status: "not-run", reason: "out of memory" };

export function pair(
  base: Readonly<Record<string, AttrResult | undefined>>,
  head: Readonly<Record<string, AttrResult | undefined>>,
): EvaluationPair {
  return { base: evaluated(base), head: evaluated(head) };
}
