/**
 * What went wrong with a request, in the three ways that matter to us: it may work later (`github-unavailable`),
 * GitHub refuses and somebody has to change something (`github-refused`), or what we asked for is no longer
 * there (`github-gone`). GitHub's own words are quoted, never decided upon where a status says the same.
 */
import { RequestError } from "octokit";
import { singleLine } from "../domain/plain-text.ts";
import { EnvironmentError } from "../errors.ts";

/** @param what the thing we tried, as in "cannot …" */
export function failureOf(error: unknown, what: string): unknown {
  if (!(error instanceof RequestError)) return error;
  const { status } = error;
  if (isRateLimit(error)) return unavailable(what, "GitHub's rate limit is used up", error);
  if (status === 404 || status === 410 || status === 451) return gone(what, error);
  if (status === 409 || status === 429 || status >= 500) return unavailable(what, saw(error), error);
  return new EnvironmentError("github-refused", `cannot ${what}: ${refusal(error)}`, remedy(error), {
    cause: error,
  });
}

/** Primary and secondary limits both come as 403 or 429. https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api */
export function isRateLimit(error: RequestError): boolean {
  if (error.status === 429) return true;
  if (error.status !== 403) return false;
  const headers = error.response?.headers ?? {};
  return (
    headers["retry-after"] !== undefined ||
    headers["x-ratelimit-remaining"] === "0" ||
    /\b(?:secondary rate limit|rate limit exceeded|abuse detection)\b/i.test(error.message)
  );
}

/** How long GitHub wants us to wait, in milliseconds; undefined where it does not say. */
export function askedToWaitMs(error: RequestError, now: number): number | undefined {
  const headers = error.response?.headers ?? {};
  const after = Number(headers["retry-after"]);
  if (Number.isFinite(after) && after > 0) return after * 1_000;
  if (headers["x-ratelimit-remaining"] !== "0") return undefined;
  const reset = Number(headers["x-ratelimit-reset"]);
  // One second more: clocks differ, and the reset itself still counts as limited.
  return Number.isFinite(reset) ? Math.max(0, reset * 1_000 - now) + 1_000 : undefined;
}

function saw(error: RequestError): string {
  // Octokit calls everything that never got an answer a 500 of its own.
  if (error.response === undefined) return `no answer from GitHub (${singleLine(networkReason(error), 200)})`;
  return `GitHub answered ${error.status}`;
}

function networkReason(error: RequestError): string {
  const { cause } = error;
  if (cause instanceof Error && cause.name === "TimeoutError") return "it took too long";
  return error.message;
}

function unavailable(what: string, reason: string, cause: unknown): EnvironmentError {
  return new EnvironmentError(
    "github-unavailable",
    `cannot ${what}: ${reason}`,
    "It is tried again later. See https://www.githubstatus.com for GitHub's own state.",
    { cause, retryable: true },
  );
}

function gone(what: string, cause: RequestError): EnvironmentError {
  return new EnvironmentError(
    "github-gone",
    `cannot ${what}: it is not there, or not for us (GitHub answered ${cause.status})`,
    "The repository, pull request or comment was removed, or the App is no longer installed there.",
    { cause },
  );
}

function refusal(error: RequestError): string {
  return `GitHub refused with ${error.status}: ${singleLine(error.message, 200)}`;
}

const REMEDIES: readonly { readonly pattern: RegExp; readonly remedy: string }[] = [
  {
    pattern: /resource not accessible by (?:integration|personal access token)/i,
    remedy:
      "A permission is missing. Compare the App's permissions with app.yml; after a change, the owner of each installation has to accept the new ones.",
  },
  {
    pattern: /ip allow list/i,
    remedy:
      "The organization has an IP allow list: add the address of this machine to the App's own list, and have the owner allow lists of installed Apps.",
  },
  {
    pattern: /suspended/i,
    remedy:
      "The installation is suspended. Its owner can unsuspend it in the settings of the organization or account.",
  },
  {
    pattern: /locked/i,
    remedy:
      "The conversation is locked. The check run still says everything; unlock it to get the comment back.",
  },
];

function remedy(error: RequestError): string {
  const known = REMEDIES.find(({ pattern }) => pattern.test(error.message));
  if (known !== undefined) return known.remedy;
  if (error.status === 401)
    return "The credentials are wrong or revoked: check App id and private key (or the token), and this machine's clock.";
  return "Compare the App's permissions on its GitHub page with what its documentation asks for, and accept new ones for the installation.";
}
