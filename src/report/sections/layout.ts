/** The contract: paths that left an output, where they went, and what is new. Versions read `<version>`. */
import type { KernelResult } from "../../domain/check-result.ts";
import { plural } from "../../domain/size-words.ts";
import { type Block, code, cutRows, type Phrase, type SectionMaker } from "../document.ts";

export const layoutSection: SectionMaker = (result, listed) => {
  const rows = result.kernels.flatMap((kernel) => [...lostRows(kernel), ...gainedRows(kernel)]);
  if (rows.length === 0) return undefined;
  const table: Block = {
    kind: "table",
    head: [["kernel"], ["path"], ["was in"], ["is in"], ["files"]],
    rows: cutRows(rows, listed),
  };
  return { id: "layout", title: "Layout: what left, what came", folded: true, blocks: [table] };
};

function lostRows({ attr, layout }: KernelResult): readonly (readonly Phrase[])[] {
  return layout.lost.map(({ output, path, movedTo, files }) => [
    [code(attr)],
    [code(path)],
    [code(output)],
    movedTo === undefined ? ["nowhere"] : [code(movedTo)],
    [plural(files, "file")],
  ]);
}

/** A gain that is the other end of a move has been told already. */
function gainedRows({ attr, layout }: KernelResult): readonly (readonly Phrase[])[] {
  const moved = new Set(layout.lost.map((loss) => `${loss.movedTo ?? ""}\n${loss.path}`));
  return layout.gained
    .filter(({ output, path }) => !moved.has(`${output}\n${path}`))
    .map(({ output, path, files }) => [
      [code(attr)],
      [code(path)],
      ["–"],
      [code(output)],
      [plural(files, "file")],
    ]);
}
