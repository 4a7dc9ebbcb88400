/** Where GitHub is: github.com, an Enterprise host, or for tests a server on this machine. */
import { UserError } from "../errors.ts";

export interface GitHubAddress {
  /** Of the REST interface, without a slash at its end. */
  readonly apiUrl: string;
  /** What repositories and pages lie below, without a slash at its end. */
  readonly gitUrl: string;
}

export interface GitHubPlace {
  /** Name of an Enterprise host (`GHE_HOST`), a port allowed; default github.com. */
  readonly host?: string;
  /** Of a stand-in on this machine, `http://127.0.0.1:PORT`; wins over `host`. */
  readonly apiUrl?: string;
}

/** @throws UserError github-address */
export function gitHubAddress({ host, apiUrl }: GitHubPlace): GitHubAddress {
  if (apiUrl !== undefined) return standIn(apiUrl);
  if (host === undefined || host === "" || host === "github.com")
    return { apiUrl: "https://api.github.com", gitUrl: "https://github.com" };
  if (!/^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$/.test(host)) {
    throw new UserError(
      "github-address",
      `GHE_HOST is ${JSON.stringify(host.slice(0, 100))}, which is no host name`,
      "Give the name alone, without https:// and without a path, for example github.example.org.",
    );
  }
  return { apiUrl: `https://${host}/api/v3`, gitUrl: `https://${host}` };
}

/** Nothing but this machine: requests carry credentials, and `http` would carry them in the open. */
function standIn(apiUrl: string): GitHubAddress {
  const url = URL.parse(apiUrl);
  if (url === null || !isLoopback(url)) {
    throw new UserError(
      "github-address",
      `the address ${JSON.stringify(apiUrl.slice(0, 100))} is not on this machine`,
      "MODPROBOT_GITHUB_API_URL is for tests only. For an Enterprise host set GHE_HOST.",
    );
  }
  return { apiUrl: apiUrl.replace(/\/+$/, ""), gitUrl: url.origin };
}

function isLoopback({ protocol, hostname }: URL): boolean {
  return /^https?:$/.test(protocol) && /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname);
}
