/**
 * Why a build failed, read from what Nix and the builder said.
 *
 * Two voices are kept apart: Nix's own lines (which derivation, which limit) decide the cause; the builder's log, which
 * the pull request controls, only supplies an explanation in words. A derivation that failed because something it needs
 * failed names the inner one.
 */
import type { BuildOutcome } from "../domain/build.ts";
import type { DrvPath } from "../domain/evaluation.ts";
import { withoutControls } from "../domain/plain-text.ts";
import { isDrvPath } from "./store-path.ts";

export type FailureCause = Extract<BuildOutcome, { status: "failed" }>["cause"];

export interface BuildFailure {
  readonly cause: FailureCause;
  /** The derivation that failed, when it is another one. */
  readonly failedDrv?: DrvPath;
}

/**
 * Nix's own lines, out of a standard error that quotes the builder's log below `last … log lines:` as `> …`. Builds run with
 * `--no-build-output`, so nothing else of the builder is in it.
 */
export function nixVoice(stderr: string): string[] {
  return stderr
    .split("\n")
    .map((line) => withoutControls(line).trim())
    .filter((line) => line !== "" && !line.startsWith(">"));
}

/** Exit statuses of nix-store --realise (https://nix.dev/manual/nix/latest/command-ref/status-build-failure). */
const TIMED_OUT = 101;

/** Nix up to 2.29, and the wording since 2.30 where the reason has a line of its own. */
const FAILED_BUILDER = [
  /^error: builder for '([^']+\.drv)' failed/,
  /^error: build(?:ing)? of '([^'^!]+\.drv)[^']*' .*(?:failed|timed out|killed after writing)/,
  /^error: '?(\/nix\/store\/[^' ]+\.drv)'? (?:timed out|killed after writing)/,
  /^error: hash mismatch in fixed-output derivation '([^']+\.drv)'/,
  /^error: Cannot build '([^']+\.drv)'/,
];
const TIMEOUT = /timed out after \d+ seconds|killed after writing more than/;

/** `undefined` where Nix names no derivation that failed: then it never came to building. */
export function readFailure(
  drv: DrvPath,
  exitCode: number | null,
  nixLines: readonly string[],
): BuildFailure | undefined {
  const failed =
    nixLines.map(failedDerivation).find((found) => found !== undefined) ?? refusedOutput(nixLines);
  if (failed === undefined) return undefined;
  const inner = failed === drv ? {} : { failedDrv: failed };
  if (exitCode === TIMED_OUT || nixLines.some((line) => TIMEOUT.test(line)))
    return { cause: "timeout", ...inner };
  return { cause: failed === drv ? "builder" : "dependency", ...inner };
}

function failedDerivation(line: string): DrvPath | undefined {
  for (const pattern of FAILED_BUILDER) {
    const found = pattern.exec(line)?.[1];
    // "Cannot build" is also said of what merely waited for a failed one; those lines come later.
    if (found !== undefined && isDrvPath(found)) return found;
  }
  return undefined;
}

/** Nix refuses what a builder made (a reference that is not allowed, a cycle) without naming the derivation: it is the one built last. */
function refusedOutput(nixLines: readonly string[]): DrvPath | undefined {
  if (!nixLines.some((line) => /^error: (?:output '|cycle detected |derivation '|path ')/.test(line)))
    return undefined;
  const building = nixLines.findLast((line) => line.startsWith("building '"));
  const found = /^building '([^']+\.drv)'/.exec(building ?? "")?.[1];
  return found !== undefined && isDrvPath(found) ? found : undefined;
}

/** Reasons that are this machine's: nothing was tried, so nothing is known of the recipe. */
const NOT_TRIED: readonly { readonly said: RegExp; readonly reason: (match: RegExpExecArray) => string }[] = [
  {
    said: /a '([^']*)' with features \{([^}]*)\} is required to build|Required system: '([^']*)' with features \{([^}]*)\}/,
    reason: (match) => {
      const features = (match[2] ?? match[4] ?? "").trim();
      return `this machine cannot build for ${match[1] ?? match[3]}${features === "" ? "" : ` with ${features}`}`;
    },
  },
  { said: /unable to start any build; .*/, reason: (match) => match[0] },
  { said: /the build users group '[^']*' has no members/, reason: (match) => match[0] },
  { said: /all build users are currently in use/, reason: (match) => match[0] },
];

/** `undefined` where the build was tried. */
export function notTriedReason(nixLines: readonly string[]): string | undefined {
  for (const line of nixLines) {
    for (const { said, reason } of NOT_TRIED) {
      const match = said.exec(line);
      if (match !== null) return reason(match);
    }
  }
  return undefined;
}

/** What a log line gives away about a known cause. */
const EXPLANATIONS: readonly { readonly said: RegExp; readonly words: (match: RegExpExecArray) => string }[] =
  [
    {
      said: /make(?:\[\d+\])?: \*\*\* empty variable name/,
      words: () =>
        "an environment variable reaches make with an empty name; outputs and attributes become variables of the build, and one of them means something to make",
    },
    {
      said: /Argument list too long/,
      words: () =>
        "a command got too long a list of arguments; an output named like a variable of the makefiles (`modules` among them) puts its path where make expects its own list, cured by `make --eval='undefine modules'` or structured attributes",
    },
    {
      said: /modprobe: FATAL: Module (\S+) not found in directory (\S+)/,
      words: (match) => `module ${match[1]} is not among the modules it was given`,
    },
    {
      said: /Can ?not derive a closure of kernel modules|No such file or directory.*\/lib\/modules\b|\/lib\/modules\S*'?: No such file or directory/i,
      words: () => "it was given a tree without kernel modules in lib/modules",
    },
    {
      said: /hash mismatch in fixed-output derivation/,
      words: () => "what was downloaded is not what its hash says",
    },
  ];

export function explainFailure(lines: readonly string[]): string | undefined {
  for (const { said, words } of EXPLANATIONS) {
    for (const line of lines) {
      // A limit on the line keeps every pattern above linear in what a builder chooses to print.
      const match = said.exec(line.slice(0, 4_096));
      if (match !== null) return withoutControls(words(match)).slice(0, 600);
    }
  }
  return undefined;
}

/** Downloads that never reached the other side. Trusted only for fixed-output derivations, which have a network. */
const NETWORK =
  /Could not resolve host|Temporary failure in name resolution|Network is unreachable|No route to host|Connection timed out|unable to access/;

export function saysNetworkTrouble(lines: readonly string[]): boolean {
  return lines.some((line) => NETWORK.test(line.slice(0, 4_096)));
}
