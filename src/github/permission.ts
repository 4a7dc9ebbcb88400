/**
 * What somebody may really do on a repository. Not `author_association`, which is wrong for private members and
 * says nothing about rights. https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user
 */
import type { Permission, RepositoryRef } from "../domain/pull-request.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { Caller } from "./call.ts";

/**
 * `none` for strangers and wherever GitHub does not tell us. Where it may tell later, whoever asks has to ask again: a
 * trusted author's check would otherwise wait for an approval because GitHub was away for a minute.
 *
 * @throws EnvironmentError github-unavailable; Interrupted
 */
export async function readPermission(
  { call, log }: Caller,
  { owner, name }: RepositoryRef,
  login: string,
  signal: AbortSignal,
): Promise<Permission> {
  try {
    const { permission, role_name } = await call(
      `read the permission of ${login} on ${owner}/${name}`,
      (octokit, parameters) =>
        octokit.rest.repos.getCollaboratorPermissionLevel({
          ...parameters,
          owner,
          repo: name,
          username: login,
        }),
      signal,
    );
    return permissionOf(permission, role_name);
  } catch (error) {
    if (error instanceof Interrupted || (error instanceof EnvironmentError && error.retryable)) throw error;
    log.warn({ err: error, repository: `${owner}/${name}` }, "permission not known; taken for none");
    return "none";
  }
}

/** Standard roles and the four old words GitHub still gives beside them. */
const OLD_WORDS: Readonly<Record<Permission, string>> = {
  none: "none",
  read: "read",
  triage: "read",
  write: "write",
  maintain: "write",
  admin: "admin",
};

/**
 * A standard role counts only where the old word agrees; custom roles, whatever their name, count as the old word,
 * which is what they are built on.
 */
export function permissionOf(permission: string, role: string | undefined): Permission {
  if (role !== undefined && isPermission(role) && OLD_WORDS[role] === permission) return role;
  return isPermission(permission) ? permission : "none";
}

function isPermission(word: string): word is Permission {
  return Object.hasOwn(OLD_WORDS, word);
}
