/**
 * Is the disk full? Programs say "No space left on device", and so can any text of a pull request; what decides is
 * how much room there is, looked at while the program ran, since Nix tidies up after a failure.
 */
import { statfs } from "node:fs/promises";
import { EnvironmentError } from "../errors.ts";

/** Below this a compiler or a database no longer gets through; a machine in use never comes near it by chance. */
const FLOOR_BYTES = 256 * 1024 * 1024;
const LOOK_EVERY_MS = 1_000;

const SAYS_FULL = /No space left on device|database or disk is full|Disk quota exceeded/;

async function roomIn(directory: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

export interface SpaceWatch extends AsyncDisposable {
  /** Throws `EnvironmentError` disk-full where the text says so and the room was really gone. */
  check(said: string): Promise<void>;
}

/** Watches the room in some directories until disposed of. */
export function watchSpace(directories: readonly string[]): SpaceWatch {
  const least = new Map<string, number>();
  const look = async () => {
    for (const directory of directories) {
      least.set(
        directory,
        Math.min(least.get(directory) ?? Number.POSITIVE_INFINITY, await roomIn(directory)),
      );
    }
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return {
    async check(said) {
      if (!SAYS_FULL.test(said)) return;
      await look();
      const full = directories.find((directory) => (least.get(directory) ?? 0) < FLOOR_BYTES);
      if (full !== undefined) throw diskFull(full);
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
    },
  };
}

/** What our own reading and writing met: the machine's trouble is told as such, everything else is passed on. */
export function asMachineTrouble(error: unknown): unknown {
  if (!(error instanceof Error) || !("code" in error)) return error;
  const path = "path" in error && typeof error.path === "string" ? error.path : "the data directory";
  if (error.code === "ENOSPC" || error.code === "EDQUOT") return diskFull(path);
  if (error.code === "EACCES" || error.code === "EPERM" || error.code === "EROFS")
    return notAllowed(path, error);
  return error;
}

function notAllowed(path: string, cause: Error): EnvironmentError {
  return new EnvironmentError(
    "not-permitted",
    `${path} cannot be written or read: ${cause.message}`,
    "Check who owns it, or give another place with --data.",
    { cause },
  );
}

function diskFull(directory: string): EnvironmentError {
  return new EnvironmentError(
    "disk-full",
    `the disk that holds ${directory} is full`,
    "Free some room and run the check again; what is finished already is kept.\nnix-store --gc removes what nothing refers to from the Nix store; the evaluations below the data directory can be removed as well.",
    { retryable: true },
  );
}
