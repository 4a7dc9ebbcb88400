/**
 * A comment with commands in it: heard once, answered always.
 *
 * Eyes at once; then a rocket, or a confused face and a reply that says why. Each command is about the head that was there
 * when it was given. Who may is asked of GitHub, by the rules at base. A delivery that died midway goes on: everything
 * here may be done twice, and its request for a check carries the comment as its key.
 */
import { decideCommand } from "../../domain/command-policy.ts";
import type { Command } from "../../domain/commands.ts";
import { parseCommands } from "../../domain/parse-commands.ts";
import type { Permission } from "../../domain/pull-request.ts";
import {
  type Answer,
  answerText,
  headMoved,
  notPermitted,
  notUnderstood,
  onClosed,
} from "../../report/replies.ts";
import type { GitHubPort } from "../app-ports.ts";
import type { CommentHint } from "../pull-request-events.ts";
import type { CheckParts } from "./check-parts.ts";
import { carryOutCommand } from "./command-effects.ts";
import { placeOf } from "./look-at.ts";
import { isGone, isRefused } from "./publisher.ts";
import { type Policy, readPolicy } from "./read-config.ts";
import { type Standing, standingOf } from "./standing.ts";

/** @param claimant the delivery: the same again may go on where it stopped. */
export async function handleCommand(
  comment: CommentHint,
  claimant: string,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  if (comment.isBot) return;
  const commands = parseCommands(comment.body);
  if (commands.length === 0) return;
  const { world } = parts;
  const place = placeOf(comment);
  if (!(await world.store.claimCommand(comment.repositoryId, comment.commentId, claimant))) return;
  const github = world.github.installation(comment.installationId);
  const react = createReacting(comment, github, signal);
  await react("eyes");

  const standing = await standingOf(comment, parts, github, signal, claimant);
  const permission = await github.permission(comment, comment.login, signal);
  const policy = await readPolicy(comment, standing.baseRef, github, signal);
  const answers: Answer[] = [];
  for (const [index, parsed] of commands.entries()) {
    const { line } = parsed;
    if (!parsed.ok) {
      answers.push({ line, ok: false, text: notUnderstood(parsed.problem) });
      continue;
    }
    const { command } = parsed;
    const refused = refusal(command, standing, permission, policy);
    // What an earlier line has asked for is there by now, and this one adds to it.
    const latest = await world.store.latestCheck(comment.repositoryId, comment.number);
    const given = {
      command,
      place,
      standing: { ...standing, latest },
      policy,
      login: comment.login,
      approves: standing.known && refused === undefined && mayApprove(command, permission, policy),
      delivery: claimant,
      requestKey: `comment ${comment.commentId} ${index}`,
    };
    answers.push({ line, ...(refused ?? (await carryOutCommand(given, parts, signal))) });
  }

  const text = answerText(answers);
  if (text !== "") await github.reply(comment, `comment-${comment.commentId}`, text, signal);
  await react(answers.every(({ ok }) => ok) ? "rocket" : "confused");
  const told = answers.map(({ ok }) => ok);
  world.log.info({ ...place, comment: comment.commentId, told }, "commands answered");
}

function refusal(
  command: Command,
  { state, moved, headSha }: Standing,
  has: Permission,
  policy: Policy,
): Omit<Answer, "line"> | undefined {
  const decision = decideCommand(command.kind, has, policy.commands);
  if (!decision.allowed) return { ok: false, text: notPermitted(command.kind, decision.needs, has) };
  if (!needsHead(command)) return undefined;
  if (state === "closed") return { ok: false, text: onClosed() };
  return moved ? { ok: false, text: headMoved(headSha) } : undefined;
}

function mayApprove({ kind }: Command, has: Permission, { commands }: Policy): boolean {
  const decision = decideCommand(kind, has, commands);
  return decision.allowed && decision.approves;
}

function needsHead({ kind }: Command): boolean {
  return kind !== "help" && kind !== "status" && kind !== "cancel";
}

/** A comment that was removed takes no reaction, nor does one that is locked, which is no reason not to do what it says. */
function createReacting(comment: CommentHint, github: GitHubPort, signal: AbortSignal) {
  return async (reaction: "eyes" | "rocket" | "confused") => {
    try {
      await github.react(comment, comment.commentId, reaction, signal);
    } catch (error) {
      if (!isGone(error) && !isRefused(error)) throw error;
    }
  };
}
