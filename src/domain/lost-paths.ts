/**
 * The query that everything about consumers starts from: does this path of this output still work at head?
 *
 * What trips people up: a path that never worked at base is nobody's loss (`unknown-at-base`), and a version written
 * out in a consumer is only right as long as the kernel has that version: base's version asked for at head is lost.
 * A directory can be there and still have lost something inside, which `losesBelow` tells.
 */
import { abstractVersion } from "./abstract-version.ts";
import type { OutputName } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import { treesOf } from "./layout.ts";
import { hasPath, leavesAt, type PathTree } from "./path-tree.ts";

export type PathStatus = "present" | "lost" | "unknown-at-base";

export interface LostPaths {
  /**
   * `suffix` is what a consumer at head writes behind the output: `lib/modules/6.1.0/kernel`, with or without
   * slashes around it, `*` and `?` within names as a shell reads them. "" is the whole output, lost when anything
   * in it is.
   */
  status(output: OutputName, suffix: string): PathStatus;
  /** True where something at or below the path was there at base and is not at head. */
  losesBelow(output: OutputName, suffix: string): boolean;
  /** The other output of head that has most of what was lost at or below the path; undefined when none has any. */
  movedTo(output: OutputName, suffix: string): OutputName | undefined;
}

export function lostPaths(base: KernelFacts, head: KernelFacts): LostPaths {
  const before = treesOf(base);
  const after = treesOf(head);
  const asAtBase = (suffix: string) => abstractVersion(suffix, head.modDirVersion);
  const has = (tree: PathTree | undefined, path: string) => tree !== undefined && hasPath(tree, path);

  /** What was at or below a path of base and is not at head, version abstracted. */
  const lostBelow = (output: OutputName, suffix: string): readonly string[] => {
    const tree = before.get(output);
    const headTree = after.get(output);
    if (tree === undefined) return [];
    return leavesAt(tree, asAtBase(suffix)).filter((leaf) => !has(headTree, leaf));
  };
  const losesBelow = (output: OutputName, suffix: string) => lostBelow(output, suffix).length > 0;

  return {
    losesBelow,
    status(output, suffix) {
      if (trimSlashes(suffix) === "") return wholeStatus(output);
      if (has(after.get(output), suffix)) return "present";
      return has(before.get(output), asAtBase(suffix)) ? "lost" : "unknown-at-base";
    },
    movedTo(output, suffix) {
      const lost = lostBelow(output, suffix);
      const held = [...after]
        .filter(([name]) => name !== output)
        .map(([name, tree]) => ({ name, files: lost.filter((leaf) => hasPath(tree, leaf)).length }))
        .filter(({ files }) => files > 0)
        .sort((a, b) => b.files - a.files || (a.name < b.name ? -1 : 1));
      return held[0]?.name;
    },
  };

  function wholeStatus(output: OutputName): PathStatus {
    if (!before.has(output)) return after.has(output) ? "present" : "unknown-at-base";
    return losesBelow(output, "") ? "lost" : "present";
  }
}

function trimSlashes(path: string): string {
  return path.replace(/^\/+/, "").replace(/\/+$/, "");
}
