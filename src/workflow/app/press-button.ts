/**
 * Buttons of a check run, GitHub's own "Re-run" among them: commands without words, by the same rules.
 *
 * There is nowhere to answer, so what may not be done is not done and stands in our log. GitHub shows buttons once a run is
 * completed: "Cancel" then ends what waits for an approval, or what was begun since for the same head. Whose pull request it is comes
 * from our own record: what GitHub sends for a fork names none.
 */
import { isFinal } from "../../domain/check-record.ts";
import { BUTTON_COMMANDS, decideCommand } from "../../domain/command-policy.ts";
import type { GitHubPort } from "../app-ports.ts";
import type { ButtonHint, PullRequestHint } from "../pull-request-events.ts";
import type { AppWorld } from "./app-world.ts";
import type { CheckParts } from "./check-parts.ts";
import { quotaFor } from "./quota-for.ts";
import { readPolicy } from "./read-config.ts";
import { scopeOnceMore } from "./scope.ts";

export async function pressButton(
  press: ButtonHint,
  guid: string,
  parts: CheckParts,
  signal: AbortSignal,
): Promise<void> {
  const github = parts.world.github.installation(press.installationId);
  for (const pullRequest of await meant(press, parts.world, github, signal))
    await pressOn(pullRequest, press, guid, parts, github, signal);
}

async function meant(
  { installationId, repositoryId, owner, name, headSha, externalId, numbers }: ButtonHint,
  { store }: AppWorld,
  github: GitHubPort,
  signal: AbortSignal,
): Promise<readonly PullRequestHint[]> {
  const place = { installationId, repositoryId, owner, name };
  const check = externalId === null ? undefined : await store.readCheck(externalId);
  // An id of another repository's check is no word of GitHub's.
  if (check !== undefined)
    return check.repositoryId === repositoryId ? [{ ...place, number: check.number }] : [];
  if (numbers.length > 0) return numbers.map((number) => ({ ...place, number }));
  const open = await github.openPullRequests({ owner, name }, signal);
  return open.filter((one) => one.headSha === headSha).map(({ number }) => ({ ...place, number }));
}

async function pressOn(
  pullRequest: PullRequestHint,
  { button, login, headSha }: ButtonHint,
  guid: string,
  { world, publisher, looker }: CheckParts,
  github: GitHubPort,
  signal: AbortSignal,
): Promise<void> {
  const { store, log } = world;
  const { repositoryId, number } = pullRequest;
  const now = await github.head(pullRequest, signal);
  const permission = await github.permission(pullRequest, login, signal);
  const { commands, limits } = await readPolicy(pullRequest, now.baseRef, github, signal);
  const decision = decideCommand(BUTTON_COMMANDS[button], permission, commands);
  if (!decision.allowed || now.state === "closed") {
    log.info({ repositoryId, number, button, permission }, "button without effect");
    return;
  }
  const latest = await store.latestCheck(repositoryId, number);
  if (button === "cancel") {
    if (latest === undefined || isFinal(latest.state) || latest.headSha !== headSha) return;
    await store.moveCheck(latest.id, "cancelled", `by \`${login}\``);
    await publisher.tell(latest.id, "for-now", signal);
    return;
  }
  // The run of an earlier head: what is wanted can only be about the head that is there.
  if (now.headSha !== headSha) return looker.lookAt(pullRequest, signal, guid);
  const quota = await quotaFor(pullRequest, login, limits, world);
  if (!quota.allowed) {
    log.info({ repositoryId, number, button, quota: quota.quota }, "button without effect");
    return;
  }
  if (decision.approves) await store.approve(repositoryId, number, headSha, login);
  const requested = await store.requestCheck({
    ...pullRequest,
    headSha,
    scope: scopeOnceMore(latest?.headSha === headSha ? latest.scope : undefined, button === "vm"),
    requestedBy: login,
    approved: decision.approves || (await store.isApproved(repositoryId, number, headSha)),
    requestKey: `button ${guid}`,
    delivery: guid,
  });
  log.info({ repositoryId, number, button, check: requested.check.id }, "check requested");
}
