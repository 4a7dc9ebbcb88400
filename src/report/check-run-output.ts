/**
 * What a check run shows, in every state a check can be in: title, summary, text, conclusion, buttons.
 *
 * What trips people up: GitHub shows buttons only on completed runs, so a check that waits for an approval is
 * completed, as "action required", and goes back to "in progress" when it goes on.
 */
import { type Annotation, annotationsOf } from "../domain/annotations.ts";
import type { CheckRecord, CheckState } from "../domain/check-record.ts";
import type { Verdict } from "../domain/check-result.ts";
import { singleLine } from "../domain/plain-text.ts";
import { comparedNote, endedNote, type PageOf, waitingNote } from "./comment-notes.ts";
import type { Phrase } from "./document.ts";
import { prose } from "./document.ts";
import { renderMarkdown, renderSection } from "./markdown.ts";
import { renderPhrase } from "./markdown-syntax.ts";
import { summarySection } from "./sections/summary.ts";

export interface CheckRunOutput {
  readonly headSha: string;
  readonly externalId: string;
  readonly status: "queued" | "in_progress" | "completed";
  readonly conclusion?: "success" | "failure" | "neutral" | "cancelled" | "action_required";
  readonly title: string;
  readonly summary: string;
  readonly text?: string;
  readonly detailsUrl?: string;
  readonly annotations?: readonly Annotation[];
  readonly actions: readonly CheckRunAction[];
}

export interface CheckRunAction {
  /** At most 20, 40 and 20 characters. */
  readonly label: string;
  readonly description: string;
  readonly identifier: "rerun" | "vm" | "cancel";
}

export const CHECK_RUN_ACTIONS: readonly CheckRunAction[] = [
  { label: "Re-run", description: "Check this head once more", identifier: "rerun" },
  { label: "Run VM again", description: "Boot the kernels once more", identifier: "vm" },
  { label: "Cancel", description: "End this check", identifier: "cancel" },
];

/** GitHub's limit of summary and text is 65,535 characters; whether bytes are meant is not documented. */
const TEXT_LIMIT = { characters: 60_000, bytes: 65_000 };
const TITLE_LIMIT = 200;

export function checkRunOf(check: CheckRecord, page: string | null): CheckRunOutput {
  const { result, state } = check;
  const pageOf: PageOf = () => page;
  return {
    headSha: check.headSha,
    externalId: check.id,
    ...standing(check),
    title: titleOf(check),
    summary: summaryOf(check),
    ...(result === null
      ? {}
      : { text: renderMarkdown(result, { limit: TEXT_LIMIT, links: linksOf(pageOf(check.id)) }) }),
    ...(page === null ? {} : { detailsUrl: page }),
    ...(state === "done" && result !== null ? { annotations: annotationsOf(result) } : {}),
    actions: CHECK_RUN_ACTIONS,
  };
}

const CONCLUSIONS: Readonly<Record<Verdict, "success" | "failure" | "neutral">> = {
  success: "success",
  failure: "failure",
  neutral: "neutral",
};

function standing({ state, result }: CheckRecord): Pick<CheckRunOutput, "status" | "conclusion"> {
  switch (state) {
    case "queued":
      return { status: "queued" };
    case "running":
      return { status: "in_progress" };
    case "waiting":
      return { status: "completed", conclusion: "action_required" };
    case "done":
      return { status: "completed", conclusion: result === null ? "neutral" : CONCLUSIONS[result.verdict] };
    case "failed":
      return { status: "completed", conclusion: "neutral" };
    case "cancelled":
    case "superseded":
      return { status: "completed", conclusion: "cancelled" };
  }
}

const TITLES: Readonly<Record<CheckState, string>> = {
  queued: "Waiting for a machine",
  running: "Evaluating",
  waiting: "Builds and boots wait for an approval",
  done: "No kernel recipe is touched",
  failed: "Could not be checked",
  cancelled: "Cancelled",
  superseded: "Superseded",
};

/** GitHub shows a title as it is, backticks included. */
function titleOf({ state, result, reason }: CheckRecord): string {
  if (result !== null && (state === "done" || state === "running"))
    return singleLine(result.headline.replaceAll("`", ""), TITLE_LIMIT);
  const saysWhy = reason !== null && state !== "waiting" && state !== "done";
  const why = saysWhy ? `: ${reason.replaceAll("`", "")}` : "";
  return singleLine(`${TITLES[state]}${why}`, TITLE_LIMIT);
}

function summaryOf(check: CheckRecord): string {
  const { state, result } = check;
  const notes: readonly (Phrase | undefined)[] = [
    result === null ? prose(`${TITLES[state]}.`) : prose(result.headline),
    state === "waiting" ? waitingNote() : undefined,
    state === "failed" || state === "cancelled" || state === "superseded" ? endedNote(check) : undefined,
    result === null ? undefined : comparedNote(check),
  ];
  const paragraphs = notes.flatMap((note) => (note === undefined ? [] : [renderPhrase(note)]));
  const table = result === null ? "" : renderSection(summarySection(result, 8));
  const whole = [...paragraphs, table].filter((text) => text !== "").join("\n\n");
  return whole.length <= TEXT_LIMIT.characters ? whole : paragraphs.join("\n\n");
}

function linksOf(page: string | null): Readonly<Record<string, string>> {
  return page === null ? {} : { "Full report": page };
}
