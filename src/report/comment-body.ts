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

export type SpokenView = Exclude<CommentView, { kind: "nothing" }>;

/** Within GitHub's limits, ends in the marker. @param headSha of the pull request now */
export function renderComment(view: SpokenView, headSha: string, pageOf: PageOf): string {
  return withMarker(renderView(view, headSha, pageOf), REPORT_MARKER);
}

function renderView(view: SpokenView, headSha: string, pageOf: PageOf): string {
  const { check } = view;
  switch (view.kind) {
    case "report":
      return view.outdatedBy === null
        ? renderReport(check, pageOf, {})
        : renderOutdated(check, view.outdatedBy, pageOf, []);
    case "progress":
      return renderReport(check, pageOf, {});
    case "waiting":
      return renderReport(check, pageOf, { notes: [waitingNote()] });
    case "started": {
      const note: Phrase = ["⏳ Checking head ", short(check.headSha), "."];
      if (view.previous === null) return renderAlone(note, [], pageOf(check.id));
      if (view.previous.headSha === headSha)
        return renderReport(view.previous, pageOf, { notes: [["⏳ This head is checked again."]] });
      return renderOutdated(view.previous, headSha, pageOf, [note]);
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
      if (view.previous.headSha === headSha) return renderReport(view.previous, pageOf, { notes: [note] });
      return renderOutdated(view.previous, headSha, pageOf, [note]);
    }
  }
}

interface Around {
  readonly headline?: Phrase;
  readonly notes?: readonly Phrase[];
}

function renderReport(check: CheckRecord, pageOf: PageOf, { headline, notes = [] }: Around): string {
  const { result } = check;
  if (result === null) return renderAlone(headline ?? ["⏳ Checking"], notes, pageOf(check.id));
  const compared = comparedNote(check);
  return renderMarkdown(result, {
    limit: { characters: COMMENT_LIMIT.characters - ROOM, bytes: COMMENT_LIMIT.bytes - ROOM },
    links: linksOf(pageOf(check.id), result),
    notes: [...notes, ...(compared === undefined ? [] : [compared])],
    ...(headline === undefined ? {} : { headline }),
  }).concat(`\n${renderPhrase(HELP)}\n`);
}

function renderOutdated(
  check: CheckRecord,
  headSha: string,
  pageOf: PageOf,
  notes: readonly Phrase[],
): string {
  const was = check.result === null ? [] : [" ", ...prose(withoutMark(check.result))];
  return renderReport(check, pageOf, {
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
/** For the line of help, the marker and line ends. */
const ROOM = 200;
