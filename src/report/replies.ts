/**
 * Replies: every sentence the bot says to somebody who gave a command. Nobody is mentioned, names are code, and what
 * somebody wrote is quoted as inert text.
 */

import type { CheckRecord } from "../domain/check-record.ts";
import type { GatedCommand } from "../domain/command-policy.ts";
import type { CommandKind, ParsedCommand } from "../domain/commands.ts";
import type { Permission } from "../domain/pull-request.ts";
import { QUOTA_HOURS, type QuotaDecision } from "../domain/quotas.ts";
import { code, join, type Phrase, prose } from "./document.ts";
import { renderBlock, renderPhrase } from "./markdown-syntax.ts";
import { STAGES } from "./words.ts";

export type Reply =
  | { readonly kind: "not-understood"; readonly commands: readonly Extract<ParsedCommand, { ok: false }>[] }
  | {
      readonly kind: "not-permitted";
      readonly command: CommandKind;
      readonly needs: Permission;
      readonly has: Permission;
    }
  | { readonly kind: "head-moved"; readonly line: string; readonly headSha: string }
  | { readonly kind: "over-quota"; readonly decision: Extract<QuotaDecision, { allowed: false }> }
  | {
      readonly kind: "unknown-attrs";
      readonly attrs: readonly { readonly attr: string; readonly near: readonly string[] }[];
    }
  | { readonly kind: "pull-request-closed" }
  | { readonly kind: "nothing-to-cancel" }
  | { readonly kind: "nothing-to-approve" }
  | { readonly kind: "status"; readonly check: CheckRecord | null; readonly ahead: number | null }
  | { readonly kind: "why"; readonly attr: string; readonly lines: readonly string[] }
  | { readonly kind: "trouble"; readonly message: string }
  | { readonly kind: "help"; readonly permissions: Readonly<Record<GatedCommand, Permission>> };

/** Markdown without a marker. */
export function renderReply(reply: Reply): string {
  switch (reply.kind) {
    case "not-understood":
      return list(reply.commands.map(({ line, problem }) => [code(line), ": ", ...prose(problem), "."]));
    case "not-permitted":
      return paragraph([
        ...prose(`\`/modprobot ${reply.command}\` needs `),
        ...permissionWords(reply.needs),
        " on this repository",
        ...(reply.has === "none" ? ["."] : ["; you have ", ...permissionWords(reply.has), "."]),
        " Nothing was done.",
      ]);
    case "head-moved":
      return paragraph([
        code(reply.line),
        " was given for an earlier head; the pull request has been pushed to since, and is at ",
        code(reply.headSha.slice(0, 12)),
        " now. Nothing was done; give the command again if it is meant for this head.",
      ]);
    case "over-quota":
      return paragraph([
        `${QUOTA_OWNERS[reply.decision.quota]} may ask for ${reply.decision.most} checks in ${QUOTA_HOURS} hours, and has. `,
        "Nothing was done; try again later.",
      ]);
    case "unknown-attrs":
      return list(
        reply.attrs.map(({ attr, near }) => [
          "There is no attribute ",
          code(attr),
          ...(near.length === 0
            ? []
            : [
                "; did you mean ",
                ...join(
                  near.slice(0, 3).map((name) => [code(name)]),
                  " or ",
                ),
                "?",
              ]),
          ...(near.length === 0 ? ["."] : []),
        ]),
      );
    case "pull-request-closed":
      return paragraph(["This pull request is closed, so there is nothing to check."]);
    case "nothing-to-cancel":
      return paragraph(["No check of this pull request is running."]);
    case "nothing-to-approve":
      return paragraph(["Nothing waits for an approval here."]);
    case "status":
      return paragraph(statusWords(reply.check, reply.ahead));
    case "why":
      return [
        paragraph(["Why ", code(reply.attr), " is rebuilt:"]),
        renderBlock({ kind: "log", lines: reply.lines.slice(0, MOST_LINES) }),
      ].join("\n\n");
    case "trouble":
      return paragraph(["This did not work: ", ...prose(reply.message), ". That is no fault of the change."]);
    case "help":
      return help(reply.permissions);
  }
}

const MOST_LINES = 100;

const QUOTA_OWNERS = {
  pullRequest: "One pull request",
  person: "One person",
  repository: "One repository",
} as const;

function statusWords(check: CheckRecord | null, ahead: number | null): Phrase {
  if (check === null)
    return ["This pull request has not been checked yet. ", ...prose("`/modprobot check` does it.")];
  const head = code(check.headSha.slice(0, 12));
  const reason: Phrase = check.reason === null ? [] : [": ", ...prose(check.reason)];
  const stage = check.stage === null ? [] : [`; finished: ${STAGES[check.stage].toLowerCase()}`];
  switch (check.state) {
    case "queued":
      return [
        "The check of ",
        head,
        ahead === null || ahead === 0 ? " is queued." : ` is queued behind ${ahead} others.`,
      ];
    case "running":
      return ["The check of ", head, " is running", ...stage, "."];
    case "waiting":
      return [
        "Rebuilds of ",
        head,
        " are counted; builds, boots and consumers wait for ",
        code("/modprobot approve"),
        ".",
      ];
    case "done":
      return [
        "The check of ",
        head,
        " is done: ",
        ...(check.result === null ? ["no kernel recipe is touched."] : prose(check.result.headline)),
      ];
    case "cancelled":
      return ["The check of ", head, " was cancelled", ...reason, "."];
    case "superseded":
      return ["The check of ", head, " was superseded", ...reason, "."];
    case "failed":
      return ["The check of ", head, " could not be made", ...reason, "."];
  }
}

const HELP: readonly { readonly usage: string; readonly kind: CommandKind; readonly words: string }[] = [
  { usage: "/modprobot check", kind: "check", words: "check this head again" },
  {
    usage: "/modprobot rebuilds [--why ATTR]",
    kind: "rebuilds",
    words: "count rebuilds, and say why an attribute is rebuilt",
  },
  { usage: "/modprobot build ATTR…", kind: "build", words: "build these as well, at base and head" },
  { usage: "/modprobot test [VMTEST…]", kind: "test", words: "run VM tests, the configured ones by default" },
  { usage: "/modprobot consumers [ATTR…]", kind: "consumers", words: "check these consumers as well" },
  { usage: "/modprobot cancel", kind: "cancel", words: "end the check that runs" },
  { usage: "/modprobot status", kind: "status", words: "say how far it is" },
  { usage: "/modprobot approve", kind: "approve", words: "let this head be built and booted" },
  { usage: "/modprobot help", kind: "help", words: "this list" },
];

function help(permissions: Readonly<Record<GatedCommand, Permission>>): string {
  const rows = HELP.map(({ usage, kind, words }): readonly Phrase[] => [
    [code(usage)],
    [words],
    kind === "help" || kind === "status" ? ["everybody"] : permissionWords(permissions[kind]),
  ]);
  return [
    renderBlock({ kind: "table", head: [["command"], ["what it does"], ["who may"]], rows }),
    paragraph([
      "One command a line, at its start. Every command is for the head that the pull request has at that moment. " +
        "An attribute whose name is an English word, or has spaces or signs in it, is written in double quotes.",
    ]),
  ].join("\n\n");
}

const PERMISSION_WORDS: Readonly<Record<Permission, string>> = {
  none: "everybody",
  read: "read access",
  triage: "triage access",
  write: "write access",
  maintain: "maintain access",
  admin: "admin access",
};

function permissionWords(permission: Permission): Phrase {
  return [PERMISSION_WORDS[permission]];
}

function paragraph(content: Phrase): string {
  return renderPhrase(content);
}

const MOST_ITEMS = 20;

function list(items: readonly Phrase[]): string {
  if (items.length === 1 && items[0] !== undefined) return paragraph(items[0]);
  const rest = items.length - MOST_ITEMS;
  const shown = rest > 0 ? [...items.slice(0, MOST_ITEMS), [`… and ${rest} more`]] : items;
  return renderBlock({ kind: "list", items: shown });
}
