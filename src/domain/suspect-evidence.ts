/**
 * What is held against each derivation that has attrs: why it is suspected, and the references that say so.
 *
 * Collected over the direct dependents of every kernel and credited to the nearest attrs above each. A derivation
 * met on several ways keeps its strongest suspicion and all references.
 */
import { type ConsumerReference, type DerivationView, referencesTo } from "./consumer-references.ts";
import type { Derivation } from "./derivation.ts";
import { type AttrsByDrv, directDependents, ownersOf, transitiveDependents } from "./derivation-graph.ts";
import type { DrvPath, OutputName } from "./evaluation.ts";
import { SUSPICIONS, type SuspectSearch, type Suspicion } from "./suspect.ts";

/** What is held against one derivation that has attrs. */
export interface Evidence {
  suspicion: Suspicion;
  /** Steps between it and the derivation that has the reference. */
  distance: number;
  /** Of `embeds`: the suspicion that lies inside. */
  readonly inside?: Suspicion;
  readonly references: ConsumerReference[];
  readonly outputs: Set<OutputName>;
}

export function collectEvidence(search: SuspectSearch, attrs: AttrsByDrv): ReadonlyMap<DrvPath, Evidence> {
  const { head, kernels, configured } = search;
  const view = { ...head, dependents: directDependents(head.derivations) };
  const kernelDrvs = new Set(kernels.map((change) => change.head.drv));
  const evidence = new Map<DrvPath, Evidence>();

  for (const change of kernels) {
    const selectedAtBase = outputsByName(search.base.derivations, change.base.drv);
    for (const drv of view.dependents.get(change.head.drv) ?? []) {
      const derivation = head.derivations.get(drv);
      if (derivation === undefined || kernelDrvs.has(drv)) continue;
      const references = referencesTo(change, derivation, view);
      const outputs = derivation.inputDrvs.get(change.head.drv) ?? [];
      const suspicion = suspicionOf(references, outputs, selectedAtBase.get(derivation.name));
      for (const { drv: owner, distance } of ownersOf(drv, attrs, view.dependents)) {
        addEvidence(evidence, owner, {
          suspicion,
          distance,
          references: [...references],
          outputs: new Set(outputs),
        });
      }
    }
  }
  for (const attr of configured) {
    const result = head.attrs.get(attr);
    if (result?.ok) addEvidence(evidence, result.drv, newEvidence("configured", 0));
  }
  addEmbedding(evidence, attrs, view, kernelDrvs);
  return evidence;
}

const newEvidence = (suspicion: Suspicion, distance: number): Evidence => ({
  suspicion,
  distance,
  references: [],
  outputs: new Set(),
});

function addEvidence(all: Map<DrvPath, Evidence>, drv: DrvPath, found: Evidence): void {
  const known = all.get(drv);
  if (known === undefined) {
    all.set(drv, found);
    return;
  }
  if (rank(found) < rank(known)) known.suspicion = found.suspicion;
  known.distance = Math.min(known.distance, found.distance);
  known.references.push(...found.references);
  for (const output of found.outputs) known.outputs.add(output);
}

export const rank = ({ suspicion }: { readonly suspicion: Suspicion }) => SUSPICIONS.indexOf(suspicion);

function suspicionOf(
  references: readonly ConsumerReference[],
  outputs: readonly OutputName[],
  atBase: ReadonlySet<string> | undefined,
): Suspicion {
  if (references.some(({ status }) => status === "lost")) return "names-lost-path";
  if (references.some(({ status }) => status === "opaque")) return "uses-what-lost-something";
  const switched = atBase !== undefined && !atBase.has(outputsKey(outputs));
  return switched ? "selects-other-outputs" : "witness";
}

const outputsKey = (outputs: readonly OutputName[]) => [...outputs].sort().join("\0");

/**
 * Derivation name → selections of the kernel's outputs made under that name. Nameless derivations of base and head
 * have nothing else in common: their hashes differ.
 */
function outputsByName(
  derivations: ReadonlyMap<DrvPath, Derivation>,
  kernel: DrvPath,
): ReadonlyMap<string, ReadonlySet<string>> {
  const byName = new Map<string, Set<string>>();
  for (const { name, inputDrvs } of derivations.values()) {
    const outputs = inputDrvs.get(kernel);
    if (outputs === undefined) continue;
    byName.set(name, (byName.get(name) ?? new Set()).add(outputsKey(outputs)));
  }
  return byName;
}

/** What needs a suspect breaks with it, also where the suspect has a name of its own that stands between. */
function addEmbedding(
  evidence: Map<DrvPath, Evidence>,
  attrs: AttrsByDrv,
  { dependents }: DerivationView,
  kernels: ReadonlySet<DrvPath>,
): void {
  const suspected = [...evidence]
    .filter(([, { suspicion }]) => suspicion !== "witness" && suspicion !== "configured")
    .map(([drv]) => drv);
  for (const [drv, { root, steps }] of transitiveDependents(dependents, suspected)) {
    const inside = evidence.get(root);
    if (inside === undefined || !attrs.has(drv) || evidence.has(drv) || kernels.has(drv)) continue;
    const distance = inside.distance + steps;
    evidence.set(drv, { ...inside, suspicion: "embeds", inside: inside.suspicion, distance });
  }
}
