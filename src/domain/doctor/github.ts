/** GitHub: our clock against its, the App against app.yml, and whether webhooks get here. */
import type { AppManifest, AppPermissions } from "../app-manifest.ts";
import { permissionReaches, webhookAddress } from "../app-manifest.ts";
import { type Diagnosis, green, notChecked, red, yellow } from "./diagnosis.ts";

/** GitHub refuses tokens issued more than a minute in its future; ours are dated back by half of that. */
const CLOCK_RED_SECONDS = 60;
const CLOCK_YELLOW_SECONDS = 20;

/** @param aheadSeconds of this machine before GitHub; GitHub tells whole seconds */
export function judgeClock(aheadSeconds: number): Diagnosis {
  const off = Math.round(Math.abs(aheadSeconds));
  const seen = `this machine's clock is ${off} s ${aheadSeconds > 0 ? "ahead of" : "behind"} GitHub's`;
  const remedy = "Let it be set from the network: timedatectl set-ntp true (systemd-timesyncd or chrony).";
  if (off > CLOCK_RED_SECONDS) return red(`${seen}: GitHub refuses what it signs`, remedy);
  if (off > CLOCK_YELLOW_SECONDS) return yellow(seen, remedy);
  return green(off <= 1 ? "as GitHub's" : seen);
}

export interface AppLook {
  readonly name: string;
  readonly slug: string;
  readonly pageUrl: string;
  /** Where its owner changes it. */
  readonly settingsUrl: string;
  readonly permissions: AppPermissions;
  readonly events: readonly string[];
}

export type Asked = Pick<AppManifest, "default_permissions" | "default_events">;

export function judgeApp({ name, slug, pageUrl }: AppLook): Diagnosis {
  return green(`${JSON.stringify(name)}, commenting as ${slug}[bot] (${pageUrl})`);
}

export function judgePermissions(app: AppLook, asked: Asked): Diagnosis {
  const missing = missingPermissions(app.permissions, asked);
  const events = asked.default_events.filter((event) => !app.events.includes(event));
  if (missing.length > 0 || events.length > 0) {
    return red(
      `the App has not ${[...missing, ...events.map((event) => `event ${event}`)].join(", ")}`,
      `Add them on ${app.settingsUrl}/permissions; the owner of each installation is then asked to accept.`,
    );
  }
  const superfluous = [
    ...Object.entries(app.permissions)
      .filter(([name, level]) => !permissionReaches(asked.default_permissions[name], level))
      .map(([name, level]) => `${name}: ${level}`),
    ...app.events.filter((event) => !asked.default_events.includes(event)).map((event) => `event ${event}`),
  ];
  if (superfluous.length > 0) {
    return yellow(
      `the App has more than modprobot uses: ${superfluous.join(", ")}`,
      `Take it away on ${app.settingsUrl}/permissions: what nobody uses can only be misused.`,
    );
  }
  return green("exactly what app.yml asks for");
}

function missingPermissions(granted: AppPermissions, { default_permissions }: Asked): string[] {
  return Object.entries(default_permissions)
    .filter(([name, level]) => !permissionReaches(granted[name], level))
    .map(([name, level]) => `${name}: ${level}`);
}

export interface InstallationLook {
  /** Login of the person or organization. */
  readonly account: string;
  readonly suspended: boolean;
  readonly permissions: AppPermissions;
  readonly events: readonly string[];
  /** Where its owner accepts and unsuspends. */
  readonly pageUrl: string;
}

export function judgeInstallations(
  installations: readonly InstallationLook[],
  app: Pick<AppLook, "pageUrl"> | undefined,
  asked: Asked,
): Diagnosis {
  if (installations.length === 0) {
    const where = app === undefined ? "from the App's page" : `on ${app.pageUrl}/installations/new`;
    return yellow("the App is installed nowhere", `Install it ${where}.`);
  }
  const troubles = installations.flatMap((one) => {
    const trouble = troubleOf(one, asked);
    return trouble === undefined ? [] : [{ seen: `${one.account} ${trouble}`, page: one.pageUrl }];
  });
  const on = installations.map(({ account }) => account);
  if (troubles.length === 0) return green(`on ${listed(on)}, with all permissions accepted`);
  return yellow(
    listed(troubles.map(({ seen }) => seen)),
    troubles
      .slice(0, LISTED)
      .map(({ page }) => `Its owner mends that on ${page}.`)
      .join("\n"),
  );
}

function troubleOf(installation: InstallationLook, asked: Asked): string | undefined {
  if (installation.suspended) return "has suspended it";
  const missing = missingPermissions(installation.permissions, asked);
  if (missing.length > 0) return `has not accepted ${missing.join(", ")}`;
  const events = asked.default_events.filter((event) => !installation.events.includes(event));
  return events.length === 0 ? undefined : `does not get ${events.join(", ")}`;
}

const LISTED = 5;

function listed(names: readonly string[]): string {
  const more = names.length - LISTED;
  return names.slice(0, LISTED).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

export interface WebhookLook {
  readonly url: string | undefined;
  readonly contentType: string | undefined;
  readonly hasSecret: boolean;
  /** False: GitHub takes any certificate. */
  readonly verifiesTls: boolean;
}

export function judgeWebhookSecret({ hasSecret }: WebhookLook, settingsUrl: string): Diagnosis {
  if (hasSecret) return green("set here, long enough, and there is one on GitHub (which never shows it)");
  return red(
    "there is none on GitHub, so it signs nothing, and all it sends is refused",
    `Put the value of WEBHOOK_SECRET into "Webhook secret" on ${settingsUrl}.`,
  );
}

export function judgeWebhookAddress(
  { url, contentType, verifiesTls }: WebhookLook,
  publicUrl: string | undefined,
  settingsUrl: string,
): Diagnosis {
  const change = `Change "Webhook URL" on ${settingsUrl}`;
  if (url === undefined || url === "")
    return red("GitHub has no address to send webhooks to", `${change}, and see that it is active.`);
  if (contentType !== "json")
    return red(
      `GitHub sends webhooks as ${contentType ?? "a form"}, which is refused`,
      `${change}: application/json.`,
    );
  if (publicUrl === undefined)
    return notChecked(`GitHub sends to ${url}; PUBLIC_URL, to compare it with, is not set`);
  const wanted = webhookAddress(publicUrl);
  if (url !== wanted)
    return red(`GitHub sends to ${url}, and not to ${wanted}`, `${change}, or correct PUBLIC_URL.`);
  if (!verifiesTls)
    return yellow(
      `GitHub sends to ${url} without looking at its certificate`,
      `Enable SSL verification on ${settingsUrl}.`,
    );
  return green(url);
}

export interface DeliveryLook {
  readonly at: Date;
  readonly event: string;
  readonly statusCode: number;
  /** GitHub's words: `OK`, `failed to connect to host`. */
  readonly status: string;
}

/** @param deliveries newest first, of the last day or the last hundred */
export function judgeDeliveries(deliveries: readonly DeliveryLook[], settingsUrl: string): Diagnosis {
  const failed = deliveries.filter(({ statusCode }) => statusCode < 200 || statusCode >= 300);
  const [newest] = failed;
  if (deliveries.length === 0) return green("none was sent within a day");
  if (newest === undefined) return green(`all ${deliveries.length} of the last day arrived`);
  const seen = `${failed.length} of the last ${deliveries.length} failed; the newest, ${newest.event}, with ${newest.statusCode} ${newest.status}`;
  return yellow(seen, `${reason(newest.statusCode)}\nGitHub's own view: ${settingsUrl}/advanced`);
}

function reason(statusCode: number): string {
  if (statusCode === 401)
    return "The webhook secret here and the one on GitHub differ: WEBHOOK_SECRET has to be the same.";
  if (statusCode === 404)
    return "Something else answers at that address: the proxy in front of modprobot leads elsewhere.";
  if (statusCode === 502)
    return "Nobody answered: see that `modprobot serve` runs, and that PUBLIC_URL leads to it from outside.";
  if (statusCode === 503)
    return "modprobot could not store it: look at its log and at /readyz. It is asked for again by itself.";
  return "A running modprobot asks GitHub to send them again; see its log for why they were refused.";
}
