/** Kernels that built at base and fail at head, or fail on both sides, with the end of the log. */
import type { KernelResult, KernelSide } from "../../domain/check-result.ts";
import { type Block, code, type Phrase, prose, type SectionMaker } from "../document.ts";

export const failedBuildsSection: SectionMaker = (result, listed) => {
  const failed = result.kernels.flatMap((kernel) => {
    const side = kernel.head;
    return side !== null && (side.build === "failed" || side.build === "eval-error")
      ? [{ kernel, side }]
      : [];
  });
  if (failed.length === 0) return undefined;
  return {
    id: "failed-builds",
    title: "Kernels that do not build",
    folded: false,
    blocks: failed.flatMap(({ kernel, side }) => failureBlocks(kernel, side, listed)),
  };
};

function failureBlocks(kernel: KernelResult, side: KernelSide, listed: number): readonly Block[] {
  const since = kernel.comparison === "regressed" ? "fails at head and not at base" : "fails at head";
  const verb = side.build === "eval-error" ? "does not evaluate" : since;
  const reason: Phrase = side.reason === undefined ? [] : [": ", ...prose(side.reason)];
  const tail = (side.logTail ?? []).slice(-listed);
  return [
    { kind: "paragraph", content: [code(kernel.attr), ` (${kernel.system}) ${verb}`, ...reason] },
    ...(tail.length === 0 ? [] : [{ kind: "log", lines: tail } as const]),
  ];
}
