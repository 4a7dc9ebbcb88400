/**
 * The outputs of one kernel on both sides, with their sizes compared. Three cases that must not be mixed:
 * the output does not exist on a side (null), that side was not built (undefined), its size is a number.
 */
import type { KernelResult, KernelSide, OutputSummary } from "../domain/check-result.ts";
import type { OutputName } from "../domain/evaluation.ts";
import { formatSizeChange, type Size } from "../domain/size-words.ts";

export interface OutputChange {
  readonly output: OutputName;
  /** NAR bytes. */
  readonly base: Size;
  readonly head: Size;
  readonly closureBase: Size;
  readonly closureHead: Size;
  readonly filesBase: Size;
  readonly filesHead: Size;
  /** The NAR sizes in words. */
  readonly words: string;
}

/** One entry per output of either side, `out` first; none when neither side was built. */
export function outputChanges(kernel: KernelResult): readonly OutputChange[] {
  return outputNames(kernel.base, kernel.head).map((output) => {
    const size = (side: KernelSide | null, what: (summary: OutputSummary) => number) =>
      sizeOf(side, output, what);
    const base = size(kernel.base, (summary) => summary.narSize);
    const head = size(kernel.head, (summary) => summary.narSize);
    return {
      output,
      base,
      head,
      closureBase: size(kernel.base, (summary) => summary.closureSize),
      closureHead: size(kernel.head, (summary) => summary.closureSize),
      filesBase: size(kernel.base, (summary) => summary.files),
      filesHead: size(kernel.head, (summary) => summary.files),
      words: formatSizeChange(base, head),
    };
  });
}

/** Names of the outputs of all sides given, `out` first. */
export function outputNames(...sides: readonly (KernelSide | null)[]): readonly OutputName[] {
  const names = new Set(sides.flatMap((side) => Object.keys(side?.outputs ?? {})));
  return [...names].sort((a, b) => Number(b === "out") - Number(a === "out") || (a < b ? -1 : 1));
}

/** NAR bytes of all outputs of one side: null where the kernel does not exist, undefined where it was not built. */
export function totalSize(side: KernelSide | null): Size {
  if (side === null) return null;
  if (side.build !== "built") return undefined;
  return Object.values(side.outputs).reduce((sum, output) => sum + output.narSize, 0);
}

function sizeOf(side: KernelSide | null, output: OutputName, what: (summary: OutputSummary) => number): Size {
  if (side === null) return null;
  if (side.build !== "built") return undefined;
  const summary = Object.hasOwn(side.outputs, output) ? side.outputs[output] : undefined;
  return summary === undefined ? null : what(summary);
}
