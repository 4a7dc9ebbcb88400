/** What `modprobot doctor` wants to know of GitHub: its clock, and the App as GitHub has it. Only reads. */
import { RequestError } from "octokit";
import type { AppLook, DeliveryLook, InstallationLook, WebhookLook } from "../domain/doctor/github.ts";
import { EnvironmentError } from "../errors.ts";
import { type GitHubPlace, gitHubAddress } from "./address.ts";
import { createCaller } from "./call.ts";
import { type AppCredentials, anonymousClient, appClient } from "./client.ts";
import { GITHUB_PACE, type Pace } from "./pace.ts";

/** Somebody is waiting for the answer. */
const QUICK: Pace = { ...GITHUB_PACE, timeoutMs: 10_000, retryBaseMs: 200, limitedMs: [], throttle: false };

const SILENT = { info() {}, warn() {} };

/** How many seconds this machine's clock is ahead of GitHub's, which tells whole seconds. @throws EnvironmentError */
export async function secondsAhead(place: GitHubPlace, signal: AbortSignal): Promise<number> {
  const { apiUrl } = gitHubAddress(place);
  const octokit = anonymousClient({ apiUrl, pace: QUICK, log: SILENT });
  const { call } = createCaller({ octokit, pace: QUICK, log: SILENT });
  const { date, at } = await call(
    "ask GitHub for the time",
    async (client, parameters) => {
      const before = Date.now();
      const told = await dateOf(() => client.rest.rateLimit.get(parameters));
      return { data: { date: told, at: (before + Date.now()) / 2 } };
    },
    signal,
  );
  const githubs = Date.parse(date ?? "");
  if (Number.isNaN(githubs)) {
    throw new EnvironmentError(
      "github-refused",
      "GitHub's answer does not say what time it is",
      "Look for a proxy between here and GitHub.",
    );
  }
  return (at - githubs - 500) / 1000;
}

/** Refusals have a date as well: an Enterprise host may tell strangers nothing else. */
async function dateOf(ask: () => Promise<{ headers: { date?: string } }>): Promise<string | undefined> {
  try {
    return (await ask()).headers.date;
  } catch (error) {
    if (error instanceof RequestError && error.response !== undefined) return error.response.headers.date;
    throw error;
  }
}

export interface AppInspector {
  app(signal: AbortSignal): Promise<AppLook>;
  webhook(signal: AbortSignal): Promise<WebhookLook>;
  /** Newest first, of the last day, at most a hundred. */
  deliveries(signal: AbortSignal): Promise<readonly DeliveryLook[]>;
  installations(signal: AbortSignal): Promise<readonly InstallationLook[]>;
}

const DAY_MS = 24 * 3_600_000;

/** Its calls throw EnvironmentError: `github-refused` where the credentials are not taken. @throws UserError github-address */
export function inspectApp(place: GitHubPlace, credentials: AppCredentials): AppInspector {
  const { apiUrl, gitUrl } = gitHubAddress(place);
  const octokit = appClient(credentials, { apiUrl, pace: QUICK, log: SILENT });
  const { call } = createCaller({ octokit, pace: QUICK, log: SILENT });
  return {
    async app(signal) {
      const app = await call("read the App", (client, p) => client.rest.apps.getAuthenticated(p), signal);
      const slug = app?.slug ?? "";
      return {
        name: app?.name ?? "",
        slug,
        pageUrl: app?.html_url ?? "",
        settingsUrl: `${gitUrl}${ownersPath(app?.owner)}/settings/apps/${slug}`,
        permissions: textsOf(app?.permissions),
        events: app?.events ?? [],
      };
    },
    async webhook(signal) {
      const hook = await call(
        "read the App's webhook",
        (client, parameters) => client.rest.apps.getWebhookConfigForApp(parameters),
        signal,
      );
      return {
        url: hook.url,
        contentType: hook.content_type,
        hasSecret: (hook.secret ?? "") !== "",
        verifiesTls: String(hook.insecure_ssl ?? "0") === "0",
      };
    },
    async deliveries(signal) {
      const listed = await call(
        "list the App's deliveries",
        (client, parameters) => client.rest.apps.listWebhookDeliveries({ ...parameters, per_page: 100 }),
        signal,
      );
      return listed
        .map((one) => ({
          at: new Date(one.delivered_at),
          event: one.event,
          statusCode: one.status_code,
          status: one.status,
        }))
        .filter(({ at }) => Date.now() - at.getTime() < DAY_MS);
    },
    async installations(signal) {
      const all = await call(
        "list the App's installations",
        async (client, parameters) => ({
          data: await client.paginate(client.rest.apps.listInstallations, { ...parameters, per_page: 100 }),
        }),
        signal,
      );
      return all.map((one) => ({
        account: accountOf(one.account),
        suspended: one.suspended_at !== null,
        permissions: textsOf(one.permissions),
        events: one.events,
        pageUrl: one.html_url,
      }));
    },
  };
}

type Owner = { readonly login?: string; readonly slug?: string; readonly type?: string } | null | undefined;

function ownersPath(owner: Owner): string {
  return owner?.type === "Organization" ? `/organizations/${encodeURIComponent(owner.login ?? "")}` : "";
}

/** An enterprise has a slug in the place of a login. */
function accountOf(account: Owner): string {
  return account?.login ?? account?.slug ?? "somebody";
}

function textsOf(permissions: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(permissions ?? {}).map(([name, level]) => [name, String(level)]));
}
