/**
 * Publisher: GitHub brought into accord with the store, as often as need be.
 *
 * Nothing is remembered of what was published. Comment, labels and check runs are made from the records each time
 * and every step can be repeated, so a crash between any two of them costs a repetition. Whoever writes looks again
 * afterwards: a check that was overtaken while it wrote writes once more, what is true by then.
 */
import { type CheckRecord, isFinal } from "../../domain/check-record.ts";
import { decideComment } from "../../domain/comment-view.ts";
import { isOurLabel } from "../../domain/labels-to-set.ts";
import { EnvironmentError } from "../../errors.ts";
import { checkRunOf } from "../../report/check-run-output.ts";
import { renderComment } from "../../report/comment-body.ts";
import type { GitHubPort } from "../app-ports.ts";
import type { PullRequestHint } from "../pull-request-events.ts";
import type { AppWorld } from "./app-world.ts";
import { readLabels } from "./check-notes.ts";
import { decideLabels } from "./decide-labels.ts";
import { oneAtATime } from "./one-at-a-time.ts";

export interface Publisher {
  /**
   * Says how a check has ended, or that it waits: its check run, then the pull request. `for-good` says the worker that had
   * it, or `reconcile` later; anybody else may be overwritten by what that worker was just sending, so it stays owed.
   * True where the head has moved away from the newest check.
   *
   * @throws EnvironmentError github-refused where it takes no check run; comment and labels are there then all the same
   */
  tell(id: string, how: "for-good" | "for-now", signal: AbortSignal): Promise<boolean>;
  /** Comment and labels, from the newest check. True where the head has moved away from that one. */
  show(pullRequest: PullRequestHint, signal: AbortSignal): Promise<boolean>;
  /** The check run of a check that is being worked on; not owed, so a refusal is only logged. */
  showCheckRun(check: CheckRecord, signal: AbortSignal): Promise<void>;
}

/** How often a writer that was overtaken writes again. Whoever overtook it writes as well. */
const MOST_ROUNDS = 5;

export function createPublisher(world: AppWorld): Publisher {
  const { store, log } = world;
  const turns = oneAtATime();

  /** A locked conversation takes no comment, and a permission may be missing. Each of the others still says it. */
  const unlessRefused = async <T>(
    what: "check run" | "comment" | "labels",
    { repositoryId, number }: PullRequestHint,
    work: Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work;
    } catch (error) {
      if (!isRefused(error)) throw error;
      log.warn({ err: error, what, repositoryId, number }, "GitHub does not take it");
      return undefined;
    }
  };

  const showCheckRun = async (check: CheckRecord, signal: AbortSignal): Promise<void> => {
    const github = world.github.installation(check.installationId);
    const update = checkRunOf(check, world.pageOf(check.id));
    const { id } = await github.upsertCheckRun(check, check.checkRunId, update, signal);
    const { status, conclusion } = update;
    log.info({ ...traced(check), checkRun: id, status, conclusion }, "check run published");
    if (id !== check.checkRunId) await store.updateCheck(check.id, { checkRunId: id });
  };

  const showOnce = async (
    pullRequest: PullRequestHint,
    latest: CheckRecord,
    looksForOthers: boolean,
    github: GitHubPort,
    signal: AbortSignal,
  ): Promise<boolean> => {
    const { repositoryId, number } = pullRequest;
    const { headSha, state } = await github.head(pullRequest, signal);
    const known = await store.commentId(repositoryId, number);
    const settings = await readLabels(store, latest.id);
    const view = decideComment({
      latest,
      done: await store.latestDone(repositoryId, number),
      headSha,
      exists: known !== null,
      touched: settings !== undefined,
    });
    if (view.kind !== "nothing") {
      const body = renderComment(view, headSha, world);
      const comment = github.upsertComment(pullRequest, looksForOthers ? null : known, body, signal);
      const id = (await unlessRefused("comment", pullRequest, comment))?.id ?? known;
      if (id !== null && id !== known) await store.rememberComment(repositoryId, number, id);
      log.info({ ...traced(latest), comment: id, says: view.kind }, "comment published");
    }
    const wanted = decideLabels(latest, headSha, settings);
    if (wanted !== undefined && (known !== null || view.kind !== "nothing")) {
      const ours = settings ?? { rebuilds: false, systems: [] };
      const isOurs = (label: string) => isOurLabel(label, ours);
      await unlessRefused("labels", pullRequest, github.setLabels(pullRequest, wanted, isOurs, signal));
      log.info({ ...traced(latest), labels: wanted }, "labels published");
    }
    return state === "open" && headSha !== latest.headSha;
  };

  const show = (
    pullRequest: PullRequestHint,
    signal: AbortSignal,
    looksForOthers = false,
  ): Promise<boolean> => {
    const { repositoryId, number, installationId } = pullRequest;
    const github = world.github.installation(installationId);
    return turns(`${repositoryId}#${number}`, async () => {
      let latest = await store.latestCheck(repositoryId, number);
      let moved = false;
      for (let round = 0; latest !== undefined && round < MOST_ROUNDS; round += 1) {
        moved = await showOnce(pullRequest, latest, looksForOthers, github, signal);
        const now = await store.latestCheck(repositoryId, number);
        if (sameStanding(latest, now)) break;
        latest = now;
      }
      return moved;
    });
  };

  const unlessGone = async (id: string, work: Promise<unknown>): Promise<unknown> => {
    try {
      return await work;
    } catch (error) {
      if (!isGone(error)) throw error;
      log.info({ err: error, check: id }, "nobody is left to be told how a check ended");
      return undefined;
    }
  };

  const refusalOf = async (work: Promise<unknown>): Promise<unknown> => {
    try {
      await work;
      return undefined;
    } catch (error) {
      if (!isRefused(error)) throw error;
      return error;
    }
  };

  return {
    show: (pullRequest, signal) => show(pullRequest, signal),
    async showCheckRun(check, signal) {
      await unlessRefused("check run", check, showCheckRun(check, signal));
    },
    async tell(id, how, signal) {
      const check = await store.readCheck(id);
      if (check === undefined || !hasStopped(check)) return false;
      const isLast = how === "for-good";
      const hasRun = check.startedAt !== null || check.checkRunId !== null;
      const refusal = hasRun ? await refusalOf(unlessGone(id, showCheckRun(check, signal))) : undefined;
      // Two workers of one pull request, the old check's and the new one's, may both have begun a comment.
      const moved = await unlessGone(id, show(check, signal, isLast));
      // A run that hangs is still owed: an installation that is suspended may come back.
      if (refusal !== undefined) throw refusal;
      if (isLast || check.startedAt === null) await store.markTold(id);
      return moved === true;
    },
  };
}

function traced({ id, delivery }: CheckRecord) {
  return { delivery, check: id };
}

/** Final, or resting until somebody approves: nothing more happens by itself. */
function hasStopped({ state }: CheckRecord): boolean {
  return isFinal(state) || state === "waiting";
}

function sameStanding(a: CheckRecord, b: CheckRecord | undefined): boolean {
  return a.id === b?.id && a.state === b.state && a.stage === b.stage;
}

/** The repository, the pull request or the installation is no longer there. */
export function isGone(error: unknown): boolean {
  return error instanceof EnvironmentError && error.code === "github-gone";
}

export function isRefused(error: unknown): boolean {
  return error instanceof EnvironmentError && error.code === "github-refused";
}
