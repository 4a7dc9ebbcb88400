/**
 * What our GitHub App asks for (`app.yml`), and the addresses where one like it is made.
 *
 * GitHub takes a manifest as a form that somebody's browser sends, and gives a code back to `redirect_url`
 * (https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest). The same wishes can be put
 * into an address that fills in the form by hand (…/registering-a-github-app-using-url-parameters).
 */

/** As GitHub writes them; an App without one of them has `none` of it. */
export type PermissionLevel = "read" | "write" | "admin";
export type AppPermissions = Readonly<Record<string, string>>;

export interface AppManifest {
  readonly name: string;
  readonly description: string;
  /** Its home page. */
  readonly url: string;
  readonly hook_attributes: { readonly url: string; readonly active: boolean };
  readonly public: boolean;
  readonly default_permissions: Readonly<Record<string, PermissionLevel>>;
  readonly default_events: readonly string[];
}

/** https://docs.github.com/apps/creating-github-apps/registering-a-github-app/registering-a-github-app */
export const LONGEST_APP_NAME = 34;

/** Where GitHub sends webhooks to; `src/web/webhook.ts` listens there. */
export const WEBHOOK_PATH = "/api/github/webhooks";

export function webhookAddress(publicUrl: string): string {
  return publicUrl + WEBHOOK_PATH;
}

export interface OwnApp {
  readonly name: string;
  /** Without a slash at its end. */
  readonly publicUrl: string;
}

export function manifestFor(manifest: AppManifest, { name, publicUrl }: OwnApp): AppManifest {
  return {
    ...manifest,
    name,
    url: publicUrl,
    hook_attributes: { ...manifest.hook_attributes, url: webhookAddress(publicUrl) },
  };
}

/** The page where an App is made: a person's own, or an organization's. */
export function registrationAddress(siteUrl: string, organization: string | undefined): string {
  const owner = organization === undefined ? "" : `/organizations/${encodeURIComponent(organization)}`;
  return `${siteUrl}${owner}/settings/apps/new`;
}

/** The same page with everything filled in but the webhook's secret. */
export function filledInAddress(
  siteUrl: string,
  organization: string | undefined,
  manifest: AppManifest,
): string {
  const query = new URLSearchParams({
    name: manifest.name,
    description: manifest.description,
    url: manifest.url,
    public: String(manifest.public),
    webhook_active: String(manifest.hook_attributes.active),
    webhook_url: manifest.hook_attributes.url,
    ...manifest.default_permissions,
  });
  for (const event of manifest.default_events) query.append("events[]", event);
  return `${registrationAddress(siteUrl, organization)}?${query}`;
}

const RANK: Readonly<Record<string, number>> = { read: 1, write: 2, admin: 3 };

export function permissionReaches(granted: string | undefined, needed: string): boolean {
  return (RANK[granted ?? ""] ?? 0) >= (RANK[needed] ?? Number.POSITIVE_INFINITY);
}
