/**
 * The one comment of a pull request, whole: headline, what it is about, the report, the marker.
 *
 * What trips people up: a report outlives its head. As soon as the head moves, the headline says so before
 * anything else, and no mark of success stays in front of it.
 */
import type { CheckRecord } from "../domain/check-record.ts";
import type { CheckResult } from "../domain/check-result.ts";
import type { CommentView } from "../domain/comment-view.ts";
import { REPORT_MARKER, withMarker } from "../domain/marker.ts";
import { comparedNote, endedNote, type PageOf, short, waitingNote } from "./comment-notes.ts";
import { type Phrase, prose } from "./document.ts";
import { COMMENT_LIMIT } from "./fit.ts";
import { renderMarkdown } from "./markdown.ts";
import { renderHeading, renderLink, renderPhrase } from "./markdown-syntax.ts";

/** The operator's addresses, never a pull request's. */
export interface CommentLinks {
  readonly pageOf: PageOf;
  /** Where people say that a finding is wrong; null: nowhere. */
  readonly falseAlarmUrl: string | null;
}

export type SpokenView = Exclude<CommentView, { kind: "nothing" }>;

/** Within GitHub's limits, ends in the marker. @param headSha of the pull request now */
export function renderComment(view: SpokenView, headSha: string, links: CommentLinks): string {
  return withMarker(renderView(view, headSha, links), REPORT_MARKER);
}

function renderView(view: SpokenView, headSha: string, links: CommentLinks): string {
  const { check } = view;
  const { pageOf } = links;
  switch (view.kind) {
    case "report":
      return view.outdatedBy === null
        ? renderReport(check, links, {})
        : renderOutdated(check, view.outdatedBy, links, []);
    case "progress":
      return renderReport(check, links, {});
    case "waiting":
      return renderReport(check, links, { notes: [waitingNote()] });
    case "started": {
      const note: Phrase = ["⏳ Checking head ", short(check.headSha), "."];
      if (view.previous === null) return renderAlone(note, [], pageOf(check.id));
      if (view.previous.headSha === headSha)
        return renderReport(view.previous, links, { notes: [["⏳ This head is checked again."]] });
      return renderOutdated(view.previous, headSha, links, [note]);
    }
    case "untouched":
      return renderAlone(
        ["Nothing to check: no kernel recipe is touched at head ", short(check.headSha), "."],
        [],
        pageOf(check.id),
      );
    case "ended": {
      const note: Phrase = ["Head ", short(check.headSha), ": ", ...endedNote(check)];
      if (view.previous === null) return renderAlone(["⚠️ Not checked"], [note], pageOf(check.id));
      if (view.previous.headSha === headSha) return renderReport(view.previous, links, { notes: [note] });
      return renderOutdated(view.previous, headSha, links, [note]);
    }
  }
}

interface Around {
  readonly headline?: Phrase;
  readonly notes?: readonly Phrase[];
}

function renderReport(check: CheckRecord, links: CommentLinks, { headline, notes = [] }: Around): string {
  const { result } = check;
  const { pageOf, falseAlarmUrl } = links;
  if (result === null) return renderAlone(headline ?? ["⏳ Checking"], notes, pageOf(check.id));
  const compared = comparedNote(check);
  const below = [
    ...(falseAlarmUrl === null ? [] : [renderLink("A false alarm? Say so", falseAlarmUrl)]),
    renderPhrase(HELP),
  ].join(" · ");
  const room = ROOM + Buffer.byteLength(below);
  return renderMarkdown(result, {
    limit: { characters: COMMENT_LIMIT.characters - room, bytes: COMMENT_LIMIT.bytes - room },
    links: linksOf(pageOf(check.id), result),
    notes: [...notes, ...(compared === undefined ? [] : [compared])],
    ...(headline === undefined ? {} : { headline }),
  }).concat(`\n${below}\n`);
}

function renderOutdated(
  check: CheckRecord,
  headSha: string,
  links: CommentLinks,
  notes: readonly Phrase[],
): string {
  const was = check.result === null ? [] : [" ", ...prose(withoutMark(check.result))];
  return renderReport(check, links, {
    headline: [
      "🕰️ Outdated: head is now ",
      short(headSha),
      ", this is about ",
      short(check.headSha),
      ".",
      ...was,
    ],
    notes,
  });
}

/** A tick in front of what is no longer true would be read as an all-clear. */
function withoutMark({ headline }: CheckResult): string {
  return headline.replace(/^(?:❌|✅|⚠️|⏳)\s*/u, "");
}

function renderAlone(headline: Phrase, notes: readonly Phrase[], page: string | null): string {
  const links = Object.entries(linksOf(page)).map(([label, href]) => renderLink(label, href));
  return [
    renderHeading(3, headline),
    ...notes.map(renderPhrase),
    [...links, renderPhrase(HELP)].join(" · "),
  ].join("\n\n");
}

/** Whoever reads that something fails asks for its log next. */
function linksOf(page: string | null, result?: CheckResult): Readonly<Record<string, string>> {
  if (page === null) return {};
  return { "Full report": page, ...(result?.verdict === "failure" ? { Logs: `${page}#logs` } : {}) };
}

const HELP: Phrase = prose("`/modprobot help` lists all commands.");
/** For the marker and line ends. */
const ROOM = 100;
