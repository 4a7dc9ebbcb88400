/** Sizes per output: NAR, closure, number of files, and the sum of all outputs. */
import type { KernelResult } from "../../domain/check-result.ts";
import { formatCount, formatSizeChange, type Size } from "../../domain/size-words.ts";
import { code, cutRows, type Phrase, type SectionMaker, strong } from "../document.ts";
import { outputChanges, totalSize } from "../output-sizes.ts";

export const sizesSection: SectionMaker = (result, listed) => {
  const rows = result.kernels.flatMap(kernelRows);
  if (rows.length === 0) return undefined;
  return {
    id: "sizes",
    title: "Sizes per output",
    folded: true,
    blocks: [
      {
        kind: "table",
        head: [["kernel"], ["output"], ["size (NAR)"], ["closure"], ["files"]],
        rows: cutRows(rows, listed),
      },
    ],
  };
};

function kernelRows(kernel: KernelResult): readonly (readonly Phrase[])[] {
  const changes = outputChanges(kernel);
  if (changes.length === 0) return [];
  const rows = changes.map((change): readonly Phrase[] => [
    [code(kernel.attr)],
    [code(change.output)],
    [change.words],
    [formatSizeChange(change.closureBase, change.closureHead)],
    [fileWords(change.filesBase, change.filesHead)],
  ]);
  const total = formatSizeChange(totalSize(kernel.base), totalSize(kernel.head));
  return [...rows, [[code(kernel.attr)], [strong("all")], [strong(total)], [], []]];
}

function fileWords(base: Size, head: Size): string {
  if (base === head && typeof base === "number") return formatCount(base);
  return `${oneSide(base)} → ${oneSide(head)}`;
}

function oneSide(files: Size): string {
  if (files === undefined) return "?";
  return files === null ? "–" : formatCount(files);
}
