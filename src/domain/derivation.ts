/**
 * Derivation: one `.drv` file, read.
 *
 * Only the shape; `parse-derivation.ts` reads the ATerm text, `derivation-graph.ts` answers questions
 * about many of them.
 */
import type { DrvPath, OutputName, StorePath } from "./evaluation.ts";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface DerivationOutput {
  /** Empty for floating content-addressed outputs, whose path is known only once built. */
  readonly path: StorePath | "";
  readonly hashAlgo: string;
  readonly hash: string;
}

export interface Derivation {
  readonly path: DrvPath;
  /** Store name without hash and `.drv`. */
  readonly name: string;
  readonly outputs: Readonly<Record<OutputName, DerivationOutput>>;
  /** Which outputs of which derivations it selects. */
  readonly inputDrvs: ReadonlyMap<DrvPath, readonly OutputName[]>;
  readonly inputSrcs: readonly StorePath[];
  readonly system: string;
  readonly builder: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The parsed `__json` of a derivation with structured attributes; then `env` holds next to nothing. */
  readonly structuredAttrs?: { readonly [key: string]: Json };
}
