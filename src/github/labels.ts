/**
 * Labels of a pull request, added and removed one by one: replacing the whole list would lose what somebody else
 * set meanwhile. Names differ by more than case, as on GitHub.
 */
import { labelStyle } from "../domain/labels-to-set.ts";
import type { PullRequestRef } from "../domain/pull-request.ts";
import { EnvironmentError, InternalError } from "../errors.ts";
import type { Caller } from "./call.ts";

/** GitHub refuses longer names, and says only that they are invalid. */
const LONGEST_NAME = 50;
/** On one pull request; GitHub refuses all of a request that goes beyond it. */
const MOST_LABELS = 100;

export async function setLabels(
  caller: Caller,
  ref: PullRequestRef,
  wanted: readonly string[],
  isOurs: (label: string) => boolean,
  signal: AbortSignal,
): Promise<void> {
  const tooLong = wanted.find((label) => label.length > LONGEST_NAME);
  if (tooLong !== undefined)
    throw new InternalError(`the label ${JSON.stringify(tooLong)} is too long for GitHub`);

  const present = await readLabels(caller, ref, signal);
  const has = new Set(present.map(lower));
  const wants = new Set(wanted.map(lower));
  const stale = present.filter((label) => isOurs(label) && !wants.has(lower(label))).sort();
  const room = Math.max(0, MOST_LABELS - (present.length - stale.length));
  const missing = [...new Set(wanted)].filter((label) => !has.has(lower(label))).sort();
  const added = missing.slice(0, room);

  // First, as they may take the room.
  for (const label of stale) await removeLabel(caller, ref, label, signal);
  for (const label of added) await defineLabel(caller, ref, label, signal);
  if (added.length > 0) await addLabels(caller, ref, added, signal);
}

const lower = (label: string) => label.toLowerCase();

async function readLabels(
  { call }: Caller,
  { owner, name, number }: PullRequestRef,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return call(
    `list the labels of ${owner}/${name}#${number}`,
    async (octokit, parameters) => ({
      data: (
        await octokit.paginate(octokit.rest.issues.listLabelsOnIssue, {
          ...parameters,
          owner,
          repo: name,
          issue_number: number,
          per_page: 100,
        })
      ).map((label) => label.name),
    }),
    signal,
  );
}

/** A label that the repository does not have would be made by adding it, in grey and without a word. */
async function defineLabel(
  { call }: Caller,
  { owner, name }: PullRequestRef,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  const exists = await unless("github-gone", () =>
    call(
      `read the label ${label} of ${owner}/${name}`,
      (octokit, parameters) =>
        octokit.rest.issues.getLabel({ ...parameters, owner, repo: name, name: label }),
      signal,
    ),
  );
  if (exists) return;
  // Refused with 422 where another worker was quicker; adding it says if it is something else.
  await unless("github-refused", () =>
    call(
      `create the label ${label} in ${owner}/${name}`,
      (octokit, parameters) =>
        octokit.rest.issues.createLabel({
          ...parameters,
          owner,
          repo: name,
          name: label,
          ...labelStyle(label),
        }),
      signal,
    ),
  );
}

async function addLabels(
  { call }: Caller,
  { owner, name, number }: PullRequestRef,
  labels: string[],
  signal: AbortSignal,
): Promise<void> {
  await call(
    `label ${owner}/${name}#${number}`,
    (octokit, parameters) =>
      octokit.rest.issues.addLabels({ ...parameters, owner, repo: name, issue_number: number, labels }),
    signal,
  );
}

async function removeLabel(
  { call }: Caller,
  { owner, name, number }: PullRequestRef,
  label: string,
  signal: AbortSignal,
): Promise<void> {
  await unless("github-gone", () =>
    call(
      `take a label from ${owner}/${name}#${number}`,
      (octokit, parameters) =>
        octokit.rest.issues.removeLabel({
          ...parameters,
          owner,
          repo: name,
          issue_number: number,
          name: label,
        }),
      signal,
    ),
  );
}

/** False where it failed in the one way that is allowed. */
async function unless(code: string, work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === code) return false;
    throw error;
  }
}
