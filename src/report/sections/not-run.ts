/**
 * What was not checked, and why: stages, systems, builds, boots, consumers. One line per reason, since one
 * trouble of ours tends to stop many things.
 */
import type { CheckResult } from "../../domain/check-result.ts";
import { code, cutItems, join, type Phrase, prose, type SectionMaker } from "../document.ts";
import { STAGES } from "../words.ts";

interface Omission {
  readonly what: Phrase;
  readonly reason: string | undefined;
}

export const notRunSection: SectionMaker = (result, listed) => {
  const omissions = [
    ...stageOmissions(result),
    ...systemOmissions(result),
    ...kernelOmissions(result),
    ...vmOmissions(result),
    ...consumerOmissions(result),
  ];
  if (omissions.length === 0) return undefined;
  return {
    id: "not-run",
    title: "Not run, and why",
    folded: result.verdict !== "neutral",
    blocks: [{ kind: "list", items: cutItems(byReason(omissions, listed), listed) }],
  };
};

function byReason(omissions: readonly Omission[], listed: number): readonly Phrase[] {
  const groups = Map.groupBy(omissions, (omission) => omission.reason ?? "no reason was recorded");
  return [...groups].map(([reason, group]) => {
    const what = group.map((omission) => omission.what);
    return [...join(cutItems(what, listed), ", "), ": ", ...prose(reason)];
  });
}

/** A stage that was skipped had nothing to do; it stands here only when it says why. */
function stageOmissions({ stages }: CheckResult): readonly Omission[] {
  return stages
    .filter(
      (stage) => stage.status === "not-run" || (stage.status === "skipped" && stage.reason !== undefined),
    )
    .map((stage) => ({
      what: [`${STAGES[stage.stage]}${stage.status === "skipped" ? " (not needed)" : ""}`],
      reason: stage.reason,
    }));
}

function systemOmissions({ rebuilds }: CheckResult): readonly Omission[] {
  return Object.entries(rebuilds.systems)
    .filter(([, system]) => system.status === "not-run")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, system]) => ({ what: [`evaluation for ${name}`], reason: system.reason }));
}

function kernelOmissions({ kernels }: CheckResult): readonly Omission[] {
  return kernels.flatMap((kernel) =>
    (["base", "head"] as const).flatMap((side): Omission[] => {
      const facts = kernel[side];
      if (facts?.build !== "not-run") return [];
      return [
        { what: ["build of ", code(kernel.attr), ` (${kernel.system}) at ${side}`], reason: facts.reason },
      ];
    }),
  );
}

function vmOmissions({ vm }: CheckResult): readonly Omission[] {
  return vm.flatMap((run) =>
    (["base", "head"] as const).flatMap((side): Omission[] => {
      if (run[side].outcome !== "not-run") return [];
      const name = run.kernel === null ? run.test : `${run.test} ${run.kernel}`;
      return [{ what: [code(name), ` (${run.system}) at ${side}`], reason: run[side].reason }];
    }),
  );
}

function consumerOmissions({ consumers }: CheckResult): readonly Omission[] {
  return consumers
    .filter((consumer) => consumer.comparison === "not-run")
    .map((consumer) => ({ what: [code(consumer.name)], reason: consumer.reason }));
}
