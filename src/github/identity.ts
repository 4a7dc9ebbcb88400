/**
 * Who we are on GitHub, and so which comments are ours. Anyone can paste a marker; nobody can write in our name.
 */
import type { Caller } from "./call.ts";

export interface Author {
  readonly user?: { readonly login: string; readonly type?: string } | null;
  readonly performed_via_github_app?: { readonly id: number } | null;
}

export interface Identity {
  wrote(comment: Author, signal: AbortSignal): Promise<boolean>;
}

/** @param app speaks as the App itself, which alone may ask for its own name. */
export function appIdentity(appId: number, app: Caller): Identity {
  let login: Promise<string> | undefined;
  const botLogin = (signal: AbortSignal) => {
    login ??= app
      .call(
        "read the App's own name",
        (octokit, parameters) => octokit.rest.apps.getAuthenticated(parameters),
        signal,
      )
      .then((own) => `${own?.slug ?? ""}[bot]`);
    login.catch(() => {
      login = undefined;
    });
    return login;
  };
  return {
    async wrote({ user, performed_via_github_app }, signal) {
      if (performed_via_github_app?.id === appId) return true;
      // Comments from before the field was introduced, and Enterprise hosts without it.
      return user?.type === "Bot" && user.login === (await botLogin(signal));
    },
  };
}

export function tokenIdentity(caller: Caller): Identity {
  let login: Promise<string> | undefined;
  const ownLogin = (signal: AbortSignal) => {
    login ??= caller
      .call(
        "read whose token it is",
        (octokit, parameters) => octokit.rest.users.getAuthenticated(parameters),
        signal,
      )
      .then((own) => own.login);
    login.catch(() => {
      login = undefined;
    });
    return login;
  };
  return {
    wrote: async ({ user }, signal) => user != null && user.login === (await ownLogin(signal)),
  };
}
