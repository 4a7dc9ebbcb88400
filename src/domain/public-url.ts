/**
 * May this be the address under which GitHub and people reach our server?
 *
 * GitHub refuses webhooks to this machine itself ("isn't reachable over the public Internet"), and says so only after
 * everything has been filled in.
 */
import { UserError } from "../errors.ts";

export interface PublicUrlRules {
  /** True where GitHub itself may be inside: an Enterprise host, or a stand-in on this machine. */
  readonly mayBeLocal: boolean;
}

/** Without a slash at its end. @throws UserError public-url */
export function parsePublicUrl(text: string, { mayBeLocal }: PublicUrlRules): string {
  const url = URL.parse(text);
  const shown = JSON.stringify(text.slice(0, 100));
  if (url === null || !/^https?:$/.test(url.protocol))
    throw refused(`${shown} is no address`, "It has to begin with https:// and a host name.");
  if (url.username !== "" || url.password !== "")
    throw refused(`${shown} has a user or a password in it`, "GitHub shows it to everybody: leave them out.");
  if (url.search !== "" || url.hash !== "")
    throw refused(`${shown} has something behind ? or #`, "Give the address alone; paths are added to it.");
  if (!mayBeLocal && isLocal(url.hostname))
    throw refused(
      `GitHub cannot reach ${shown}`,
      "Give the address of a proxy or a tunnel that leads here, under a name that everybody can look up.",
    );
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** https://www.iana.org/assignments/iana-ipv4-special-registry: this machine and networks that end at somebody's router. */
const LOCAL_IPV4 = /^(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168)\./;

function isLocal(hostname: string): boolean {
  return (
    LOCAL_IPV4.test(hostname) ||
    /^\[(?:::1?|f[cd][\da-f]{2}:.*|fe80:.*)\]$/.test(hostname) ||
    /^(?:localhost|[^.[\]]+)$/.test(hostname) ||
    /\.(?:localhost|local|internal)$/.test(hostname)
  );
}

function refused(seen: string, advice: string): UserError {
  return new UserError("public-url", `the public address cannot be used: ${seen}`, advice);
}
