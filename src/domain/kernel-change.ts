/** One kernel on base and head, as far as its consumers are concerned: where its outputs are, and what they lost. */
import { abstractVersion } from "./abstract-version.ts";
import type { AttrDerivation, AttrPath } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import { type LostPaths, lostPaths } from "./lost-paths.ts";
import type { KernelOutputs } from "./references.ts";

export interface KernelChange {
  readonly attr: AttrPath;
  readonly base: KernelOutputs;
  readonly head: KernelOutputs;
  readonly lost: LostPaths;
  readonly facts: { readonly base: KernelFacts; readonly head: KernelFacts };
}

/** Needs both sides built: what a kernel that does not build would have lost is unknown. */
export function kernelChange(
  attr: AttrPath,
  base: { readonly derivation: AttrDerivation; readonly facts: KernelFacts },
  head: { readonly derivation: AttrDerivation; readonly facts: KernelFacts },
): KernelChange {
  return {
    attr,
    base: { drv: base.derivation.drv, outputs: base.derivation.outputs },
    head: { drv: head.derivation.drv, outputs: head.derivation.outputs },
    lost: lostPaths(base.facts, head.facts),
    facts: { base: base.facts, head: head.facts },
  };
}

/** A path without the versions of either side, as reports show it: `lib/modules/<version>/build`. */
export function abstractPath(path: string, { facts }: Pick<KernelChange, "facts">): string {
  return abstractVersion(abstractVersion(path, facts.head.modDirVersion), facts.base.modDirVersion);
}
