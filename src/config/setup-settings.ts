/** Settings of `modprobot setup`: which GitHub, and where this server will be reached. */
import type { Variables } from "./app-settings.ts";

export interface SetupSettings {
  /** As given, not checked: the option `--public-url` wins over it. */
  readonly publicUrl: string | undefined;
  /** Of an Enterprise host; undefined: github.com. */
  readonly host: string | undefined;
  /** Of a stand-in on this machine, for tests. */
  readonly apiUrl: string | undefined;
}

export function parseSetupSettings(variables: Variables): SetupSettings {
  const given = (name: string) => variables[name]?.trim() || undefined;
  return {
    publicUrl: given("PUBLIC_URL"),
    host: given("GHE_HOST"),
    apiUrl: given("MODPROBOT_GITHUB_API_URL"),
  };
}
