/**
 * Modules of one kernel at head as a tree map: area is bytes, one frame per directory below `kernel/`, one
 * cell per directory below that. Laid out for a wide page and stretched to the real one; names that fit the
 * wide page only are hidden on a narrow one.
 */
import { group, sum } from "d3-array";
import { type HierarchyRectangularNode, hierarchy, treemap } from "d3-hierarchy";
import { html } from "hono/html";
import type { KernelResult, ModulesDifference } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatBytes, plural } from "../../domain/size-words.ts";
import type { Markup } from "./markup.ts";

const WIDTH = 900;
const HEIGHT = 420;
/** Of the narrowest page this is made for; what fits there is always shown. */
const NARROW_WIDTH = 340;
const HEADER = 18;
const LETTER = 6.4;
/** Classes of the style sheet: the same directory has the same colour for every kernel. */
const COLOURS: ReadonlyMap<string, string> = new Map([
  ["drivers", "t0"],
  ["net", "t1"],
  ["fs", "t2"],
  ["crypto", "t3"],
  ["arch", "t4"],
  ["sound", "t5"],
  ["lib", "t6"],
]);
const OTHER_COLOUR = "t7";

type Directory = ModulesDifference["tree"][number];
interface TreeNode {
  readonly name: string;
  readonly directory?: Directory;
  readonly children?: readonly TreeNode[];
}
type Cell = HierarchyRectangularNode<TreeNode>;

/** Undefined when head's modules were not measured or there are none. `id` must be unique on the page. */
export function moduleTree(kernel: KernelResult, id: string): Markup | undefined {
  const directories = kernel.modules.tree.filter((directory) => directory.bytes > 0);
  if (directories.length === 0) return undefined;
  const name = singleLine(kernel.attr, 60);
  const modules = sum(directories, (directory) => directory.modules);
  const bytes = sum(directories, (directory) => directory.bytes);
  return html`<svg class="tree" width="100%" height="${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Modules of ${name} at head, by directory</title>
<desc id="${id}-desc">${plural(modules, "module")}, ${formatBytes(bytes)}. Largest: ${largest(directories)}.</desc>
${(layOut(directories).children ?? []).map(frameMarkup)}
</svg>`;
}

function largest(directories: readonly Directory[]): string {
  const sorted = [...directories].sort((a, b) => b.bytes - a.bytes || (a.directory < b.directory ? -1 : 1));
  return sorted
    .slice(0, 5)
    .map(({ directory, bytes }) => `${singleLine(directory, 60)} ${formatBytes(bytes)}`)
    .join(", ");
}

function layOut(directories: readonly Directory[]): Cell {
  const tops = group(directories, (directory) => directory.directory.split("/", 1)[0] ?? "");
  const children = [...tops].map(([name, below]) => ({
    name,
    children: below.map((directory) => ({ name: directory.directory.slice(name.length + 1), directory })),
  }));
  const root = hierarchy<TreeNode>({ name: "", children })
    .sum((node) => node.directory?.bytes ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0) || (a.data.name < b.data.name ? -1 : 1));
  return treemap<TreeNode>()
    .size([WIDTH, HEIGHT])
    .paddingInner(2)
    .paddingTop((node) => (node.depth === 1 ? HEADER : 0))(root);
}

function frameMarkup(frame: Cell): Markup {
  const { name } = frame.data;
  const colour = COLOURS.get(name) ?? OTHER_COLOUR;
  const full = fittingText(`${name} ${formatBytes(frame.value ?? 0)}`, frame, HEADER, "frame-name");
  const label = full === "" ? fittingText(name, frame, HEADER, "frame-name") : full;
  return html`${place(frame, html`<rect class="frame ${colour}" width="100%" height="100%" rx="3"/>${label}`)}${(frame.children ?? []).map((leaf) => leafMarkup(leaf, colour))}`;
}

function leafMarkup(leaf: Cell, colour: string): Markup {
  const { directory } = leaf.data;
  const facts =
    directory === undefined ? "" : `${plural(directory.modules, "module")}, ${formatBytes(directory.bytes)}`;
  // A directory without directories below it is its frame's only cell, and named there.
  const { name } = leaf.data;
  return place(
    leaf,
    html`<title>${singleLine(directory?.directory ?? "", 80)}: ${facts}</title><rect class="leaf ${colour}" width="100%" height="100%" rx="2"/>${fittingText(name, leaf, 16, "leaf-name")}`,
  );
}

/** A nested `svg` cuts off what is too long for its cell. */
function place({ x0, x1, y0, y1 }: Cell, content: Markup): Markup {
  const percent = (x: number) => ((x / WIDTH) * 100).toFixed(2);
  return html`<svg x="${percent(x0)}%" y="${y0.toFixed(1)}" width="${percent(x1 - x0)}%" height="${(y1 - y0).toFixed(1)}">${content}</svg>`;
}

function fittingText(text: string, { x0, x1, y0, y1 }: Cell, height: number, kind: string): Markup | string {
  const line = singleLine(text, 60);
  const needed = line.length * LETTER + 8;
  const width = x1 - x0;
  if (line === "" || y1 - y0 < height || needed > width) return "";
  const where = needed <= (width * NARROW_WIDTH) / WIDTH ? kind : `${kind} wide`;
  return html`<text class="${where}" x="5" y="13">${line}</text>`;
}
