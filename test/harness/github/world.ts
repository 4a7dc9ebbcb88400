/**
 * What the proxy knows beyond the emulator: repositories under their stable ids, the git side of pull requests,
 * check runs in full, permissions, reactions, tokens. Plain data; `server.ts` and `vocabulary` change it.
 */
import type { Login, Owner, Role } from "./cast.ts";

export interface Repository {
  /** GitHub's stable number. */
  readonly id: number;
  owner: string;
  name: string;
  readonly isPrivate: boolean;
  readonly forkOf: number | null;
  /** What a person may do where it is not what their login says. */
  readonly roles: Map<string, { readonly roleName: string; readonly permission: Role }>;
}

export interface Pull {
  readonly repositoryId: number;
  readonly number: number;
  /** `null`: the fork is gone. */
  headRepositoryId: number | null;
  readonly headOwner: string;
  readonly headRef: string;
  headSha: string;
  baseRef: string;
  baseSha: string;
  readonly author: Login;
  isOpen: boolean;
  /** Has to be merged anew when somebody asks. */
  isStale: boolean;
  /** How often GitHub answers "not known yet" before it merges. */
  unknownAnswers: number;
  mergeable: boolean | null;
  /** On conflict still the one of before, as on GitHub. */
  mergeSha: string | null;
}

export interface Annotation {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly annotation_level: string;
  readonly message: string;
  readonly title?: string;
  readonly raw_details?: string;
}

export interface CheckRunExtras {
  readonly id: number;
  readonly repositoryId: number;
  readonly headSha: string;
  readonly suiteId: number;
  readonly annotations: Annotation[];
  actions: readonly { readonly label: string; readonly description: string; readonly identifier: string }[];
}

export interface Reaction {
  readonly id: number;
  readonly commentId: number;
  readonly login: string;
  readonly content: string;
  readonly createdAt: string;
}

export interface IssuedToken {
  readonly owner: Owner;
  /** What the emulator knows it as. */
  readonly inner: string;
  readonly permissions: Readonly<Record<string, string>>;
  /** Names of the repositories it was asked for; `null`: all of the owner's. */
  readonly repositories: readonly string[] | null;
  readonly expiresAt: number;
}

export interface Installation {
  readonly id: number;
  readonly owner: Owner;
  suspendedAt: string | null;
}

/** An App that somebody has confirmed and nobody has taken over yet. */
export interface Registration {
  readonly manifest: Readonly<Record<string, unknown>>;
  readonly owner: string;
}

export interface World {
  readonly url: string;
  /** Of the App there is; changed by tests, and by making it from a manifest. */
  readonly hook: { webhookUrl: string | undefined; webhookSecret: string };
  /** By the code that its page gave, each good once. */
  readonly registrations: Map<string, Registration>;
  /** How far GitHub's clock is ahead of this machine's. */
  readonly clock: { aheadSeconds: number };
  readonly repositories: Map<number, Repository>;
  /** `owner/name` of before → repository. */
  readonly formerNames: Map<string, number>;
  readonly pulls: Pull[];
  readonly checkRuns: Map<number, CheckRunExtras>;
  readonly reactions: Reaction[];
  readonly tokens: Map<string, IssuedToken>;
  readonly installations: Map<Owner, Installation>;
  /** What an installation is granted. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  readonly startedAt: string;
}

export function findRepository(world: World, owner: string, name: string): Repository | undefined {
  const wanted = `${owner}/${name}`.toLowerCase();
  return [...world.repositories.values()].find((repository) => fullName(repository).toLowerCase() === wanted);
}

export function fullName(repository: Repository): string {
  return `${repository.owner}/${repository.name}`;
}

/** Whether an installation's token is good for a repository. */
export function isCovered(
  repository: Repository,
  by: { readonly owner: Owner; readonly token: IssuedToken },
): boolean {
  const { repositories } = by.token;
  return repository.owner === by.owner && (repositories === null || repositories.includes(repository.name));
}

export function repositoryById(world: World, id: number): Repository {
  const found = world.repositories.get(id);
  if (found === undefined) throw new Error(`no repository ${id} on the fake GitHub`);
  return found;
}

export function findPull(world: World, repositoryId: number, number: number): Pull | undefined {
  return world.pulls.find((pull) => pull.repositoryId === repositoryId && pull.number === number);
}

/** Milliseconds since the epoch, by GitHub's clock. */
export function githubsTime({ clock }: World): number {
  return Date.now() + clock.aheadSeconds * 1000;
}
