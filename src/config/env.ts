/**
 * The only reader of `process.env`. Everything below gets an explicit environment: a program we start sees
 * what is listed here and nothing else, so no secret of ours reaches a builder or an evaluator.
 */
import {
  type InspectedSettings,
  inspectSettings,
  parseServeSettings,
  parseWorkerSettings,
  type ServeSettings,
  type WorkerSettings,
} from "./app-settings.ts";
import { parseSetupSettings, type SetupSettings } from "./setup-settings.ts";
import { parseTokenSettings, type TokenSettings } from "./token-settings.ts";

/** Variables that say where Nix is and how to reach it; none of them is secret. */
const PASSED_ON = [
  "PATH",
  "TMPDIR",
  "NIX_REMOTE",
  "NIX_CONF_DIR",
  "NIX_USER_CONF_FILES",
  "NIX_STATE_DIR",
  "NIX_STORE_DIR",
  "NIX_LOG_DIR",
  "NIX_SSL_CERT_FILE",
] as const;

/** The environment of every program we start. HOME is a path that does not exist, as in Nix's own sandbox. */
export function cleanEnvironment(): Record<string, string> {
  const kept = PASSED_ON.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), HOME: "/homeless-shelter", LC_ALL: "C.UTF-8" };
}

/** Where results are cached unless `--data` says otherwise: `$XDG_CACHE_HOME/modprobot`, `~/.cache/modprobot`. */
export function defaultDataDirectory(): string {
  const cache = process.env["XDG_CACHE_HOME"];
  if (cache?.startsWith("/")) return `${cache}/modprobot`;
  return `${process.env["HOME"] ?? "/var/tmp"}/.cache/modprobot`;
}

/** Where `modprobot setup` puts what it made unless `--out` says otherwise: `$XDG_CONFIG_HOME/modprobot`, `~/.config/modprobot`. */
export function defaultSettingsDirectory(): string {
  const config = process.env["XDG_CONFIG_HOME"];
  if (config?.startsWith("/")) return `${config}/modprobot`;
  return `${process.env["HOME"] ?? "/var/tmp"}/.config/modprobot`;
}

/** True where the user asked for no colour (https://no-color.org). */
export function colourRefused(): boolean {
  return (process.env["NO_COLOR"] ?? "") !== "";
}

/** For `modprobot serve`. @throws UserError app-settings, listing everything that is missing or wrong */
export function serveSettings(): ServeSettings {
  return parseServeSettings(process.env);
}

/** For `modprobot worker`. @throws UserError app-settings, listing everything that is missing or wrong */
export function workerSettings(): WorkerSettings {
  return parseWorkerSettings(process.env);
}

/** For `modprobot doctor`: what there is of them. */
export function settingsSoFar(): InspectedSettings {
  return inspectSettings(process.env);
}

/** For `modprobot setup`, which runs before there are any of the others. */
export function setupSettings(): SetupSettings {
  return parseSetupSettings(process.env);
}

/** For `modprobot pr`. @throws UserError token-missing */
export function tokenSettings(): TokenSettings {
  return parseTokenSettings(process.env);
}
