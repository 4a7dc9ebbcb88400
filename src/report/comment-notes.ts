/**
 * The sentences around a report: what was compared, for whom it waits, how it ended. Shared by comment and check run.
 */
import type { CheckRecord } from "../domain/check-record.ts";
import { code, type Phrase, prose } from "./document.ts";

/** Address of a check's page; null where there is none. */
export type PageOf = (checkId: string) => string | null;

type Compared = Pick<CheckRecord, "headSha" | "baseSha" | "mergeSha" | "conflict" | "finishedAt"> &
  Partial<Pick<CheckRecord, "startedAt">>;

/** Head, base and merge commit, and how old what follows is. Undefined until they are known. */
export function comparedNote({
  headSha,
  baseSha,
  mergeSha,
  conflict,
  startedAt = null,
  finishedAt,
}: Compared): Phrase | undefined {
  if (baseSha === null) return undefined;
  const begun = startedAt === null ? "" : `, begun ${timeWords(startedAt)}`;
  const when = finishedAt === null ? begun : `, ${timeWords(finishedAt)}`;
  if (conflict) {
    return [
      "Head ",
      short(headSha),
      " conflicts with its base branch, so it was compared with the merge base ",
      short(baseSha),
      `${when}. After the conflict is resolved, the answer may be another one.`,
    ];
  }
  const merge: Phrase = mergeSha === null ? [] : [", test merge ", short(mergeSha)];
  return ["Head ", short(headSha), ", base ", short(baseSha), ...merge, `${when}.`];
}

export function waitingNote(): Phrase {
  return prose(
    "⏸️ Builds, boots and consumers wait: the author has no write access here, and they run this change's code. Somebody with write access can start them, for these commits only, with `/modprobot approve`.",
  );
}

export function endedNote({ state, reason }: Pick<CheckRecord, "state" | "reason">): Phrase {
  const why: Phrase = reason === null ? ["."] : [": ", ...prose(reason), /[.!?]$/.test(reason) ? "" : "."];
  switch (state) {
    case "failed":
      return [
        "⚠️ This head could not be checked",
        ...why,
        " That is no fault of the change. ",
        ...prose("`/modprobot check` tries again."),
      ];
    case "superseded":
      return ["This check was superseded", ...why];
    default:
      return ["This check was cancelled", ...why, " ", ...prose("`/modprobot check` starts it again.")];
  }
}

/** Twelve digits: enough for the largest repositories. */
export function short(sha: string): Phrase[number] {
  return code(sha.slice(0, 12));
}

/** A time that stays true, to the minute: `2025-01-31 12:00 UTC`. Ages go stale in a comment. */
function timeWords(time: Date): string {
  return `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}
