/**
 * Consumers that no longer evaluate: attrs that needed a kernel at base, however indirectly, and fail at head. Judged
 * without building. An attr that fails and never needed a kernel is the rebuild stage's to report.
 */
import type { Derivation } from "./derivation.ts";
import { directDependents, transitiveDependents } from "./derivation-graph.ts";
import type { AttrDerivation, AttrPath, AttrResult, DrvPath, OutputName } from "./evaluation.ts";
import type { Suspect, SuspectSearch } from "./suspect.ts";

/** Sorted by attr; attrs that were one derivation at base are one suspect. */
export function evaluationSuspects({ base, head, kernels, excluded }: SuspectSearch): readonly Suspect[] {
  const kernelDrvs = new Set(kernels.map((change) => change.base.drv));
  const consumers = transitiveDependents(directDependents(base.derivations), kernelDrvs);
  const failing = [...head.attrs.keys()].sort().flatMap((attr) => {
    const before = base.attrs.get(attr);
    const after = head.attrs.get(attr);
    if (after?.ok !== false || before?.ok !== true) return [];
    return consumers.has(before.drv) && !excluded.has(attr) ? [{ attr, before, after }] : [];
  });
  return [...Map.groupBy(failing, ({ before }) => before.drv).values()].flatMap((group) => toSuspects(group));

  function toSuspects(
    group: readonly { attr: AttrPath; before: AttrDerivation; after: AttrResult }[],
  ): Suspect[] {
    const [first, ...others] = group;
    if (first === undefined) return [];
    const outputs = outputsWithin(first.before.drv, base.derivations, kernelDrvs, consumers);
    const aliases = others.map(({ attr }) => attr);
    const common = { attr: first.attr, aliases, base: first.before, head: first.after, outputs };
    return [{ ...common, suspicion: "eval-error", distance: 0, references: [] }];
  }
}

/** Kernel outputs selected anywhere between a derivation and the kernels it needs. */
function outputsWithin(
  drv: DrvPath,
  derivations: ReadonlyMap<DrvPath, Derivation>,
  kernels: ReadonlySet<DrvPath>,
  consumers: ReadonlyMap<DrvPath, unknown>,
): readonly OutputName[] {
  const outputs = new Set<OutputName>();
  const seen = new Set([drv]);
  for (const at of seen) {
    for (const [input, selected] of derivations.get(at)?.inputDrvs ?? []) {
      if (kernels.has(input)) for (const output of selected) outputs.add(output);
      if (consumers.has(input)) seen.add(input);
    }
  }
  return [...outputs].sort();
}
