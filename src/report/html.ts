/**
 * The report as one HTML file: the same sections as the comment, with the size chart and the module tree as
 * inline SVG. It needs nothing from anywhere and runs no script, and says so itself in a content security
 * policy. Escaping is done by hono's `html` template; the style sheet is the only text passed through raw.
 */
import { html, raw } from "hono/html";
import type { CheckResult, KernelResult, Verdict } from "../domain/check-result.ts";
import { clip, singleLine, withoutControls } from "../domain/plain-text.ts";
import { InternalError } from "../errors.ts";
import type { Block, Inline, Phrase, Section, Table } from "./document.ts";
import { prose } from "./document.ts";
import { STYLE } from "./html-style.ts";
import { footer } from "./sections/footer.ts";
import { SECTIONS, type SectionPlace } from "./sections/index.ts";
import type { Markup } from "./svg/markup.ts";
import { moduleTree } from "./svg/module-tree.ts";
import { sizeChart } from "./svg/size-chart.ts";

/** A page has room; what is beyond this stands in the JSON report. */
const LISTED = 500;
const LOG_LINE_LIMIT = 1000;

/** What stands around a report or in place of one; the page of a check in a file has none of it. */
export interface PageFrame {
  /** Paragraphs below the headline. */
  readonly notes?: readonly Phrase[];
  /** Logs, at the end. */
  readonly links?: readonly { readonly label: string; readonly href: string }[];
  /** The browser asks again after so many seconds. No script is needed for that, and none runs here. */
  readonly refreshSeconds?: number;
}

/** A whole document, ending in a newline. */
export function renderHtml(result: CheckResult, frame: PageFrame = {}): string {
  const sections = SECTIONS.map((place) => sectionMarkup(place, result));
  return renderPage(result.headline, result.verdict, frame, [
    ...sections,
    html`<footer>${phraseMarkup(footer(result))}</footer>`,
  ]);
}

/** A page that has no report yet, or never will. */
export function renderNotice(headline: string, frame: PageFrame): string {
  return renderPage(headline, "neutral", frame, []);
}

function renderPage(
  headline: string,
  verdict: Verdict,
  { notes = [], links = [], refreshSeconds }: PageFrame,
  content: readonly (Markup | string)[],
): string {
  const refresh =
    refreshSeconds === undefined ? "" : html`<meta http-equiv="refresh" content="${refreshSeconds}">\n`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
${refresh}<title>${singleLine(headline.replaceAll("`", ""), 200)}</title>
<style>${raw(STYLE)}</style>
</head>
<body>
<main class="${verdict}">
<header>
<h1>${phraseMarkup(prose(headline))}</h1>
${notes.map((note) => html`<p class="commits">${phraseMarkup(note)}</p>\n`)}</header>
${content}${logsMarkup(links)}
</main>
</body>
</html>
`;
  // Only a promise among the values would make hono give a promise, and nothing here waits for anything.
  if (page instanceof Promise) throw new InternalError("the HTML report contains a promise");
  return page.toString();
}

function logsMarkup(links: NonNullable<PageFrame["links"]>): Markup | string {
  if (links.length === 0) return "";
  const items = links.map(({ label, href }) => html`<li><a href="${href}">${singleLine(label)}</a></li>\n`);
  return html`<section id="logs"><h2>Logs</h2><ul>${items}</ul></section>\n`;
}

function sectionMarkup(place: SectionPlace, result: CheckResult): Markup | string {
  const figures = figuresOf(place, result);
  const section = place.make(result, Math.max(place.listed, LISTED)) ?? onlyFigures(place, figures.length);
  if (section === undefined) return "";
  const body = html`${figures}${section.blocks.map(blockMarkup)}`;
  if (section.folded && figures.length === 0) {
    return html`<details id="${section.id}"><summary>${section.title}</summary>${body}</details>\n`;
  }
  const heading = section.id === "summary" ? "" : html`<h2>${section.title}</h2>`;
  return html`<section id="${section.id}">${heading}${body}</section>\n`;
}

/** Modules that do not differ have no section, and still a picture. */
function onlyFigures({ id }: SectionPlace, figures: number): Section | undefined {
  return figures === 0 ? undefined : { id, title: "Modules", folded: false, blocks: [] };
}

function figuresOf({ id }: SectionPlace, { kernels }: CheckResult): readonly Markup[] {
  if (id === "sizes") {
    return kernels.flatMap((kernel, index) =>
      figure(sizeChart(kernel, `sizes-${index}`), sizeCaption(kernel)),
    );
  }
  if (id === "modules") {
    return kernels.flatMap((kernel, index) =>
      figure(moduleTree(kernel, `modules-${index}`), treeCaption(kernel)),
    );
  }
  return [];
}

function figure(drawing: Markup | undefined, caption: Markup): readonly Markup[] {
  return drawing === undefined ? [] : [html`<figure><figcaption>${caption}</figcaption>${drawing}</figure>`];
}

function sizeCaption({ attr, system }: KernelResult): Markup {
  return html`<code>${singleLine(attr, 80)}</code> (${singleLine(system)}), NAR size per output <span class="key key-base">base</span> <span class="key key-head">head</span>`;
}

function treeCaption({ attr, system }: KernelResult): Markup {
  return html`<code>${singleLine(attr, 80)}</code> (${singleLine(system)}), modules at head by directory; area is size`;
}

function blockMarkup(block: Block): Markup {
  switch (block.kind) {
    case "paragraph":
      return html`<p>${phraseMarkup(block.content)}</p>`;
    case "list":
      return html`<ul>${block.items.map((item) => html`<li>${phraseMarkup(item)}</li>`)}</ul>`;
    case "table":
      return tableMarkup(block);
    case "log":
      return html`<pre>${block.lines.map(logLine).join("\n")}</pre>`;
  }
}

function logLine(line: string): string {
  return clip(withoutControls(line.slice(0, LOG_LINE_LIMIT * 8)), LOG_LINE_LIMIT);
}

function tableMarkup({ head, rows }: Table): Markup {
  const labels = head.map(plainText);
  return html`<table><thead><tr>${head.map((cell) => html`<th scope="col">${phraseMarkup(cell)}</th>`)}</tr></thead><tbody>
${rows.map(
  (row) => html`<tr>${row.map(
    (cell, column) => html`<td data-label="${labels[column] ?? ""}">${phraseMarkup(cell)}</td>`,
  )}</tr>
`,
)}</tbody></table>`;
}

function phraseMarkup(phrase: Phrase): readonly (Markup | string)[] {
  return phrase.map(inlineMarkup);
}

function inlineMarkup(inline: Inline): Markup | string {
  if (typeof inline === "string") return visible(inline);
  switch (inline.kind) {
    case "code":
      return html`<code>${singleLine(inline.text)}</code>`;
    case "strong":
      return html`<b>${phraseMarkup(inline.content)}</b>`;
    case "break":
      return html`<br>`;
  }
}

function plainText(phrase: Phrase): string {
  return phrase.map((inline) => (typeof inline === "string" ? visible(inline) : "")).join("");
}

function visible(text: string): string {
  return clip(withoutControls(text.slice(0, 8000)), 1000);
}
