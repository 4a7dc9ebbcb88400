/**
 * Evaluation: what every attribute of one tree becomes on one system.
 *
 * The shared words of everything that follows: an attribute (a path in the package set) is a derivation
 * or an error, and many attributes may share one derivation. An evaluation that did not happen is not an
 * empty evaluation: it is `not-run` and says why.
 */

/** Dotted path in the package set, `linuxPackages.zfs`; components that are no Nix identifiers are quoted. */
export type AttrPath = string;
/** Nix system, `x86_64-linux`. */
export type System = string;
/** Absolute store path ending in `.drv`. */
export type DrvPath = string;
/** Absolute store path of an output or a source. */
export type StorePath = string;
/** `out`, `modules`, `dev`, … */
export type OutputName = string;

export interface SourcePosition {
  /** Relative to the root of the checkout. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

export interface AttrDerivation {
  readonly ok: true;
  readonly drv: DrvPath;
  /** In the derivation's own order; the first is the default output. */
  readonly outputs: Readonly<Record<OutputName, StorePath>>;
  readonly name: string;
  readonly system: System;
  /** `meta.position`, where the recipe tells it. */
  readonly position?: SourcePosition;
  /** GitHub names out of `meta.maintainers`. */
  readonly maintainers?: readonly string[];
  /** It has a `modDirVersion`, as every kernel built by nixpkgs has and nothing else. */
  readonly kernel?: true;
}

export interface AttrError {
  readonly ok: false;
  /** One paragraph, as Nix said it, not yet escaped for anything. */
  readonly error: string;
  /** `throw`: caught by tryEval. `fatal`: ended the evaluator. `timeout`, `memory`: we ended it. */
  readonly cause: "throw" | "fatal" | "timeout" | "memory";
}

export type AttrResult = AttrDerivation | AttrError;
export type Evaluation = ReadonlyMap<AttrPath, AttrResult>;

export type EvaluationOutcome =
  | { readonly status: "evaluated"; readonly attrs: Evaluation; readonly warnings: readonly string[] }
  | { readonly status: "not-run"; readonly reason: string };
