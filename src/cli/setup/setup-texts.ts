/** What `modprobot setup` says and writes: where to go, the file of variables, what is next, how to do it by hand. */
import { type AppManifest, filledInAddress, registrationAddress } from "../../domain/app-manifest.ts";
import type { CreatedApp } from "../../github/create-app.ts";
import type { SetupFiles } from "./setup-files.ts";

export function openThis(url: string, port: number, waitMs: number): string {
  return `Open this address in a browser on this machine, within ${Math.round(waitMs / 60_000)} minutes:

  ${url}

With the browser on another machine, make a tunnel from there first, and open the same address:

  ssh -L ${port}:127.0.0.1:${port} THIS-MACHINE

Ctrl-C stops; until you confirm on GitHub, nothing is made.
`;
}

export interface EnvironmentFile {
  readonly app: Pick<CreatedApp, "id" | "name" | "pageUrl">;
  readonly keyFile: string;
  readonly webhookSecret: string;
  readonly publicUrl: string;
  readonly host: string | undefined;
}

/** One `NAME=value` a line without quotes, which shells, systemd and containers read alike. */
export function environmentText({ app, keyFile, webhookSecret, publicUrl, host }: EnvironmentFile): string {
  return [
    // The name is free text; its page is not.
    `# The GitHub App at ${app.pageUrl}, made by modprobot setup. Keep this file secret.`,
    `APP_ID=${app.id}`,
    `PRIVATE_KEY_PATH=${keyFile}`,
    `WEBHOOK_SECRET=${webhookSecret}`,
    `PUBLIC_URL=${publicUrl}`,
    ...(host === undefined ? [] : [`GHE_HOST=${host}`]),
    "",
  ].join("\n");
}

export function nextSteps(
  { name, pageUrl }: Pick<CreatedApp, "name" | "pageUrl">,
  { key, environment }: SetupFiles,
  publicUrl: string,
): string {
  return `
The GitHub App ${JSON.stringify(name)} is made: ${pageUrl}

  private key   ${key}
  environment   ${environment}

Both can be read by this user alone. Next:

  1. Install it on the repositories it is to check:
     ${pageUrl}/installations/new
  2. Look whether all is well:
     set -a; . ${environment}; set +a
     modprobot doctor
  3. Start it; ${publicUrl} has to lead to its port, 3000 unless PORT says otherwise:
     modprobot serve
`;
}

export interface ByHand {
  readonly manifest: AppManifest;
  readonly siteUrl: string;
  readonly organization: string | undefined;
  readonly directory: string;
  readonly publicUrl: string;
  readonly host: string | undefined;
}

export function manualSteps({ manifest, siteUrl, organization, directory, publicUrl, host }: ByHand): string {
  const { hook_attributes: hook, default_permissions: permissions, default_events: events } = manifest;
  const owner = organization ?? "your own account";
  return `Making the GitHub App by hand, for ${owner}

1. Open this address, which fills in the form:

   ${filledInAddress(siteUrl, organization, manifest)}

   or open ${registrationAddress(siteUrl, organization)} and fill in:

   GitHub App name      ${manifest.name}   (unique on all of GitHub)
   Description          ${manifest.description}
   Homepage URL         ${manifest.url}
   Webhook              active
   Webhook URL          ${hook.url}
   Permissions          under "Repository permissions":
${Object.entries(permissions)
  .map(([name, level]) => `     ${title(name).padEnd(18)} ${LEVELS[level]}`)
  .join("\n")}
   Subscribe to events  ${events.map(title).join(", ")}
   Where can it be installed   only on this account

2. Make a webhook secret and put it into the form under "Webhook secret"; it goes into the file below as well:

   openssl rand -hex 32

3. Press "Create GitHub App". The page that follows shows the App ID.

4. Under "Private keys" press "Generate a private key", and keep the file that the browser gets:

   install -d -m 700 ${directory}
   install -m 600 DOWNLOADED.pem ${directory}/private-key.pem

5. Write ${directory}/modprobot.env, readable by its owner alone (chmod 600):

   APP_ID=the App ID
   PRIVATE_KEY_PATH=${directory}/private-key.pem
   WEBHOOK_SECRET=the secret
   PUBLIC_URL=${publicUrl}
${host === undefined ? "" : `   GHE_HOST=${host}\n`}
6. Press "Install App" on the App's page, and choose the repositories it is to check.

7. Look whether all is well, and start it:

   set -a; . ${directory}/modprobot.env; set +a
   modprobot doctor
   modprobot serve
`;
}

const LEVELS = { read: "Read-only", write: "Read and write", admin: "Admin" } as const;

/** `pull_requests` as GitHub's pages call it: `Pull requests`. */
function title(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
