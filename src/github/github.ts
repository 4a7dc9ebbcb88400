/**
 * GitHub: the adapter behind `GitHubPort` and `GitHubAppPort`, for an App with many installations and, for
 * `modprobot pr`, for one person's token.
 */
import type { InstallationAccessTokenAuthentication } from "@octokit/auth-app";
import type { RepositoryRef } from "../domain/pull-request.ts";
import type { GitHubAppPort, GitHubPort } from "../workflow/app-ports.ts";
import { type GitHubPlace, gitHubAddress } from "./address.ts";
import { type Caller, createCaller } from "./call.ts";
import { upsertCheckRun } from "./check-runs.ts";
import {
  type AppCredentials,
  appClient,
  installationClient,
  type Log,
  type SeenRequest,
  tokenClient,
} from "./client.ts";
import { react, reply, upsertComment } from "./comments.ts";
import { readFailedDeliveries, redeliver } from "./deliveries.ts";
import { appIdentity, type Identity, tokenIdentity } from "./identity.ts";
import { setLabels } from "./labels.ts";
import { GITHUB_PACE, type Pace } from "./pace.ts";
import { readPermission } from "./permission.ts";
import { listOpenPullRequests, readHead, readPullRequest } from "./pull-request.ts";
import { readFile } from "./read-file.ts";

export interface GitHubOptions extends GitHubPlace {
  readonly log: Log;
  /** For tests. */
  readonly pace?: Pace;
  /** For metrics. */
  readonly onRequest?: (seen: SeenRequest) => void;
}

/** @throws UserError github-address */
export function createGitHubApp(options: GitHubOptions & AppCredentials): GitHubAppPort {
  const { appId, privateKey, log } = options;
  const pace = options.pace ?? GITHUB_PACE;
  const { apiUrl, gitUrl } = gitHubAddress(options);
  const client = { ...options, apiUrl, pace };
  const app = createCaller({ octokit: appClient({ appId, privateKey }, client), pace, log });
  const identity = appIdentity(appId, app);
  const installations = new Map<number, { port: GitHubPort; caller: Caller }>();

  const open = (installationId: number) => {
    const known = installations.get(installationId);
    if (known !== undefined) return known;
    const octokit = installationClient({ appId, privateKey }, installationId, client);
    const renew = async () => {
      await octokit.auth({ type: "installation", refresh: true });
    };
    const caller = createCaller({ octokit, pace, log, renew });
    const credential = (repository: RepositoryRef, signal: AbortSignal) =>
      fetchToken(caller, repository, signal);
    const opened = { caller, port: portOf(caller, identity, { appId, gitUrl, credential }) };
    installations.set(installationId, opened);
    return opened;
  };

  return {
    installation: (installationId) => open(installationId).port,
    installations: (signal) => listInstallations(app, signal),
    repositories: (installationId, signal) => listRepositories(open(installationId).caller, signal),
    failedDeliveries: (since, signal) => readFailedDeliveries(app, since, signal),
    redeliver: (deliveryId, signal) => redeliver(app, deliveryId, signal),
  };
}

/** As a person. Check runs are for Apps alone and are refused. @throws UserError github-address */
export function createGitHubWithToken(options: GitHubOptions & { readonly token: string }): GitHubPort {
  const { token, log } = options;
  const pace = options.pace ?? GITHUB_PACE;
  const { apiUrl, gitUrl } = gitHubAddress(options);
  const caller = createCaller({ octokit: tokenClient(token, { ...options, apiUrl, pace }), pace, log });
  return portOf(caller, tokenIdentity(caller), { gitUrl, credential: async () => token });
}

interface PortParts {
  readonly appId?: number;
  readonly gitUrl: string;
  credential(repository: RepositoryRef, signal: AbortSignal): Promise<string>;
}

function portOf(caller: Caller, identity: Identity, { appId, gitUrl, credential }: PortParts): GitHubPort {
  return {
    pullRequest: (ref, signal) => readPullRequest(caller, ref, signal),
    head: (ref, signal) => readHead(caller, ref, signal),
    openPullRequests: (repository, signal) => listOpenPullRequests(caller, repository, signal),
    readFile: (repository, ref, path, signal) => readFile(caller, repository, ref, path, signal),
    permission: (repository, login, signal) => readPermission(caller, repository, login, signal),
    react: (repository, commentId, reaction, signal) =>
      react(caller, repository, commentId, reaction, signal),
    reply: (ref, key, body, signal) => reply(caller, identity, ref, key, body, signal),
    upsertComment: (ref, knownId, body, signal) =>
      upsertComment(caller, identity, ref, knownId, body, signal),
    upsertCheckRun: (ref, knownId, update, signal) =>
      upsertCheckRun(caller, appId, ref, knownId, update, signal),
    setLabels: (ref, wanted, isOurs, signal) => setLabels(caller, ref, wanted, isOurs, signal),
    gitCredential: async (repository, signal) => ({
      url: `${gitUrl}/${encodeURIComponent(repository.owner)}/${encodeURIComponent(repository.name)}.git`,
      token: await credential(repository, signal),
    }),
  };
}

/** New each time, so that it outlives the longest fetch, and good for nothing but reading this one repository. */
function fetchToken(caller: Caller, { owner, name }: RepositoryRef, signal: AbortSignal): Promise<string> {
  return caller
    .call(
      `get a token to fetch ${owner}/${name}`,
      async (octokit) => {
        const authentication = (await octokit.auth({
          type: "installation",
          refresh: true,
          repositoryNames: [name],
          permissions: { contents: "read" },
        })) as InstallationAccessTokenAuthentication;
        return { data: { token: authentication.token } };
      },
      signal,
    )
    .then(({ token }) => token);
}

async function listInstallations(app: Caller, signal: AbortSignal) {
  return app.call(
    "list the App's installations",
    async (octokit, parameters) => {
      const all = await octokit.paginate(octokit.rest.apps.listInstallations, {
        ...parameters,
        per_page: 100,
      });
      return { data: all.map(({ id, suspended_at }) => ({ id, suspended: suspended_at !== null })) };
    },
    signal,
  );
}

/** Archived ones take neither comments nor check runs. */
async function listRepositories(caller: Caller, signal: AbortSignal) {
  return caller.call(
    "list the repositories of an installation",
    async (octokit, parameters) => {
      const all = await octokit.paginate(octokit.rest.apps.listReposAccessibleToInstallation, {
        ...parameters,
        per_page: 100,
      });
      const open = all.filter(({ archived }) => archived !== true);
      return { data: open.map(({ id, owner, name }) => ({ id, owner: owner.login, name })) };
    },
    signal,
  );
}
