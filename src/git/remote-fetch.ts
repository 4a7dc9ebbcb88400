/**
 * Fetching from a server that wants a token, into a bare repository of ours that many processes share.
 *
 * What trips people up: commits are fetched by their hash, two deep, so that a tree and the one before it are there
 * and the twenty years behind them are not; each fetched commit keeps a name, since only what has a name is offered
 * to the server next time and makes the next fetch small. One process writes at a time, under a lock of the kernel's
 * (flock(1)), which ends with its holder. https://git-scm.com/docs/git-fetch
 */
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EnvironmentError } from "../errors.ts";
import { type RunResult, run } from "../process.ts";
import { git, gitSaid } from "./git-command.ts";

export interface Credential {
  /** `https://…`, without a name or a secret in it. */
  readonly url: string;
  readonly token: string;
}

export interface FetchLimits {
  /** Of one fetch; the first one of nixpkgs takes a minute. */
  readonly seconds: number;
  /** Of one pack, the largest file git writes. */
  readonly bytes: number;
  /** For the lock: another process fetches. */
  readonly waitSeconds: number;
}

export const FETCH_LIMITS: FetchLimits = { seconds: 1_800, bytes: 8 * 2 ** 30, waitSeconds: 3_600 };

const ASKPASS = fileURLToPath(new URL("askpass.sh", import.meta.url));
/** Of flock, for a lock that was not free in time; git itself exits with 1 or 128. */
const LOCK_BUSY = 75;

export interface RemoteMirror {
  /** The bare repository. */
  readonly directory: string;
  readonly lock: string;
  readonly limits: FetchLimits;
}

/** Makes the repository unless it is there. @throws EnvironmentError git-failed */
export async function openMirror(
  directory: string,
  limits: FetchLimits,
  signal: AbortSignal,
): Promise<RemoteMirror> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const mirror = { directory, lock: `${directory}.lock`, limits };
  const made = await git(["init", "--quiet", "--bare", "--template=", directory], {
    signal,
    through: alone(mirror),
  });
  if (made.exitCode !== 0) throw lockOrFailure(made, mirror, `make the mirror ${JSON.stringify(directory)}`);
  return mirror;
}

/**
 * @param commits full hashes
 * @throws EnvironmentError git-unavailable, git-busy, git-gone, disk-full (retryable); git-refused, git-too-large
 */
export async function fetchCommits(
  mirror: RemoteMirror,
  commits: readonly string[],
  credential: Credential,
  signal: AbortSignal,
): Promise<void> {
  await removeLeftovers(mirror);
  let fetched = await fetch(mirror, commits, credential, signal);
  if (fetched.exitCode !== 0 && /\.lock': File exists/.test(fetched.stderr)) {
    await removeLocks(mirror, signal);
    fetched = await fetch(mirror, commits, credential, signal);
  }
  if (fetched.exitCode === 0) return;
  const { protocol, host } = new URL(credential.url);
  throw fetchFailure(fetched, mirror, `${protocol}//${host}`);
}

function fetch(
  mirror: RemoteMirror,
  commits: readonly string[],
  { url, token }: Credential,
  signal: AbortSignal,
): Promise<RunResult> {
  const { directory, limits } = mirror;
  return git(
    [
      ...FETCH_SETTINGS.flatMap((setting) => ["-c", setting]),
      `--git-dir=${directory}`,
      "fetch",
      ...["--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules"],
      ...["--force", "--depth=2", "--end-of-options"],
      url,
      ...commits.map((commit) => `${commit}:${nameOf(commit)}`),
    ],
    {
      signal,
      timeoutMs: (limits.seconds + limits.waitSeconds) * 1_000,
      through: [...alone(mirror), "prlimit", `--fsize=${limits.bytes}`, "--"],
      env: {
        GIT_ALLOW_PROTOCOL: allowedProtocol(url),
        GIT_ASKPASS: ASKPASS,
        MODPROBOT_GIT_HOST: new URL(url).host,
        MODPROBOT_GIT_TOKEN: token,
      },
    },
  );
}

/** Git's own locks are files, which outlive a git that was killed. Who holds ours knows that nobody holds those. */
async function removeLocks(mirror: RemoteMirror, signal: AbortSignal): Promise<void> {
  const [flock = "flock", ...words] = alone(mirror);
  await run(flock, [...words, "find", mirror.directory, "-name", "*.lock", "-type", "f", "-delete"], {
    signal,
  });
}

/** What hostile objects can do to git itself is refused when they arrive; old slips of honest people are not. */
const FETCH_SETTINGS = [
  "fetch.fsckObjects=true",
  ...[
    "zeroPaddedFilemode",
    "badTimezone",
    "missingSpaceBeforeDate",
    "badFilemode",
    "missingEmail",
    "badDate",
  ].map((slip) => `fetch.fsck.${slip}=ignore`),
  "credential.helper=",
  // A renamed repository answers with its new place, on the same host; askpass answers to no other.
  "http.followRedirects=initial",
  "http.lowSpeedLimit=1000",
  "http.lowSpeedTime=60",
  "transfer.bundleURI=false",
  "gc.auto=0",
];

/** Names are kept for ever: forty bytes each, and what keeps later fetches small. */
export function nameOf(commit: string): string {
  return `refs/modprobot/${commit}`;
}

function allowedProtocol(url: string): string {
  const { protocol, hostname } = new URL(url);
  if (protocol === "https:") return "https";
  // Nothing but a stand-in on this machine is spoken to in the open.
  if (protocol === "http:" && /^(?:127(?:\.\d+){3}|\[::1\]|localhost)$/.test(hostname)) return "http";
  return "none";
}

function alone({ lock, limits }: RemoteMirror): readonly string[] {
  return [
    "flock",
    // It becomes git, which then ends with us (`process.ts`); the lock ends with git.
    "--no-fork",
    "--exclusive",
    "--timeout",
    String(limits.waitSeconds),
    "--conflict-exit-code",
    String(LOCK_BUSY),
    lock,
  ];
}

/** Packs that were cut off. Nobody else's: git removes its own when it ends, so only killed ones leave any, hours old. */
async function removeLeftovers({ directory }: RemoteMirror): Promise<void> {
  const packs = join(directory, "objects", "pack");
  for (const name of await readdir(packs).catch(() => [])) {
    if (!name.startsWith("tmp_")) continue;
    const path = join(packs, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > LEFTOVER_MS) await rm(path, { force: true });
  }
}

const LEFTOVER_MS = 6 * 3_600_000;

/** Many small packs make every look into the repository slow; like sizes are joined, the big ones stay. */
const MOST_PACKS = 30;

export async function joinPacks(mirror: RemoteMirror, signal: AbortSignal): Promise<void> {
  const names = await readdir(join(mirror.directory, "objects", "pack")).catch(() => []);
  if (names.filter((name) => name.endsWith(".pack")).length <= MOST_PACKS) return;
  // Failing costs nothing but speed; the next fetch tries again.
  await git([`--git-dir=${mirror.directory}`, "repack", "--quiet", "--geometric=2", "-d"], {
    signal,
    through: alone(mirror),
  });
}

function fetchFailure(result: RunResult, mirror: RemoteMirror, server: string): EnvironmentError {
  const said = gitSaid(result);
  if (result.exitCode === LOCK_BUSY) return lockOrFailure(result, mirror, "fetch");
  if (/file too large|signal 25|SIGXFSZ/i.test(said) || result.exitCode === 153) {
    return new EnvironmentError(
      "git-too-large",
      `what is to be fetched from ${server} has more than ${Math.floor(mirror.limits.bytes / 2 ** 20)} MiB`,
      "It is larger than any repository that is known to use kernels. Nothing was kept.",
    );
  }
  if (result.timedOut) return unavailable(server, `fetching took more than ${mirror.limits.seconds} s`);
  if (/Authentication failed|could not read (?:Username|Password)|HTTP 40[13]|error: 40[13]/i.test(said)) {
    return new EnvironmentError(
      "git-refused",
      `${server} refused our token: ${said}`,
      "Check that the App is installed on the repository with the permission to read contents.",
    );
  }
  if (/not found|HTTP 404|error: 404|not our ref|unadvertised object|couldn't find remote ref/i.test(said)) {
    return new EnvironmentError(
      "git-gone",
      `${server} has no such commit (any more): ${said}`,
      "The pull request was pushed to, or its base branch was; what is to be compared is asked for again.",
      // Where the pull request or the repository itself is gone, asking says so.
      { retryable: true },
    );
  }
  if (/No space left on device|Disk quota exceeded/.test(said)) {
    return new EnvironmentError(
      "disk-full",
      `the disk of ${JSON.stringify(mirror.directory)} is full`,
      "Free some space there.",
      { retryable: true },
    );
  }
  if (/fsck error|error in (?:commit|tree|tag)|fatal: fsck/i.test(said)) {
    return new EnvironmentError(
      "git-refused",
      `an object from ${server} is malformed: ${said}`,
      "git fsck says the same in a clone. Such objects are not taken, since git itself can be attacked with them.",
    );
  }
  return unavailable(server, said);
}

function unavailable(server: string, saw: string): EnvironmentError {
  return new EnvironmentError(
    "git-unavailable",
    `cannot fetch from ${server}: ${saw}`,
    "It is tried again later.",
    { retryable: true },
  );
}

function lockOrFailure(
  result: RunResult,
  { directory, limits }: RemoteMirror,
  what: string,
): EnvironmentError {
  if (result.exitCode === LOCK_BUSY) {
    return new EnvironmentError(
      "git-busy",
      `another process has been writing to ${JSON.stringify(directory)} for more than ${limits.waitSeconds} s`,
      "It is tried again later.",
      { retryable: true },
    );
  }
  return new EnvironmentError(
    "git-failed",
    `git could not ${what}: ${gitSaid(result)}`,
    "Check space and owner of that place.",
  );
}
