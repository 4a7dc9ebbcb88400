/**
 * Which lines of a comment say something, as GitHub shows them: not code, not a quote, not an HTML comment.
 *
 * Follows CommonMark's blocks as far as a line at the left margin can be inside of one (indented code and list
 * items cannot hold such a line). Doubtful cases count as hidden, except the line right after a quote: whoever
 * typed it there without `>` meant it. Linear in the length of the text, whatever is in it.
 * https://spec.commonmark.org/0.31.2/
 */

interface Line {
  readonly text: string;
  /** Within the paragraph it belongs to. */
  readonly start: number;
}

const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)/;
/** Blocks that show their text as code or as somebody else's words until the closing tag. */
const RAW = /^ {0,3}<(pre|script|style|textarea|code|blockquote)(?=[\s>]|$)/i;
const COMMENT = /^ {0,3}<!--/;

/** Lines without their ends, in order; those that start with `>` or with space are left out too. */
export function visibleLines(body: string): string[] {
  const visible: string[] = [];
  let paragraph: Line[] = [];
  let length = 0;
  const flush = () => {
    visible.push(...spoken(paragraph));
    paragraph = [];
    length = 0;
  };

  /** True for the line that ends the block we are in. */
  let ends: ((line: string) => boolean) | undefined;
  for (const line of body.split(/\r\n|\r|\n/)) {
    if (ends !== undefined) {
      if (ends(line)) ends = undefined;
      continue;
    }
    const block = openedBlock(line);
    if (block !== undefined || line.trim() === "") {
      flush();
      if (block !== undefined && !(block.mayEndAtOnce && block.ends(line))) ends = block.ends;
      continue;
    }
    paragraph.push({ text: line, start: length });
    length += line.length + 1;
  }
  flush();
  return visible;
}

interface Block {
  readonly ends: (line: string) => boolean;
  /** Whether the line that opens it can close it too. */
  readonly mayEndAtOnce: boolean;
}

function openedBlock(line: string): Block | undefined {
  const [, fence, info = ""] = FENCE.exec(line) ?? [];
  // Backticks behind backticks make inline code, not a fence.
  if (fence !== undefined && !(fence.startsWith("`") && info.includes("`"))) {
    const closes = (candidate: string) => {
      const text = candidate.trim();
      return (
        text.length >= fence.length &&
        text === fence.charAt(0).repeat(text.length) &&
        /^ {0,3}\S/.test(candidate)
      );
    };
    return { ends: closes, mayEndAtOnce: false };
  }
  if (COMMENT.test(line)) return { ends: (text) => text.includes("-->"), mayEndAtOnce: true };
  const tag = RAW.exec(line)?.[1]?.toLowerCase();
  if (tag === undefined) return undefined;
  return { ends: (text) => text.toLowerCase().includes(`</${tag}>`), mayEndAtOnce: true };
}

/** Lines of a paragraph that do not begin inside of inline code or a comment. */
function spoken(paragraph: readonly Line[]): string[] {
  const hidden = hiddenRanges(paragraph.map(({ text }) => text).join("\n"));
  let next = 0;
  return paragraph.flatMap(({ text, start }) => {
    while ((hidden[next]?.end ?? Number.POSITIVE_INFINITY) <= start) next += 1;
    const range = hidden[next];
    const inside = range !== undefined && range.start < start;
    return inside || /^[\s>]/.test(text) ? [] : [text];
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

const INLINE = /\\[\s\S]|`+|<!--/g;

/** Inline code and inline comments, whichever opens first; what is not closed is text. */
function hiddenRanges(text: string): Range[] {
  const runs = runsByLength(text);
  const ranges: Range[] = [];
  // Once no comment closes from here on, none will further on: asked again each time, it would be quadratic.
  let commentsEnd = true;
  INLINE.lastIndex = 0;
  for (let match = INLINE.exec(text); match !== null; match = INLINE.exec(text)) {
    const [found] = match;
    if (found.startsWith("\\")) continue;
    const after = match.index + found.length;
    let end: number | undefined;
    if (found.startsWith("`")) end = runs.closing(found.length, after);
    else if (commentsEnd) {
      const at = text.indexOf("-->", after);
      commentsEnd = at !== -1;
      if (commentsEnd) end = at + 3;
    }
    if (end === undefined) continue;
    ranges.push({ start: match.index, end });
    INLINE.lastIndex = end;
  }
  return ranges;
}

function runsByLength(text: string) {
  const starts = new Map<number, number[]>();
  for (const match of text.matchAll(/`+/g)) {
    const list = starts.get(match[0].length) ?? [];
    list.push(match.index);
    starts.set(match[0].length, list);
  }
  const used = new Map<number, number>();
  return {
    /** End of the next run of exactly this length. Positions asked for only grow, so each run is met once. */
    closing(length: number, from: number): number | undefined {
      const list = starts.get(length) ?? [];
      let at = used.get(length) ?? 0;
      while ((list[at] ?? Number.POSITIVE_INFINITY) < from) at += 1;
      used.set(length, at);
      const start = list[at];
      return start === undefined ? undefined : start + length;
    },
  };
}
