/**
 * What a report consists of, before it becomes Markdown, terminal text or HTML: sections of blocks of
 * phrases. Sections say what there is to say, once; a renderer decides how it looks and does all escaping.
 *
 * A plain string anywhere in here is text to be escaped, wherever it came from. There is no way to pass
 * markup through.
 */
import type { CheckResult } from "../domain/check-result.ts";

export type Inline =
  | string
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "strong"; readonly content: Phrase }
  /** A new line inside a table cell. */
  | { readonly kind: "break" };

export type Phrase = readonly Inline[];

export interface Table {
  readonly kind: "table";
  readonly head: readonly Phrase[];
  readonly rows: readonly (readonly Phrase[])[];
}

export type Block =
  | { readonly kind: "paragraph"; readonly content: Phrase }
  | Table
  | { readonly kind: "list"; readonly items: readonly Phrase[] }
  /** Log lines and the like, as they came. */
  | { readonly kind: "log"; readonly lines: readonly string[] };

export type SectionId =
  | "summary"
  | "consumers"
  | "broken-attributes"
  | "failed-builds"
  | "findings"
  | "layout"
  | "sizes"
  | "modules"
  | "vm"
  | "rebuilds"
  | "unaffected"
  | "not-run";

export interface Section {
  readonly id: SectionId;
  readonly title: string;
  /** False for what needs the reader's action; the rest is folded away where the medium can fold. */
  readonly folded: boolean;
  readonly blocks: readonly Block[];
}

/** Makes one section of a result; undefined when there is nothing to say. `listed`: how many rows its lists may have. */
export type SectionMaker = (result: CheckResult, listed: number) => Section | undefined;

export const BREAK: Inline = { kind: "break" };

export function code(text: string): Inline {
  return { kind: "code", text };
}

export function strong(...content: Phrase): Inline {
  return { kind: "strong", content };
}

/** A sentence that has its names in backticks, as the domain writes them; an odd backtick stays a character. */
export function prose(sentence: string): Phrase {
  const parts = sentence.split("`");
  // An even number of parts means an odd number of backticks: the last one opens nothing.
  const closed = parts.length % 2 === 1 ? parts : [...parts.slice(0, -2), parts.slice(-2).join("`")];
  return closed.map((part, index) => (index % 2 === 1 ? code(part) : part)).filter((part) => part !== "");
}

/** Phrases with something between each two. */
export function join(phrases: readonly Phrase[], between: Inline): Phrase {
  return phrases.flatMap((phrase, index) => (index === 0 ? phrase : [between, ...phrase]));
}

/** Names as code with commas between; beyond `listed` a count of the rest. */
export function nameList(names: readonly string[], listed: number): Phrase {
  if (names.length === 0) return ["–"];
  const shown = join(
    names.slice(0, listed).map((name) => [code(name)]),
    ", ",
  );
  const rest = names.length - listed;
  return rest > 0 ? [...shown, ` … and ${rest} more`] : shown;
}

/** At most `listed` rows; a last row says how many are missing. */
export function cutRows(
  rows: readonly (readonly Phrase[])[],
  listed: number,
): readonly (readonly Phrase[])[] {
  const rest = rows.length - listed;
  if (rest <= 0) return rows;
  const columns = rows[0]?.length ?? 1;
  const more: readonly Phrase[] = [[`… ${rest} more`], ...Array<Phrase>(columns - 1).fill([])];
  return [...rows.slice(0, listed), more];
}

/** At most `listed` items; a last one says how many are missing. */
export function cutItems(items: readonly Phrase[], listed: number): readonly Phrase[] {
  const rest = items.length - listed;
  return rest <= 0 ? items : [...items.slice(0, listed), [`… ${rest} more`]];
}

/** One under the other in a table cell, at most `listed` of them. */
export function lines(phrases: readonly Phrase[], listed: number): Phrase {
  return join(cutItems(phrases, listed), BREAK);
}
