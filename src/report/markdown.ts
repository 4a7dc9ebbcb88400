/**
 * The report as a comment on GitHub: headline, summary, what to do, the rest folded away, shortened to what
 * a comment may hold. What Markdown looks like is known to `markdown-syntax.ts` alone.
 */
import type { CheckResult } from "../domain/check-result.ts";
import { clip } from "../domain/plain-text.ts";
import { type Phrase, prose, type Section } from "./document.ts";
import { COMMENT_LIMIT, fits, type Limit, type Part, shortenToFit } from "./fit.ts";
import { renderBlock, renderDetails, renderHeading, renderLink, renderPhrase } from "./markdown-syntax.ts";
import { footer } from "./sections/footer.ts";
import { SECTIONS, type SectionPlace } from "./sections/index.ts";

export interface MarkdownOptions {
  readonly limit?: Limit;
  /** Label → address, shown in the footer. The operator's, never a pull request's. */
  readonly links?: Readonly<Record<string, string>>;
  /** In place of the result's own. */
  readonly headline?: Phrase;
  /** Right below the headline, each a paragraph; never shortened, so they are short themselves. */
  readonly notes?: readonly Phrase[];
}

/** Ends in a newline; within `limit`, by default what GitHub takes as a comment. */
export function renderMarkdown(result: CheckResult, options: MarkdownOptions = {}): string {
  const limit = options.limit ?? COMMENT_LIMIT;
  const heading = [
    renderHeading(3, options.headline ?? prose(result.headline)),
    ...(options.notes ?? []).map(renderPhrase),
  ].join("\n\n");
  const whole = shortenToFit(partsOf(result), limit, (texts, shortened) =>
    [heading, ...texts, footerText(result, shortened, options.links ?? {})]
      .filter((text) => text !== "")
      .join("\n\n")
      .concat("\n"),
  );
  return whole ?? headlineAlone(result.headline, limit);
}

/** How many rows a list keeps as it is shortened, before its section goes. */
const SHORTER = [30, 10, 3, 1] as const;

function partsOf(result: CheckResult): readonly Part[] {
  return SECTIONS.flatMap((place) => {
    const title = place.make(result, place.listed)?.title;
    return title === undefined
      ? []
      : [{ name: title, importance: place.importance, steps: stepsOf(place, result) }];
  });
}

function stepsOf(place: SectionPlace, result: CheckResult): readonly (() => string)[] {
  const lengths = [place.listed, ...SHORTER.filter((length) => length < place.listed)];
  const steps = lengths.map((listed) => () => renderSection(place.make(result, listed)));
  return [...steps, () => ""];
}

export function renderSection(section: Section | undefined): string {
  if (section === undefined) return "";
  const body = section.blocks.map(renderBlock).join("\n\n");
  if (section.id === "summary") return body;
  if (section.folded) return renderDetails(section.title, body);
  return `${renderHeading(4, [section.title])}\n\n${body}`;
}

function footerText(
  result: CheckResult,
  shortened: readonly string[],
  links: Readonly<Record<string, string>>,
): string {
  const left: Phrase =
    shortened.length === 0
      ? []
      : [`Shortened to fit a comment: ${shortened.join(", ")}. The JSON report has everything.`];
  const linked = Object.entries(links).map(([label, href]) => renderLink(label, href));
  return [renderPhrase(left), [renderPhrase(footer(result)), ...linked].join(" · ")]
    .filter((line) => line !== "")
    .join("\n\n");
}

/** A limit so small that only a piece of the headline is left. */
function headlineAlone(headline: string, limit: Limit): string {
  for (let length = Math.min(limit.characters, [...headline].length); length > 0; length--) {
    const text = `${renderPhrase(prose(clip(headline, length)))}\n`;
    if (fits(text, limit)) return text;
  }
  return "";
}
