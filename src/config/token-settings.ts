/** Settings of `modprobot pr`: a person's token and where it is good for. Variables are handed in; `env.ts` hands in the real ones. */
import { UserError } from "../errors.ts";
import type { Variables } from "./app-settings.ts";
import type { VariableName } from "./variables.ts";

export interface TokenSettings {
  readonly token: string;
  /** Of an Enterprise host; undefined: github.com. */
  readonly host: string | undefined;
  /** Of a stand-in on this machine, for tests. */
  readonly apiUrl: string | undefined;
}

/** @throws UserError token-missing */
export function parseTokenSettings(variables: Variables): TokenSettings {
  const given = (name: VariableName) => (variables[name] ?? "").trim() || undefined;
  const token = given("GITHUB_TOKEN") ?? given("GH_TOKEN");
  if (token === undefined) {
    throw new UserError(
      "token-missing",
      "there is no token for GitHub",
      "Set GITHUB_TOKEN or GH_TOKEN. A token that may read public repositories is enough to look; --post needs one that may comment.\n" +
        "With GitHub's own command line: GITHUB_TOKEN=$(gh auth token) modprobot pr …",
    );
  }
  return { token, host: given("GHE_HOST"), apiUrl: given("MODPROBOT_GITHUB_API_URL") };
}
