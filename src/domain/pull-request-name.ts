/**
 * Names of pull requests as people write and paste them: `owner/repo#12`, or the address of any page of it. The host of
 * an address is told apart from the name: a token for one host must not be sent to another.
 */
import type { PullRequestRef } from "./pull-request.ts";

export interface NamedPullRequest extends PullRequestRef {
  /** Of an address, lower case, with its port; null for `owner/repo#12`. */
  readonly host: string | null;
}

/** Loose where GitHub may be: what does not exist is GitHub's to say. */
const OWNER = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})";
const NAME = "[A-Za-z0-9._-]{1,100}";
const SHORT = new RegExp(`^(${OWNER})/(${NAME})#([1-9][0-9]{0,9})$`);
const ADDRESS = new RegExp(
  `^https://([A-Za-z0-9.-]+(?::[0-9]{1,5})?)/(${OWNER})/(${NAME})/pull/([1-9][0-9]{0,9})(?:[/?#].*)?$`,
);

export function parsePullRequestName(text: string): NamedPullRequest | undefined {
  const [, owner, name, number] = SHORT.exec(text) ?? [];
  if (owner !== undefined && name !== undefined) return { host: null, owner, name, number: Number(number) };
  const [, host, ownerThere, nameThere, numberThere] = ADDRESS.exec(text) ?? [];
  if (host === undefined || ownerThere === undefined || nameThere === undefined) return undefined;
  return { host: host.toLowerCase(), owner: ownerThere, name: nameThere, number: Number(numberThere) };
}
