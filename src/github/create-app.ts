/**
 * The last step of GitHub's manifest flow: the code its page gave becomes an App with a key and a secret.
 * https://docs.github.com/rest/apps/apps#create-a-github-app-from-a-manifest
 *
 * The code is good for one hour and one time. A lost answer loses the key for ever, and the App is there all the same;
 * what to do then is what the error says.
 */
import { EnvironmentError } from "../errors.ts";
import { type GitHubPlace, gitHubAddress } from "./address.ts";
import { createCaller } from "./call.ts";
import { anonymousClient, type Log } from "./client.ts";
import { GITHUB_PACE, type Pace } from "./pace.ts";

export interface CreatedApp {
  readonly id: number;
  readonly name: string;
  /** Of its public page, where it can be installed. */
  readonly pageUrl: string;
  /** PEM. */
  readonly privateKey: string;
  /** Null where GitHub made none. */
  readonly webhookSecret: string | null;
}

export interface ManifestOptions extends GitHubPlace {
  readonly log: Log;
  /** For tests. */
  readonly pace?: Pace;
}

/** @throws EnvironmentError setup-code, github-refused, github-unavailable */
export async function createAppFromManifest(
  options: ManifestOptions,
  code: string,
  signal: AbortSignal,
): Promise<CreatedApp> {
  const pace = options.pace ?? { ...GITHUB_PACE, throttle: false };
  const { apiUrl } = gitHubAddress(options);
  const octokit = anonymousClient({ apiUrl, pace, log: options.log });
  const { call } = createCaller({ octokit, pace, log: options.log });
  try {
    const made = await call(
      "get the new App's credentials",
      (client, parameters) => client.rest.apps.createFromManifest({ ...parameters, code }),
      signal,
    );
    return {
      id: made.id,
      name: made.name,
      pageUrl: made.html_url,
      privateKey: made.pem,
      webhookSecret: made.webhook_secret,
    };
  } catch (error) {
    if (error instanceof EnvironmentError && error.code === "github-gone") throw codeRefused(error);
    throw error;
  }
}

function codeRefused(cause: unknown): EnvironmentError {
  return new EnvironmentError(
    "setup-code",
    "GitHub does not know the code that its page gave: it is older than an hour, or was used before",
    "Run modprobot setup again. If the App is in your list on GitHub already, delete it there first,\nor keep it and make a private key and a webhook secret on its page (modprobot setup --manual says how).",
    { cause },
  );
}
