/** Suspect: a consumer that may be broken, why that is thought, and what was asked to find it. Words only. */
import type { ConsumerReference } from "./consumer-references.ts";
import type { Derivation } from "./derivation.ts";
import type { AttrPath, AttrResult, DrvPath, Evaluation, OutputName, StorePath } from "./evaluation.ts";
import type { KernelChange } from "./kernel-change.ts";

/** Strongest first. */
export const SUSPICIONS = [
  /** Evaluated at base, depended on a kernel there, and fails to evaluate at head: judged without building. */
  "eval-error",
  "names-lost-path",
  /** Hands on a whole output, or a directory, that lost something. */
  "uses-what-lost-something",
  /** Takes other outputs of the kernel than at base, so it was written for both and may be wrong about it. */
  "selects-other-outputs",
  "configured",
  /** Depends on the kernel and on nothing that changed, as far as can be seen: built to be able to say so. */
  "witness",
  /** Needs a consumer that is suspected itself. */
  "embeds",
] as const;
export type Suspicion = (typeof SUSPICIONS)[number];

export interface Suspect {
  readonly attr: AttrPath;
  /** Other attrs of the same derivation at head, sorted. */
  readonly aliases: readonly AttrPath[];
  /** Undefined: no such attr on that side. */
  readonly base: AttrResult | undefined;
  readonly head: AttrResult | undefined;
  readonly suspicion: Suspicion;
  /** Of `embeds`: what the suspect inside it is suspected of; its references are the ones given here. */
  readonly inside?: Suspicion;
  /** Steps between it and the derivation that has the references; 0 when it has them itself. */
  readonly distance: number;
  /** What it, or a nameless derivation inside it, refers to; those that matter first. */
  readonly references: readonly ConsumerReference[];
  /** Kernel outputs it selects at head, itself or through nameless derivations; at base when head does not evaluate. Sorted. */
  readonly outputs: readonly OutputName[];
}

export interface EvaluatedView {
  readonly attrs: Evaluation;
  readonly derivations: ReadonlyMap<DrvPath, Derivation>;
  readonly texts: ReadonlyMap<StorePath, string>;
}

export interface SuspectSearch {
  readonly base: Omit<EvaluatedView, "texts">;
  readonly head: EvaluatedView;
  readonly kernels: readonly KernelChange[];
  /** Attrs named in the configuration. */
  readonly configured: readonly AttrPath[];
  /** Nobody but those is looked for (configuration: `consumers.auto: false`). */
  readonly onlyConfigured?: boolean;
  /** Attrs that other stages look at: kernels, VM tests. */
  readonly excluded: ReadonlySet<AttrPath>;
  /** How many are built at most. Those that fail to evaluate need no building and are not counted. */
  readonly limit: number;
}
