/**
 * The page of one check of the App, at any time of its life: waiting in the queue, running with what is known so far,
 * waiting for somebody's approval, ended.
 */
import { type CheckRecord, isFinal } from "../domain/check-record.ts";
import { comparedNote, endedNote, waitingNote } from "./comment-notes.ts";
import { code, type Phrase, prose } from "./document.ts";
import { renderHtml, renderNotice } from "./html.ts";

const REFRESH_SECONDS = 15;

const HEADLINES: Readonly<Record<CheckRecord["state"], string>> = {
  queued: "This check waits for a worker",
  running: "This check is running",
  waiting: "This check waits for approval",
  done: "This check is done",
  cancelled: "This check was cancelled",
  superseded: "This check was superseded",
  failed: "This head could not be checked",
};

/** A whole document, ending in a newline. @param logs names of those that are kept, of letters, digits and `._+-` */
export function renderCheckPage(check: CheckRecord, logs: readonly string[] = []): string {
  const frame = {
    notes: [whereNote(check), ...stateNotes(check)],
    links: logs.map((name) => ({ label: name, href: `${check.id}/logs/${encodeURIComponent(name)}` })),
    ...(isFinal(check.state) ? {} : { refreshSeconds: REFRESH_SECONDS }),
  };
  return check.result === null
    ? renderNotice(HEADLINES[check.state], frame)
    : renderHtml(check.result, frame);
}

function whereNote({ owner, name, number, headSha }: CheckRecord): Phrase {
  return [code(`${owner}/${name}#${number}`), " at ", code(headSha.slice(0, 12))];
}

function stateNotes(check: CheckRecord): readonly Phrase[] {
  const compared = comparedNote(check);
  return [...(compared === undefined ? [] : [compared]), ...stateNote(check)];
}

function stateNote(check: CheckRecord): readonly Phrase[] {
  switch (check.state) {
    case "queued":
      return [prose("It starts as soon as a worker is free.")];
    case "running": {
      const last = check.stage === null ? "" : `; last finished stage: \`${check.stage}\``;
      return [prose(`⏳ It is running${last}. This page looks again by itself.`)];
    }
    case "waiting":
      return [waitingNote()];
    case "done":
      return [];
    default:
      return [endedNote(check)];
  }
}
