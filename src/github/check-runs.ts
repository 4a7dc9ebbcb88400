/**
 * The check run of a head: created once per check of ours, updated in place, annotated in batches.
 *
 * What trips people up: annotations are appended by every update, so a repeated update would double them. How
 * many there are already is asked of GitHub, and only the rest is sent; that holds across crashes too, since the
 * same check has the same annotations in the same order.
 */
import type { PullRequestRef } from "../domain/pull-request.ts";
import { EnvironmentError, InternalError } from "../errors.ts";
import type { CheckRunAnnotation, CheckRunUpdate } from "../workflow/app-ports.ts";
import type { Caller } from "./call.ts";
import { sleep } from "./pace.ts";

export const CHECK_RUN_NAME = "modprobot";

/** https://docs.github.com/en/rest/checks/runs: what one request, and one field, may hold. */
const MOST_ANNOTATIONS = 50;
const MOST_CHARACTERS = 65_535;
const LONGEST_TITLE = 255;
const LONGEST_MESSAGE = 64 * 1024;
const MOST_ACTIONS = 3;
const ACTION_LENGTHS = { label: 20, identifier: 20, description: 40 } as const;

export async function upsertCheckRun(
  caller: Caller,
  appId: number | undefined,
  ref: PullRequestRef,
  knownId: number | null,
  update: CheckRunUpdate,
  signal: AbortSignal,
): Promise<{ readonly id: number }> {
  assertFits(update);
  const run =
    (knownId === null ? undefined : await updateRun(caller, ref, knownId, update, signal)) ??
    (await createRun(caller, appId, ref, update, signal));
  await annotate(caller, ref, run, update, signal);
  if (update.status === "completed") await completeOther(caller, appId, ref, run.id, update, signal);
  return { id: run.id };
}

/** A creation that we had given up, and that GitHub carried out after we looked for it, would say "in progress" for ever. */
async function completeOther(
  caller: Caller,
  appId: number | undefined,
  ref: PullRequestRef,
  id: number,
  update: CheckRunUpdate,
  signal: AbortSignal,
): Promise<void> {
  const hangs = (run: Run) => run.id !== id && run.status !== "completed";
  const other = await findRun(caller, appId, ref, update, signal, hangs);
  if (other !== undefined) await updateRun(caller, ref, other.id, update, signal);
}

interface Run {
  readonly id: number;
  readonly status: string;
  readonly output: { readonly annotations_count: number };
}

async function createRun(
  caller: Caller,
  appId: number | undefined,
  ref: PullRequestRef,
  update: CheckRunUpdate,
  signal: AbortSignal,
): Promise<Run> {
  const found = await findRun(caller, appId, ref, update, signal);
  const updated = found === undefined ? undefined : await updateRun(caller, ref, found.id, update, signal);
  if (updated !== undefined) return updated;
  if (found !== undefined) throw listedAndGone(ref);
  return caller.createOnce<Run>(
    `create a check run on ${nameOf(ref)}`,
    {
      find: () => findRun(caller, appId, ref, update, signal),
      create: (octokit, parameters) =>
        octokit.rest.checks.create({
          ...parameters,
          ...repositoryOf(ref),
          name: CHECK_RUN_NAME,
          head_sha: update.headSha,
          external_id: update.externalId,
          ...stateOf(update),
        }),
    },
    signal,
  );
}

/** Their databases agree with one another in a while; taking the run for there would leave it as it is. */
function listedAndGone(ref: PullRequestRef): EnvironmentError {
  return new EnvironmentError(
    "github-unavailable",
    `cannot update the check run of ${nameOf(ref)}: GitHub lists it and does not find it`,
    "It is tried again later.",
    { retryable: true },
  );
}

/** Undefined where there is no such run any more. */
async function updateRun(
  { call }: Caller,
  ref: PullRequestRef,
  id: number,
  update: CheckRunUpdate,
  signal: AbortSignal,
): Promise<Run | undefined> {
  try {
    return await call<Run>(
      `update the check run of ${nameOf(ref)}`,
      (octokit, parameters) =>
        octokit.rest.checks.update({
          ...parameters,
          ...repositoryOf(ref),
          check_run_id: id,
          ...stateOf(update),
        }),
      signal,
    );
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "github-gone") return undefined;
    throw error;
  }
}

async function findRun(
  { call }: Caller,
  appId: number | undefined,
  ref: PullRequestRef,
  { headSha, externalId }: CheckRunUpdate,
  signal: AbortSignal,
  isWanted: (run: Run) => boolean = () => true,
): Promise<Run | undefined> {
  return call<Run | undefined>(
    `list the check runs of ${nameOf(ref)}`,
    async (octokit, parameters) => {
      const pages = octokit.paginate.iterator(octokit.rest.checks.listForRef, {
        ...parameters,
        ...repositoryOf(ref),
        ref: headSha,
        check_name: CHECK_RUN_NAME,
        ...(appId === undefined ? {} : { app_id: appId }),
        filter: "all",
        per_page: 100,
      });
      for await (const { data } of pages) {
        const found = data.find(
          (run) => run.external_id === externalId && run.head_sha === headSha && isWanted(run),
        );
        if (found !== undefined) return { data: found };
      }
      return { data: undefined };
    },
    signal,
  );
}

/** Sends what is not there yet. Never repeated blindly: after an error GitHub is asked how far it came. */
async function annotate(
  caller: Caller,
  ref: PullRequestRef,
  run: Run,
  update: CheckRunUpdate,
  signal: AbortSignal,
): Promise<void> {
  const annotations = update.annotations ?? [];
  let sent = run.output.annotations_count;
  for (let failed = 0; sent < annotations.length; ) {
    const batch = annotations.slice(sent, sent + MOST_ANNOTATIONS);
    try {
      await appendAnnotations(caller, ref, run.id, { ...update, annotations: batch }, signal);
      sent += batch.length;
    } catch (error) {
      const wait = caller.pace.againMs[failed];
      if (!(error instanceof EnvironmentError) || !error.retryable || wait === undefined) throw error;
      failed += 1;
      await sleep(wait, signal);
      sent = await countAnnotations(caller, ref, run.id, signal);
    }
  }
}

async function appendAnnotations(
  { call }: Caller,
  ref: PullRequestRef,
  id: number,
  { title, summary, text, annotations = [] }: CheckRunUpdate,
  signal: AbortSignal,
): Promise<void> {
  await call(
    `annotate ${nameOf(ref)}`,
    (octokit, { request }) =>
      octokit.rest.checks.update({
        request: { ...request, retries: 0 },
        ...repositoryOf(ref),
        check_run_id: id,
        output: {
          title,
          summary,
          ...(text === undefined ? {} : { text }),
          annotations: annotations.map(annotationOf),
        },
      }),
    signal,
  );
}

async function countAnnotations(
  { call }: Caller,
  ref: PullRequestRef,
  id: number,
  signal: AbortSignal,
): Promise<number> {
  const run = await call<Run>(
    `read the check run of ${nameOf(ref)}`,
    (octokit, parameters) =>
      octokit.rest.checks.get({ ...parameters, ...repositoryOf(ref), check_run_id: id }),
    signal,
  );
  return run.output.annotations_count;
}

function annotationOf({ path, line, level, title, message }: CheckRunAnnotation) {
  return {
    path,
    start_line: line,
    end_line: line,
    annotation_level: level,
    title,
    message,
  };
}

function stateOf({ status, conclusion, title, summary, text, detailsUrl, actions }: CheckRunUpdate) {
  const output = { title, summary, ...(text === undefined ? {} : { text }) };
  const details = detailsUrl === undefined ? {} : { details_url: detailsUrl };
  const buttons = actions === undefined ? {} : { actions: actions.map((action) => ({ ...action })) };
  if (status !== "completed") return { status, output, ...details, ...buttons };
  // GitHub's own description lets `completed` without a conclusion pass; GitHub does not.
  if (conclusion === undefined) throw new InternalError("a completed check run needs a conclusion");
  return { status, conclusion, output, ...details, ...buttons };
}

function assertFits({ title, summary, text, annotations = [], actions = [] }: CheckRunUpdate): void {
  const tooLong = [
    title.length > LONGEST_TITLE && "title",
    summary.length > MOST_CHARACTERS && "summary",
    (text?.length ?? 0) > MOST_CHARACTERS && "text",
    annotations.some((one) => one.title.length > LONGEST_TITLE) && "title of an annotation",
    annotations.some((one) => Buffer.byteLength(one.message) > LONGEST_MESSAGE) && "message of an annotation",
    actions.length > MOST_ACTIONS && "list of actions",
    actions.some((action) =>
      (["label", "identifier", "description"] as const).some(
        (field) => action[field].length > ACTION_LENGTHS[field],
      ),
    ) && "action",
  ].find((part) => part !== false);
  if (tooLong !== undefined) throw new InternalError(`the ${tooLong} of a check run is too long for GitHub`);
}

function repositoryOf({ owner, name }: PullRequestRef) {
  return { owner, repo: name };
}

function nameOf({ owner, name, number }: PullRequestRef): string {
  return `${owner}/${name}#${number}`;
}
