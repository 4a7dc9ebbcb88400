/**
 * Layout: which paths left which output of a kernel, and which came, between base and head.
 *
 * The founding case moved a thousand files and is one fact: `lib/modules` left `out` and is in `modules` now. So a
 * directory that is gone stands for all below it, named by the shortest path that still tells what it is, and
 * single files gone from a directory that stays are grouped when there are many. The kernel version is
 * abstracted, else every update would lose everything.
 *
 * What became of single modules is `module-differences.ts`; whether somebody needs a path is `lost-paths.ts`.
 */
import { VERSION } from "./abstract-version.ts";
import type { LayoutGain, LayoutLoss } from "./check-result.ts";
import type { OutputName } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import { buildPathTree, hasPath, leavesBelow, type PathNode, type PathTree } from "./path-tree.ts";

/** Of the files of a lost directory, this share elsewhere makes it moved: a move may drop a link or an index on the way. */
const MOVED_SHARE = 0.9;
/** Files lost one by one in one place and of one kind; more than these are one line with a pattern. */
const LISTED_FILES = 5;

export interface LayoutDifference {
  readonly lost: LayoutLoss[];
  readonly gained: LayoutGain[];
}

/** Sorted by output, then path. */
export function compareLayout(base: KernelFacts, head: KernelFacts): LayoutDifference {
  const before = treesOf(base);
  const after = treesOf(head);
  const gained = differences(after, before).map(({ output, path, files }) => ({ output, path, files }));
  return { lost: differences(before, after), gained };
}

export type OutputTrees = ReadonlyMap<OutputName, PathTree>;

export function treesOf(facts: KernelFacts): OutputTrees {
  const outputs = Object.entries(facts.outputs);
  return new Map(outputs.map(([name, output]) => [name, buildPathTree(output, facts.modDirVersion)]));
}

/** What `from` has and `to` has not; `movedTo` where another output of `to` has it at the same path. */
function differences(from: OutputTrees, to: OutputTrees): LayoutLoss[] {
  return [...from].sort(byName).flatMap(([output, tree]) => {
    const others = new Map([...to].filter(([name]) => name !== output).sort(byName));
    const gone = goneBelow(tree.root, to.get(output)?.root, "");
    const losses = gone.flatMap(({ path, node }) => describeGone(output, path, node, others));
    return grouped(losses).sort((a, b) => (a.path < b.path ? -1 : 1));
  });
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);

interface Gone {
  readonly path: string;
  readonly node: PathNode;
}

/** The topmost nodes that have no counterpart. */
function goneBelow(node: PathNode, counterpart: PathNode | undefined, path: string): readonly Gone[] {
  return [...node.children].sort(byName).flatMap(([name, child]) => {
    const childPath = path === "" ? name : `${path}/${name}`;
    const other = counterpart?.children.get(name);
    if (other === undefined) return [{ path: childPath, node: child }];
    // A link where a directory was keeps its paths working; a file does not, but is not a loss of the name.
    return other.isLeaf ? [] : goneBelow(child, other, childPath);
  });
}

function describeGone(
  output: OutputName,
  path: string,
  node: PathNode,
  others: OutputTrees,
): readonly LayoutLoss[] {
  const leaves = leavesBelow(node, path);
  if (leaves.length === 0) return [];
  const [movedTo, found] = bestHolder(leaves, others);
  const whole = { output, path: tellingPath(path, node), files: leaves.length };
  if (movedTo === undefined) return [whole];
  const rest = leaves.filter((leaf) => !found.has(leaf));
  if (found.size >= leaves.length * MOVED_SHARE) {
    return [
      { ...whole, movedTo, files: found.size },
      ...rest.map((leaf) => ({ output, path: leaf, files: 1 })),
    ];
  }
  return [...node.children]
    .sort(byName)
    .flatMap(([name, child]) => describeGone(output, `${path}/${name}`, child, others));
}

/** The output that holds most of these paths, and which of them; none where no output holds any. */
function bestHolder(
  paths: readonly string[],
  outputs: OutputTrees,
): readonly [OutputName | undefined, ReadonlySet<string>] {
  let best: OutputName | undefined;
  let bestFound: ReadonlySet<string> = new Set();
  for (const [name, tree] of outputs) {
    const found = new Set(paths.filter((path) => hasPath(tree, path)));
    if (found.size > bestFound.size) [best, bestFound] = [name, found];
  }
  return [best, bestFound];
}

/** `lib` that held nothing but `lib/modules` is better called `lib/modules`; the version below it tells nothing. */
function tellingPath(path: string, node: PathNode): string {
  let telling = path;
  for (let at = node; ; ) {
    const [only, ...others] = at.children;
    if (only === undefined || others.length > 0) return telling;
    const [name, child] = only;
    if (child.isLeaf || name === VERSION) return telling;
    telling = `${telling}/${name}`;
    at = child;
  }
}

/** Joins many single files of one kind in one place into a pattern, `lib/modules/<version>/**\/*.ko.xz`. */
function grouped(losses: readonly LayoutLoss[]): LayoutLoss[] {
  const groups = Map.groupBy(losses, ({ path, movedTo }) => `${movedTo ?? ""}\0${groupPattern(path)}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined || group.length <= LISTED_FILES) return group;
    const files = group.reduce((sum, loss) => sum + loss.files, 0);
    return [{ ...first, path: groupPattern(first.path), files }];
  });
}

function groupPattern(path: string): string {
  const version = path.indexOf(`${VERSION}/`);
  const place =
    version === -1 ? path.slice(0, path.indexOf("/") + 1) : path.slice(0, version + VERSION.length + 1);
  const suffix = /(?:\.ko)?\.[A-Za-z]\w*$/.exec(path)?.[0] ?? "";
  return `${place}**/*${suffix}`;
}
