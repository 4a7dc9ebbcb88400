/** The configuration of a repository, at base and never at head: a change may not loosen the rules it is checked by. */
import { type Config, defaultConfig, parseConfig } from "../../config/config.ts";
import type { RepositoryRef } from "../../domain/pull-request.ts";
import { UserError } from "../../errors.ts";
import type { GitHubPort } from "../app-ports.ts";
import type { GitPort } from "../ports.ts";

export const CONFIG_FILE = ".github/modprobot.yml";

/** For a check. @throws UserError config-invalid */
export async function readConfigAt(
  commit: string,
  git: Pick<GitPort, "readFile">,
  signal: AbortSignal,
): Promise<Config> {
  const text = await git.readFile(commit, CONFIG_FILE, signal);
  return text === undefined
    ? defaultConfig()
    : parseConfig(text, `${CONFIG_FILE} at ${commit.slice(0, 12)}`).config;
}

/** What of a configuration a command is judged by. */
export type Policy = Pick<Config, "commands" | "limits">;

/**
 * For a command: who may, and how often. A file with mistakes may have meant to be stricter than the defaults, so
 * everything then needs write access.
 */
export async function readPolicy(
  repository: RepositoryRef,
  baseRef: string,
  github: GitHubPort,
  signal: AbortSignal,
): Promise<Policy> {
  const text = await github.readFile(repository, baseRef, CONFIG_FILE, signal);
  if (text === undefined) return defaultConfig();
  try {
    return parseConfig(text, CONFIG_FILE).config;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return strict(defaultConfig());
  }
}

function strict({ commands, limits }: Config): Policy {
  return {
    limits,
    commands: {
      ...commands,
      check: "write",
      rebuilds: "write",
      build: "write",
      test: "write",
      consumers: "write",
      cancel: "write",
      approve: "write",
    },
  };
}
