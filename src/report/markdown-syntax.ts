/**
 * GitHub's Markdown: the only module that knows it. Everything that comes in is text, possibly written by
 * somebody who wants a mention, a link or an image in our comment, and leaves as something inert.
 *
 * Escaping alone does not do: GitHub looks for mentions, issue numbers and addresses after Markdown has been
 * resolved, so those get a zero-width space inside. Code is left alone by that search and stays copyable.
 * https://github.github.com/gfm/ · https://docs.github.com/en/get-started/writing-on-github
 */
import { clip, withoutControls } from "../domain/plain-text.ts";
import type { Block, Inline, Phrase, Table } from "./document.ts";

const ZERO_WIDTH_SPACE = "\u200b";
/** Longest piece of foreign text in a sentence or cell, in characters; logs have their own limit per line. */
const TEXT_LIMIT = 400;
/** Longest name: a store path with a file in it fits. */
const CODE_LIMIT = 200;
const LOG_LINE_LIMIT = 300;

/** One line of Markdown. */
export function renderPhrase(phrase: Phrase): string {
  return phrase.map(renderInline).join("");
}

function renderInline(inline: Inline): string {
  if (typeof inline === "string") return escapeText(inline);
  switch (inline.kind) {
    case "code":
      return renderCode(inline.text);
    case "strong":
      return `**${renderPhrase(inline.content).trim()}**`;
    case "break":
      return "<br>";
  }
}

/** A block without the empty lines around it. */
export function renderBlock(block: Block): string {
  switch (block.kind) {
    case "paragraph":
      return renderPhrase(block.content);
    case "list":
      return block.items.map((item) => `- ${renderPhrase(item)}`).join("\n");
    case "table":
      return renderTable(block);
    case "log":
      return renderLog(block.lines);
  }
}

/** Folded away. */
export function renderDetails(title: string, body: string): string {
  return `<details><summary>${encode(withoutReferences(flat(title)))}</summary>\n\n${body}\n\n</details>`;
}

export function renderHeading(level: number, content: Phrase): string {
  return `${"#".repeat(level)} ${renderPhrase(content)}`;
}

/** `href` is the operator's, not a pull request's; what could end the link is encoded all the same. */
export function renderLink(label: string, href: string): string {
  return `[${escapeText(label)}](${encodeURI(href).replace(/[()]/g, (c) => (c === "(" ? "%28" : "%29"))})`;
}

function renderTable({ head, rows }: Table): string {
  const line = (cells: readonly Phrase[]) => `| ${cells.map(renderPhrase).join(" | ")} |`;
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n");
}

function renderLog(lines: readonly string[]): string {
  const text = lines
    .map((line) => clip(withoutControls(line.slice(0, LOG_LINE_LIMIT * 8)), LOG_LINE_LIMIT))
    .join("\n");
  const fence = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${fence}text\n${text}\n${fence}`;
}

function escapeText(text: string): string {
  const visible = flat(text);
  return (
    withoutReferences(visible)
      .replace(/[\\`*{}[\]|~]/g, "\\$&")
      // Inside a word an underscore stands for itself.
      .replace(/(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])/g, "\\_")
      .replaceAll("&", "&amp;")
      .replaceAll("<", "&lt;")
      .replaceAll(">", "&gt;")
      // GitHub's mathematics; this is the escape that its documentation names.
      .replaceAll("$", "<span>$</span>")
      // What would open a heading, list or rule if it came first on its line.
      .replace(/^(\s*)([-+=#])/, "$1\\$2")
      .replace(/^(\s*\d+)([.)])(?=\s|$)/, "$1\\$2")
  );
}

/** A code span. Where a pipe would end the table cell around it, HTML's own form, which has no such trouble. */
function renderCode(text: string): string {
  const visible = flat(text, CODE_LIMIT).trim();
  if (visible === "") return "(empty)";
  if (visible.includes("|")) return codeAsHtml(visible);
  const fence = "`".repeat(longestRun(visible) + 1);
  const pad = visible.startsWith("`") || visible.endsWith("`") ? " " : "";
  return `${fence}${pad}${visible}${pad}${fence}`;
}

function codeAsHtml(visible: string): string {
  return `<code>${encode(withoutReferences(visible))}</code>`;
}

/** Numeric references for what HTML or Markdown would read: neither does then (CommonMark 0.31, 2.5). */
function encode(text: string): string {
  return text.replace(/[\\`*_{}[\]<>|~&!$#@:"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** One line, spaces at its ends kept. */
function flat(text: string, limit = TEXT_LIMIT): string {
  return clip(withoutControls(text.slice(0, limit * 8)).replace(/\s+/g, " "), limit);
}

/** What GitHub takes for a commit: a hash or its beginning. Words and numbers of such letters are left alone. */
const COMMIT = /\b(?=\w*\d)(?=\w*[a-f])[0-9a-f]{7,64}\b|\b[0-9a-f]{40}\b/gi;

/** Mentions, issue numbers, commits, advisories and addresses, each with a zero-width space inside. */
function withoutReferences(text: string): string {
  return text
    .replaceAll("@", `@${ZERO_WIDTH_SPACE}`)
    .replace(/#(?=\w)/g, `#${ZERO_WIDTH_SPACE}`)
    .replace(/\bGH-(?=\d)|\bGHSA-(?=\w)/gi, `$&${ZERO_WIDTH_SPACE}`)
    .replace(COMMIT, (hash) => `${hash.slice(0, 3)}${ZERO_WIDTH_SPACE}${hash.slice(3)}`)
    .replace(/:(?=\/\/)/g, `:${ZERO_WIDTH_SPACE}`)
    .replace(/\bwww(?=\.)/gi, `$&${ZERO_WIDTH_SPACE}`);
}

function longestRun(text: string): number {
  return Math.max(0, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
}
