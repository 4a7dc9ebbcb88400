/**
 * Comments: the one that is kept up to date, and replies. Each is created once, whatever happens in between, and
 * found again by its marker and by being ours, over all pages.
 */
import { hasMarker, REPORT_MARKER, replyMarker, withMarker } from "../domain/marker.ts";
import type { PullRequestRef, RepositoryRef } from "../domain/pull-request.ts";
import { EnvironmentError, InternalError } from "../errors.ts";
import type { Reaction } from "../workflow/app-ports.ts";
import type { Caller } from "./call.ts";
import type { Identity } from "./identity.ts";

/**
 * GitHub refuses comments over 65,536 characters and stores 262,144 bytes, which 60,000 UTF-16 units never take.
 * Shortening is the report's part; what is too long here is a bug there.
 */
const MOST_CHARACTERS = 60_000;

export async function upsertComment(
  caller: Caller,
  identity: Identity,
  ref: PullRequestRef,
  knownId: number | null,
  text: string,
  signal: AbortSignal,
): Promise<{ readonly id: number }> {
  const body = fitting(hasMarker(text, REPORT_MARKER) ? text : withMarker(text, REPORT_MARKER));
  if (knownId !== null && (await updateComment(caller, ref, knownId, body, signal))) return { id: knownId };

  const known = await oldestOfOurs(caller, identity, ref, signal);
  if (known !== undefined && (await updateComment(caller, ref, known, body, signal))) return { id: known };
  return createComment(caller, ref, body, () => oldestOfOurs(caller, identity, ref, signal), signal);
}

export async function reply(
  caller: Caller,
  identity: Identity,
  ref: PullRequestRef,
  key: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const marker = replyMarker(key);
  const body = fitting(withMarker(text, marker));
  const find = async () => (await ourComments(caller, identity, ref, marker, signal))[0];
  await createComment(caller, ref, body, find, signal);
}

/** Reacting twice is reacting once: GitHub answers 200 instead of 201. */
export async function react(
  { call }: Caller,
  { owner, name }: RepositoryRef,
  commentId: number,
  reaction: Reaction,
  signal: AbortSignal,
): Promise<void> {
  await call(
    `react to a comment on ${owner}/${name}`,
    (octokit, parameters) =>
      octokit.rest.reactions.createForIssueComment({
        ...parameters,
        owner,
        repo: name,
        comment_id: commentId,
        content: reaction,
      }),
    signal,
  );
}

async function createComment(
  caller: Caller,
  { owner, name, number }: PullRequestRef,
  body: string,
  find: () => Promise<number | undefined>,
  signal: AbortSignal,
): Promise<{ readonly id: number }> {
  return caller.createOnce(
    `comment on ${owner}/${name}#${number}`,
    {
      async find() {
        const id = await find();
        return id === undefined ? undefined : { id };
      },
      create: (octokit, parameters) =>
        octokit.rest.issues.createComment({ ...parameters, owner, repo: name, issue_number: number, body }),
    },
    signal,
  );
}

/** False where there is no such comment any more. */
async function updateComment(
  { call }: Caller,
  { owner, name, number }: PullRequestRef,
  id: number,
  body: string,
  signal: AbortSignal,
): Promise<boolean> {
  return thereStill(
    call(
      `update the comment on ${owner}/${name}#${number}`,
      (octokit, parameters) =>
        octokit.rest.issues.updateComment({ ...parameters, owner, repo: name, comment_id: id, body }),
      signal,
    ),
  );
}

/** Of several, which a race can leave behind, the others are removed. */
async function oldestOfOurs(
  caller: Caller,
  identity: Identity,
  ref: PullRequestRef,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [oldest, ...others] = await ourComments(caller, identity, ref, REPORT_MARKER, signal);
  for (const id of others) {
    await thereStill(
      caller.call(
        `remove a second comment on ${ref.owner}/${ref.name}#${ref.number}`,
        (octokit, parameters) =>
          octokit.rest.issues.deleteComment({
            ...parameters,
            owner: ref.owner,
            repo: ref.name,
            comment_id: id,
          }),
        signal,
      ),
    );
  }
  return oldest;
}

/** Oldest first. */
async function ourComments(
  { call }: Caller,
  identity: Identity,
  { owner, name, number }: PullRequestRef,
  marker: string,
  signal: AbortSignal,
): Promise<readonly number[]> {
  return call(
    `list the comments of ${owner}/${name}#${number}`,
    async (octokit, parameters) => {
      const ours = new Set<number>();
      const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
        ...parameters,
        owner,
        repo: name,
        issue_number: number,
        per_page: 100,
      });
      for await (const { data } of pages) {
        for (const comment of data) {
          if (hasMarker(comment.body ?? "", marker) && (await identity.wrote(comment, signal)))
            ours.add(comment.id);
        }
      }
      return { data: [...ours].sort((a, b) => a - b) };
    },
    signal,
  );
}

async function thereStill(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return true;
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "github-gone") return false;
    throw error;
  }
}

function fitting(body: string): string {
  if (body.length > MOST_CHARACTERS) {
    throw new InternalError(`a comment of ${body.length} characters is too long for GitHub`);
  }
  return body;
}
