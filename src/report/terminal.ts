/**
 * The report for a terminal: the same sections as the comment, nothing folded but long lists cut shorter,
 * wrapped to the width given. Colour only where asked for. Terminal sequences that came from a pull request
 * never reach the terminal.
 */
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";
import type { CheckResult, Verdict } from "../domain/check-result.ts";
import { singleLine, withoutControls } from "../domain/plain-text.ts";
import { type Block, type Inline, type Phrase, prose, type Section, type Table } from "./document.ts";
import { footer } from "./sections/footer.ts";
import { SECTIONS } from "./sections/index.ts";

export interface TerminalOptions {
  readonly colour: boolean;
  /** Columns. Fewer than 40 are taken as 40. */
  readonly width: number;
}

/** Rows a list may have in a section that a comment would fold. */
const LISTED_WHEN_FOLDED = 12;
const GAP = 2;
const NO_BREAK_SPACE = "\u00a0";
/** How far over the width a table may be before its rows become records instead of cells on two lines. */
const TIGHT = 1.35;

/** Ends in a newline. */
export function renderTerminal(result: CheckResult, options: TerminalOptions): string {
  const canvas: Canvas = { width: Math.max(40, options.width), paint: painter(options.colour) };
  const headline = canvas.paint(VERDICT_COLOURS[result.verdict], phraseText(prose(result.headline), canvas));
  const sections = SECTIONS.flatMap(({ make, listed }) => {
    const whole = make(result, listed);
    const section = whole?.folded ? make(result, Math.min(listed, LISTED_WHEN_FOLDED)) : whole;
    return section === undefined ? [] : [renderSection(section, canvas)];
  });
  const last = canvas.paint("dim", phraseText(footer(result), canvas));
  return `${[wrap(headline, canvas.width), ...sections, wrap(last, canvas.width)].join("\n\n")}\n`;
}

interface Canvas {
  readonly width: number;
  readonly paint: (style: Style, text: string) => string;
}

const CODES = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
type Style = keyof typeof CODES;

const VERDICT_COLOURS = {
  success: "green",
  failure: "red",
  neutral: "yellow",
} as const satisfies Record<Verdict, Style>;

function painter(colour: boolean): Canvas["paint"] {
  if (!colour) return (_, text) => text;
  return (style, text) => `\u001b[${CODES[style][0]}m${text}\u001b[${CODES[style][1]}m`;
}

function renderSection({ id, title, blocks }: Section, canvas: Canvas): string {
  const body = blocks.map((block) => renderBlock(block, canvas)).join("\n");
  return id === "summary" ? body : `${canvas.paint("bold", title)}\n${body}`;
}

function renderBlock(block: Block, canvas: Canvas): string {
  switch (block.kind) {
    case "paragraph":
      return wrap(phraseText(block.content, canvas), canvas.width);
    case "list":
      return block.items.map((item) => hanging("- ", phraseText(item, canvas), canvas.width)).join("\n");
    case "table":
      return renderTable(block, canvas);
    case "log":
      return block.lines.map((line) => hanging("  │ ", logLine(line), canvas.width)).join("\n");
  }
}

/** Side by side where the columns fit; label and text where there are two; else one record per row. */
function renderTable({ head, rows }: Table, canvas: Canvas): string {
  const text = [head, ...rows].map((row) => row.map((cell) => phraseText(cell, canvas)));
  const widths = head.map((_, column) => Math.max(...text.map((row) => widest(row[column] ?? ""))));
  const total = widths.reduce((sum, width) => sum + width, 0) + GAP * (widths.length - 1);
  if (total <= canvas.width) return aligned(text, widths, canvas);
  const first = widths[0] ?? 0;
  const isLabels = widths.length === 2 && first <= canvas.width / 2;
  if (isLabels) return aligned(text, [first, canvas.width - first - GAP], canvas);
  if (total <= canvas.width * TIGHT) return aligned(text, squeeze(widths, total - canvas.width), canvas);
  return records(text, canvas);
}

/** Takes columns off the widest, one at a time. */
function squeeze(widths: readonly number[], excess: number): readonly number[] {
  const squeezed = [...widths];
  for (let taken = 0; taken < excess; taken++) {
    const widest = squeezed.indexOf(Math.max(...squeezed));
    squeezed[widest] = (squeezed[widest] ?? 1) - 1;
  }
  return squeezed;
}

function aligned(text: readonly (readonly string[])[], widths: readonly number[], canvas: Canvas): string {
  return text
    .map((row, index) => {
      const cells = row.map((cell, column) => wrap(cell, widths[column] ?? canvas.width).split("\n"));
      const height = Math.max(...cells.map((lines) => lines.length));
      const lines = Array.from({ length: height }, (_, line) =>
        cells
          .map((cell, column) => pad(cell[line] ?? "", widths[column] ?? 0))
          .join(" ".repeat(GAP))
          .trimEnd(),
      );
      return index === 0 ? lines.map((line) => canvas.paint("dim", line)).join("\n") : lines.join("\n");
    })
    .join("\n");
}

function records([head = [], ...rows]: readonly (readonly string[])[], canvas: Canvas): string {
  const labelWidth = Math.max(...head.slice(1).map((label) => stringWidth(label)));
  return rows
    .map(([first = "", ...rest]) => {
      const fields = rest.flatMap((text, index) => {
        const label = canvas.paint("dim", pad(head[index + 1] ?? "", labelWidth));
        return text === "" ? [] : [hanging(`  ${label}  `, text, canvas.width)];
      });
      return [wrap(canvas.paint("bold", first), canvas.width), ...fields].join("\n");
    })
    .join("\n");
}

function phraseText(phrase: Phrase, canvas: Canvas): string {
  return phrase.map((inline) => inlineText(inline, canvas)).join("");
}

function inlineText(inline: Inline, canvas: Canvas): string {
  if (typeof inline === "string") return oneLine(inline);
  switch (inline.kind) {
    case "code":
      return canvas.paint("cyan", singleLine(inline.text));
    case "strong":
      return canvas.paint("bold", phraseText(inline.content, canvas));
    case "break":
      return "\n";
  }
}

/** As `singleLine`, with the spaces at its ends, which separate it from its neighbours. */
function oneLine(text: string): string {
  const [before] = /^\s/.exec(text) ?? [""];
  const [after] = /\S\s$/.exec(text) ?? [""];
  return `${before === "" ? "" : " "}${singleLine(text, 600)}${after === "" ? "" : " "}`;
}

function logLine(line: string): string {
  return withoutControls(line.slice(0, 4000))
    .replace(/\s*\n\s*/g, " ")
    .replaceAll("\t", "    ");
}

function hanging(lead: string, text: string, width: number): string {
  const indent = stringWidth(lead);
  const [first = "", ...rest] = wrap(text, width - indent).split("\n");
  return [`${lead}${first}`, ...rest.map((line) => `${" ".repeat(indent)}${line}`)].join("\n");
}

/** A number and its unit stay on one line. */
function wrap(text: string, width: number): string {
  const tied = text.replace(/(?<=\d) (?=(?:[kMGT]?B|%|s|min|h)(?!\w))/g, NO_BREAK_SPACE);
  return wrapAnsi(tied, Math.max(1, width), { hard: true }).replaceAll(NO_BREAK_SPACE, " ");
}

function pad(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - stringWidth(text)));
}

function widest(text: string): number {
  return Math.max(...text.split("\n").map((line) => stringWidth(line)));
}
