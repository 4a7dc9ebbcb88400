/**
 * Running git on a repository nobody vouches for.
 *
 * The repository's own configuration, hooks and attributes are somebody else's text, and much of it names
 * programs. Nothing of the user's or the system's configuration is read, no hook and no monitor runs, nothing
 * is fetched (which is what would use its `sshCommand` or `uploadpack`), and no terminal is asked. Only commands
 * that neither filter nor diff with helpers are used on it: filters belong to a configuration, and files are
 * laid out with one of ours. https://git-scm.com/docs/git-config (variables that run programs), protected
 * configuration; https://git-scm.com/docs/git#_environment_variables
 */
import { cleanEnvironment } from "../config/env.ts";
import { type RunOptions, type RunResult, run } from "../process.ts";

const SETTINGS = [
  "core.hooksPath=/dev/null",
  "core.fsmonitor=false",
  "core.attributesFile=/dev/null",
  "core.excludesFile=/dev/null",
  "core.pager=cat",
  "submodule.recurse=false",
  "protocol.allow=never",
  // Whose files they are says nothing about what is in them, and nothing in them is run.
  "safe.directory=*",
].flatMap((setting) => ["-c", setting]);

/**
 * `GIT_ALLOW_PROTOCOL` wins over a repository's own `protocol.<name>.allow`, and no protocol is called `none`.
 * `GIT_NO_LAZY_FETCH` (git 2.44) keeps partial clones from fetching at all.
 */
function environment(): Record<string, string> {
  return {
    ...cleanEnvironment(),
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_ALLOW_PROTOCOL: "none",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_LITERAL_PATHSPECS: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_LFS_SKIP_SMUDGE: "1",
  };
}

export type GitOptions = Pick<
  RunOptions,
  "signal" | "keepBytes" | "cwd" | "timeoutMs" | "input" | "stdoutFile"
> & {
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that start it, with their arguments: `prlimit`, `flock`. */
  readonly through?: readonly string[];
};

/** Longer than any local command takes; only a file system that hangs gets there. */
const TIMEOUT_MS = 30 * 60_000;

/** @throws EnvironmentError program-missing; Interrupted */
export function git(
  args: readonly string[],
  { env, through = [], ...options }: GitOptions,
): Promise<RunResult> {
  const [program = "git", ...words] = [...through, "git", ...SETTINGS, ...args];
  return run(program, words, {
    timeoutMs: TIMEOUT_MS,
    ...options,
    env: { ...environment(), ...env },
  });
}

/** The last lines of what git said, for messages. */
export function gitSaid({ stderr }: RunResult): string {
  return stderr.trim().split("\n").slice(-3).join(" ").slice(-500) || "it said nothing";
}
