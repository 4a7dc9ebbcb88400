/**
 * Quotas: how many checks one pull request, person and repository may ask for in a while. A check costs hours of
 * machines; a script that comments costs nothing.
 *
 * Pushes count for pull request and repository, commands for the person as well. What is over is refused with
 * a reply, or for a push with a note on the check run; nothing is lost, the next push or command asks again.
 */

export interface Quotas {
  readonly pullRequest: number;
  readonly person: number;
  readonly repository: number;
}

export const QUOTA_HOURS = 24;

/** A pull request under review sees some pushes an hour on its worst day; a repository some dozen of those. */
export const DEFAULT_QUOTAS: Quotas = { pullRequest: 50, person: 100, repository: 500 };

export type QuotaDecision =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly quota: keyof Quotas; readonly most: number };

/** @param used checks asked for within the last `QUOTA_HOURS`, this one not counted. */
export function decideQuota(used: Quotas, quotas: Quotas): QuotaDecision {
  const spent = (["pullRequest", "person", "repository"] as const).find(
    (quota) => used[quota] >= quotas[quota],
  );
  return spent === undefined ? { allowed: true } : { allowed: false, quota: spent, most: quotas[spent] };
}

/** Start of the time that counts. */
export function quotaSince(now: Date): Date {
  return new Date(now.getTime() - QUOTA_HOURS * 3_600_000);
}
