/**
 * Sizes of one kernel's outputs, base above head, as bars. Lengths are percentages of the width, so that the
 * text keeps its size however narrow the page is. A side that does not exist or is not known has no bar; the
 * words beside it say which.
 */
import { max } from "d3-array";
import { scaleLinear } from "d3-scale";
import { html } from "hono/html";
import type { KernelResult } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatBytes, type Size } from "../../domain/size-words.ts";
import { type OutputChange, outputChanges } from "../output-sizes.ts";
import type { Markup } from "./markup.ts";

const ROW = 54;
const TOP = 8;
const AXIS = 24;

type Scale = (bytes: number) => number;

/** Undefined when no output of either side was measured. `id` must be unique on the page. */
export function sizeChart(kernel: KernelResult, id: string): Markup | undefined {
  const changes = outputChanges(kernel);
  const largest = max(changes.flatMap(({ base, head }) => [base ?? 0, head ?? 0])) ?? 0;
  if (largest === 0) return undefined;
  const scale = scaleLinear([0, largest], [0, 100]);
  const height = TOP + changes.length * ROW + AXIS;
  const name = singleLine(kernel.attr, 60);
  return html`<svg class="chart" width="100%" height="${height}" role="img" aria-labelledby="${id}-title ${id}-desc">
<title id="${id}-title">Sizes of the outputs of ${name}, base and head</title>
<desc id="${id}-desc">${changes.map((change) => `${singleLine(change.output, 40)}: ${change.words}. `).join("")}</desc>
${axis(scale, largest, height)}
${changes.map((change, index) => outputBars(change, scale, TOP + index * ROW))}
</svg>`;
}

function axis(scale: Scale, largest: number, height: number): Markup[] {
  const ticks = scaleLinear([0, largest], [0, 1]).ticks(4);
  return ticks.map((tick) => {
    const x = scale(tick).toFixed(2);
    const anchor = tick === 0 ? "start" : scale(tick) > 90 ? "end" : "middle";
    return html`<line class="grid" x1="${x}%" x2="${x}%" y1="0" y2="${height - AXIS}"/><text class="tick" x="${x}%" y="${height - 6}" text-anchor="${anchor}">${tick === 0 ? "0" : formatBytes(tick).replace(".0 ", " ")}</text>`;
  });
}

function outputBars({ output, base, head, words }: OutputChange, scale: Scale, y: number): Markup {
  return html`<text class="label" x="0" y="${y + 13}">${singleLine(output, 40)}</text><text class="value" x="100%" y="${y + 13}" text-anchor="end">${words}</text>${bar("base", base, scale, y + 20)}${bar("head", head, scale, y + 32)}`;
}

function bar(side: "base" | "head", size: Size, scale: Scale, y: number): Markup | string {
  if (size === undefined || size === null) return "";
  return html`<rect class="${side}" x="0" y="${y}" height="10" rx="2" width="${scale(size).toFixed(2)}%"><title>${side}: ${formatBytes(size)}</title></rect>`;
}
