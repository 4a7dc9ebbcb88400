/**
 * Replies: every sentence the bot says to somebody who gave a command. All of them are Markdown. Nobody is mentioned,
 * names are code, and what somebody wrote is shown as inert text.
 */
import type { CheckRecord } from "../domain/check-record.ts";
import type { CheckResult } from "../domain/check-result.ts";
import type { GatedCommand } from "../domain/command-policy.ts";
import type { CommandKind } from "../domain/commands.ts";
import { nearMisses } from "../domain/near-misses.ts";
import { quoted, quotedList } from "../domain/plain-text.ts";
import type { Permission } from "../domain/pull-request.ts";
import { QUOTA_HOURS, type QuotaDecision } from "../domain/quotas.ts";
import { plural } from "../domain/size-words.ts";
import { code, type Phrase, prose } from "./document.ts";
import { renderBlock, renderPhrase } from "./markdown-syntax.ts";
import { STAGES } from "./words.ts";

export interface Answer {
  /** The command as it was given. */
  readonly line: string;
  /** A rocket, or a confused face. */
  readonly ok: boolean;
  /** Markdown; empty where the reaction says everything. */
  readonly text: string;
}

/** One reply to all commands of a comment; empty where there is nothing to say. */
export function answerText(answers: readonly Answer[]): string {
  const spoken = answers.filter(({ text }) => text !== "");
  if (answers.length === 1) return spoken[0]?.text ?? "";
  return spoken.map(({ line, text }) => `${renderPhrase([code(line)])}\n\n${text}`).join("\n\n");
}

/** @param problem as `parseCommands` gives it */
export function notUnderstood(problem: string): string {
  return say(`${problem.charAt(0).toUpperCase()}${problem.slice(1)}${/[.?!]$/.test(problem) ? "" : "."}`);
}

export function notPermitted(command: CommandKind, needs: Permission, has: Permission): string {
  const own = has === "none" ? "" : `; you have ${PERMISSIONS[has]}`;
  return say(
    `\`/modprobot ${command}\` needs ${PERMISSIONS[needs]} to this repository${own}. Nothing was done.`,
  );
}

/** @param headSha what it is now */
export function headMoved(headSha: string): string {
  return say(
    `The pull request was pushed to since that was written and is at ${shortName(headSha)} now. Nothing was done; give the command again if it is meant for this head.`,
  );
}

export function onClosed(): string {
  return say("This pull request is closed, so there is nothing to check.");
}

export function overQuota({ quota, most }: Extract<QuotaDecision, { allowed: false }>): string {
  return say(
    `${QUOTA_OWNERS[quota]} may ask for ${plural(most, "check")} in ${QUOTA_HOURS} hours, and has; try again later.`,
  );
}

const QUOTA_OWNERS = {
  pullRequest: "One pull request",
  person: "One person",
  repository: "All pull requests of a repository together",
} as const;

export function touchesNoRecipe(headSha: string): string {
  return say(`Nothing to check at ${shortName(headSha)}: no changed file is a kernel recipe.`);
}

const MOST_NAMES = 20;

/** @param known every attribute there is */
export function unknownAttrs(unknown: readonly string[], known: readonly string[]): string {
  const items = unknown.slice(0, MOST_NAMES).map((attr) => {
    const near = nearMisses(attr, known).map(quoted).join(" or ");
    return prose(`There is no attribute ${quoted(attr)}${near === "" ? "." : `; did you mean ${near}?`}`);
  });
  const rest = unknown.length - items.length;
  const all: readonly Phrase[] = rest > 0 ? [...items, [`… and ${rest} more`]] : items;
  return all.length === 1 ? all.map(renderPhrase).join("") : renderBlock({ kind: "list", items: all });
}

/** @param headSha of the pull request; @param attrs at least one */
export function unchangedAttrs(attrs: readonly string[], headSha: string): string {
  const [verb, what] = attrs.length === 1 ? ["is", "it was"] : ["are", "they were"];
  return say(
    `${quotedList(attrs)} ${verb} the same at base and at ${shortName(headSha)}, so ${what} not built.`,
  );
}

export function nothingToCancel(): string {
  return say("No check of this pull request is running.");
}

export function nothingToApprove(): string {
  return say("Nothing waits for an approval here.");
}

/** @param missing the system whose worker a queued check waits for; null where there is one */
export function statusOf(check: CheckRecord | undefined, missing: string | null = null): string {
  if (check === undefined)
    return say("This pull request has not been checked yet; `/modprobot check` does it.");
  const head = `The check of ${shortName(check.headSha)}`;
  const why = check.reason === null ? "" : `: ${check.reason.replace(/[.!?]+$/, "")}`;
  switch (check.state) {
    case "queued":
      return say(
        missing === null
          ? `${head} is queued.`
          : `${head} waits for a worker for ${quoted(missing)}, and none is running: whoever runs modprobot has to start one.`,
      );
    case "running":
      return say(
        `${head} is running${check.stage === null ? "" : `; finished last: ${STAGES[check.stage].toLowerCase()}`}.`,
      );
    case "waiting":
      return say(
        `${head} has counted rebuilds; builds, boots and consumers wait for \`/modprobot approve\` by somebody with write access.`,
      );
    case "done":
      return say(
        check.result === null
          ? `${head} is done: no changed file is a kernel recipe.`
          : `${head} is done: ${check.result.headline}`,
      );
    case "cancelled":
      return say(`${head} was cancelled${why}.`);
    case "superseded":
      return say(`${head} was superseded${why}.`);
    case "failed":
      return say(`${head} could not be made${why}.`);
  }
}

/** Counts that are known, the final ones or those of a check that still runs. */
export function rebuildCounts({ rebuilds, head }: CheckResult): string {
  const systems = Object.entries(rebuilds.systems).sort(([a], [b]) => (a < b ? -1 : 1));
  const items = systems.map(([name, { attrs, derivations, broken, reason }]): Phrase => {
    if (attrs === null || derivations === null)
      return prose(`${quoted(name)}: not evaluated${reason === undefined ? "" : `: ${reason}`}`);
    const fails = broken.length === 0 ? "" : `; ${plural(broken.length, "attribute")} no longer evaluate`;
    return prose(
      `${quoted(name)}: ${plural(attrs, "rebuild")}, ${plural(derivations, "derivation")}${fails}`,
    );
  });
  return [say(`Rebuilds at ${shortName(head)}:`), renderBlock({ kind: "list", items })].join("\n\n");
}

export function countsFollow(): string {
  return say("A check of this head is running; its counts come first, in its report.");
}

const MOST_LINES = 100;

/** Why an attribute is rebuilt. @param lines as they came, one under the other */
export function whyRebuilt(attr: string, lines: readonly string[]): string {
  if (lines.length === 0) return say(`${quoted(attr)} is not rebuilt.`);
  return [
    say(`Why ${quoted(attr)} is rebuilt:`),
    renderBlock({ kind: "log", lines: lines.slice(0, MOST_LINES) }),
  ].join("\n\n");
}

/** Our own trouble. @param message of the error, without its details */
export function trouble(message: string): string {
  return say(`That did not work, which is no fault of the change: ${message.replace(/[.!?]+$/, "")}.`);
}

const COMMAND_WORDS: Readonly<Record<CommandKind, { readonly usage: string; readonly words: string }>> = {
  check: { usage: "check", words: "check this head again" },
  rebuilds: { usage: "rebuilds [--why ATTR]", words: "count rebuilds; say why an attribute is rebuilt" },
  build: { usage: "build ATTR…", words: "build these as well, at base and head" },
  test: { usage: "test [VMTEST…]", words: "run VM tests, these as well as the configured ones" },
  consumers: { usage: "consumers [ATTR…]", words: "check consumers, these as well" },
  cancel: { usage: "cancel", words: "end the check that runs" },
  status: { usage: "status", words: "say how far it is" },
  approve: { usage: "approve", words: "let this head be built and booted" },
  help: { usage: "help", words: "this list" },
};

export function helpText(permissions: Readonly<Record<GatedCommand, Permission>>): string {
  const kinds = Object.keys(COMMAND_WORDS) as CommandKind[];
  const rows = kinds.map((kind): readonly Phrase[] => [
    [code(`/modprobot ${COMMAND_WORDS[kind].usage}`)],
    [COMMAND_WORDS[kind].words],
    [kind === "help" || kind === "status" ? PERMISSIONS.none : PERMISSIONS[permissions[kind]]],
  ]);
  return [
    renderBlock({ kind: "table", head: [["command"], ["what it does"], ["who may"]], rows }),
    say(
      "One command a line, at its start. A command is about the head that the pull request has when it is given. An attribute that is an English word too, or has spaces in it, goes in double quotes.",
    ),
  ].join("\n\n");
}

const PERMISSIONS: Readonly<Record<Permission, string>> = {
  none: "everybody",
  read: "read access",
  triage: "triage access",
  write: "write access",
  maintain: "maintain access",
  admin: "admin access",
};

/** A sentence with names in backticks. */
function say(sentence: string): string {
  return renderPhrase(prose(sentence));
}

function shortName(sha: string): string {
  return quoted(sha.slice(0, 12));
}
