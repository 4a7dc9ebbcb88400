/**
 * The stages of a check, with the facts at hand: configuration at base, is there anything to check, may it be built,
 * then the stages themselves, at a place of their own and with their progress published.
 */
import type { Config } from "../../config/config.ts";
import { recipeMatcher } from "../../config/match-recipes.ts";
import { touchedRecipes } from "../../domain/change-set.ts";
import type { CheckRecord } from "../../domain/check-record.ts";
import type { CheckResult, StageResult } from "../../domain/check-result.ts";
import { mayBuild } from "../../domain/command-policy.ts";
import type { AttrPath, System } from "../../domain/evaluation.ts";
import { headlineOfCounts, headlineSoFar } from "../../domain/headline-so-far.ts";
import { branchesOf, type PullRequestFacts } from "../../domain/pull-request.ts";
import { decideQuota, QUOTA_HOURS, type QuotaDecision, quotaSince } from "../../domain/quotas.ts";
import { unchangedAmong } from "../../domain/unchanged-attrs.ts";
import { UserError } from "../../errors.ts";
import { touchesNoRecipe, unchangedAttrs, unknownAttrs, whyRebuilt } from "../../report/replies.ts";
import type { GitHubPort, StorePort } from "../app-ports.ts";
import { COUNTS_ONLY } from "../plan-check.ts";
import type { StageMemory } from "../ports.ts";
import type { AppWorld } from "./app-world.ts";
import { noteLabels, readAttrs } from "./check-notes.ts";
import type { CheckParts } from "./check-parts.ts";
import type { Compared } from "./gather.ts";
import { createProgress } from "./progress.ts";
import { readConfigAt } from "./read-config.ts";
import { attrsToCompare, configFor, missingFrom, namedAttrs } from "./scope.ts";

interface Job {
  readonly check: CheckRecord;
  readonly facts: PullRequestFacts;
  readonly compared: Compared;
  readonly github: GitHubPort;
}

export async function carryOut(job: Job, parts: CheckParts, signal: AbortSignal): Promise<void> {
  const { check, facts, compared, github } = job;
  const { world, publisher, looker } = parts;
  const { store } = world;
  await using progress = createProgress(check, world, publisher, () => looker.lookAt(check, signal), signal);
  await using place = await world.openWorkplace(
    {
      checkId: check.id,
      repositoryId: facts.repositoryId,
      owner: facts.owner,
      name: facts.name,
      credential: (signal) => github.gitCredential(facts, signal),
    },
    signal,
  );

  const config = await readConfigAt(compared.base, place.git, signal);
  const changed = await place.git.changedFiles(compared.base, compared.head, signal);
  if (touchedRecipes(changed, recipeMatcher(config.recipes)).length === 0) {
    await progress.stop();
    return leaveQuietly(job, world, signal);
  }
  const systems = systemsFor(config, world);
  await noteLabels(store, check.id, { rebuilds: config.labels, systems });
  const refusal = await quotaRefusal(check, config, world);
  if (refusal !== undefined) {
    await progress.stop();
    await store.moveCheck(check.id, "failed", refusal);
    return;
  }

  const approved = await isTrusted(job, config, world, signal);
  const explained: { attr: AttrPath; lines: readonly string[] }[] = [];
  try {
    const result = await place.check(
      {
        base: compared.base,
        head: compared.head,
        branches: branchesOf(facts),
        config: configFor(config, check.scope),
        systems,
        scope: approved && check.scope.kind === "everything" ? "everything" : "rebuilds",
        build: check.scope.kind === "everything" ? (check.scope.build ?? []) : [],
        why: check.scope.why ?? [],
        bootAgain: check.scope.kind === "everything" && check.scope.bootAgain === true,
      },
      {
        onStage: progress.onStage,
        onResult: (soFar) => progress.onResult(soFar),
        onExplained: (attr, lines) => explained.push({ attr, lines }),
        memory: memoryOf(check, store),
      },
      signal,
    );
    await progress.stop();
    const unknown = await sayUnknown(job, world, signal);
    await sayUnchanged(job, result, unknown, signal);
    for (const [index, { attr, lines }] of explained.entries())
      if (!unknown.includes(attr))
        await github.reply(check, `why-${check.id}-${index}`, whyRebuilt(attr, lines), signal);
    await finish(check, result, approved, world);
  } catch (error) {
    await progress.stop();
    if (
      error instanceof UserError &&
      error.code === "attr-unknown" &&
      (await sayUnknown(job, world, signal)).length > 0
    ) {
      // A slip in a command is no reason to take the report away that is there.
      await store.moveCheck(check.id, "cancelled", "the command named attributes that do not exist");
      return;
    }
    throw error;
  }
}

function memoryOf(check: CheckRecord, store: StorePort): StageMemory {
  return {
    async save(stage, value) {
      // Names of a package set are megabytes, so only the newest check of a pull request keeps them.
      const older =
        stage === "evaluate" ? await store.latestDone(check.repositoryId, check.number) : undefined;
      if (older !== undefined && older.id !== check.id) await store.saveStage(older.id, "evaluate", null);
      await store.saveStage(check.id, stage, value);
    },
    load: (stage) => store.readStage(check.id, stage),
  };
}

/** As on the command line: this machine's system, unless the configuration says which. */
function systemsFor(config: Config, { buildSystem }: AppWorld): readonly System[] {
  return config.written.has("systems") ? config.systems : [buildSystem];
}

/** A neutral check run and no comment; an answer only to somebody who asked. */
async function leaveQuietly({ check, github }: Job, { store }: AppWorld, signal: AbortSignal): Promise<void> {
  if (check.requestedBy !== null)
    await github.reply(check, `untouched-${check.id}`, touchesNoRecipe(check.headSha), signal);
  await store.updateCheck(check.id, { result: null });
  await store.moveCheck(check.id, "done", "no changed file is a recipe");
}

/** Commands were counted when they were given. @returns the words, undefined within the quotas */
async function quotaRefusal(
  { repositoryId, number, requestedBy }: CheckRecord,
  { limits }: Config,
  { store, now }: AppWorld,
): Promise<string | undefined> {
  if (requestedBy !== null) return undefined;
  const used = await store.usage({ repositoryId, number, login: null, since: quotaSince(now()) });
  const others = { ...used, pullRequest: used.pullRequest - 1, repository: used.repository - 1 };
  const decision = decideQuota(others, {
    pullRequest: limits.pullRequestChecks,
    person: limits.personChecks,
    repository: limits.repositoryChecks,
  });
  return decision.allowed ? undefined : quotaWords(decision);
}

function quotaWords({ quota, most }: Extract<QuotaDecision, { allowed: false }>): string {
  const whose = quota === "pullRequest" ? "this pull request" : "this repository";
  return `${whose} has used up its ${most} checks of the last ${QUOTA_HOURS} hours`;
}

/** Asked anew each time: approvals come while a check runs, and permissions change. */
async function isTrusted(
  { check, facts, github }: Job,
  config: Config,
  { store }: AppWorld,
  signal: AbortSignal,
): Promise<boolean> {
  const now = await store.readCheck(check.id);
  const headApproved =
    now?.approved === true || (await store.isApproved(check.repositoryId, check.number, check.headSha));
  const policy = config.commands.authors;
  if (headApproved || policy === "everyone") return true;
  const author = await github.permission(facts, facts.author.login, signal);
  return mayBuild({ policy, author, headApproved });
}

async function finish(
  check: CheckRecord,
  result: CheckResult,
  approved: boolean,
  { store }: AppWorld,
): Promise<void> {
  const counted = stoppedAtCounts(result);
  if (!counted || check.scope.kind === "rebuilds" || approved) {
    const told = counted ? { ...result, headline: headlineOfCounts(result) } : result;
    await store.updateCheck(check.id, { result: told, stage: "report" });
    await store.moveCheck(check.id, "done");
    return;
  }
  // Counting well is no all-clear, and what waits was not left out.
  const stages = result.stages.filter((stage) => !isLeftForLater(stage));
  const soFar = {
    ...result,
    verdict: "neutral" as const,
    stages,
    headline: headlineSoFar({ ...result, stages }),
  };
  await store.updateCheck(check.id, { result: soFar, stage: "rebuilds" });
  await store.moveCheck(check.id, "waiting", "builds, boots and consumers wait for an approval of this head");
  // An approval that came between the decision and the waiting found nothing to wake.
  const now = await store.readCheck(check.id);
  const late =
    now?.approved === true || (await store.isApproved(check.repositoryId, check.number, check.headSha));
  if (late && now?.state === "waiting") await store.moveCheck(check.id, "queued");
}

/** False where nothing would be built anyway, and so nothing waits. */
function stoppedAtCounts({ stages }: CheckResult): boolean {
  return stages.some(isLeftForLater);
}

function isLeftForLater({ status, reason }: StageResult): boolean {
  return status === "skipped" && reason === COUNTS_ONLY;
}

/** Whoever named them looks for them in the report. */
async function sayUnchanged(
  { check, github }: Job,
  result: CheckResult,
  unknown: readonly AttrPath[],
  signal: AbortSignal,
): Promise<void> {
  const named = attrsToCompare(check.scope).filter((attr) => !unknown.includes(attr));
  const unchanged = unchangedAmong(named, result);
  if (unchanged.length === 0) return;
  await github.reply(check, `unchanged-${check.id}`, unchangedAttrs(unchanged, check.headSha), signal);
}

/** Answers for names in a command that neither base nor head has. @returns those names */
async function sayUnknown(
  { check, github }: Job,
  { store }: AppWorld,
  signal: AbortSignal,
): Promise<readonly AttrPath[]> {
  const named = namedAttrs(check.scope);
  const known = named.length === 0 ? undefined : await readAttrs(store, check.id);
  const unknown = known === undefined ? [] : missingFrom(known, named);
  if (known === undefined || unknown.length === 0) return [];
  await github.reply(check, `unknown-${check.id}`, unknownAttrs(unknown, known), signal);
  return unknown;
}
