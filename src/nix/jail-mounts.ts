/**
 * What is mounted into the jail: the parts of this host that Nix itself needs, and the checkout without `.git`.
 */
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { EnvironmentError } from "../errors.ts";
import { run } from "../process.ts";
import { findProgram, withoutLinks } from "./find-program.ts";
import { CHECKOUT_INSIDE, type Mount } from "./jail.ts";
import { splitStorePath } from "./store-path.ts";

export interface HostPrograms {
  readonly prlimit: string;
  readonly nixInstantiate: string;
  readonly mounts: readonly Mount[];
}

/** Directories of a host that keeps its programs where the FHS says, as Debian does. */
const SYSTEM_DIRECTORIES = ["/usr", "/bin", "/lib", "/lib64"];

/** @throws EnvironmentError program-missing */
export async function findHostPrograms(signal: AbortSignal): Promise<HostPrograms> {
  const [prlimit, nixInstantiate] = await Promise.all([
    resolveProgram("prlimit"),
    resolveProgram("nix-instantiate"),
  ]);
  const stored = [prlimit, nixInstantiate].flatMap((program) => splitStorePath(program)?.root ?? []);
  const mounts = [
    ...(stored.length === 2 ? [] : await systemMounts()),
    ...(await closureMounts(stored, signal)),
  ];
  return { prlimit, nixInstantiate, mounts };
}

async function resolveProgram(name: string): Promise<string> {
  const found = await findProgram(name);
  if (found === undefined) {
    throw new EnvironmentError(
      "program-missing",
      `cannot find ${name} on PATH`,
      "Install it, or run bin/setup, which installs everything modprobot needs.",
    );
  }
  return withoutLinks(found);
}

async function systemMounts(): Promise<Mount[]> {
  const mounts = await Promise.all(SYSTEM_DIRECTORIES.map((directory) => mountOf(directory, directory)));
  return mounts.flat();
}

/** Programs that live in a Nix store bring their closure along, and nothing else of that store. */
async function closureMounts(roots: readonly string[], signal: AbortSignal): Promise<Mount[]> {
  if (roots.length === 0) return [];
  const { stdout } = await run("nix-store", ["--query", "--requisites", ...roots], { signal });
  const paths = [...new Set(stdout.split("\n").filter((line) => line !== ""))].sort();
  return paths.map((path) => ({ kind: "read-only", from: path, to: path }));
}

/**
 * The checkout, entry by entry: `.git` stays out, since it tells where the repository is on this host, and a recipe that
 * copies its own directory would carry that into every hash. Links stay links, followed inside the jail only.
 */
export async function checkoutMounts(directory: string): Promise<Mount[]> {
  const names = (await readdir(directory)).filter((name) => name !== ".git").sort();
  const mounts = await Promise.all(
    names.map((name) => mountOf(join(directory, name), `${CHECKOUT_INSIDE}/${name}`)),
  );
  return mounts.flat();
}

async function mountOf(from: string, to: string): Promise<Mount[]> {
  const status = await lstat(from).catch(() => undefined);
  if (status === undefined) return [];
  if (status.isSymbolicLink()) return [{ kind: "link", target: await readlink(from), to }];
  return [{ kind: "read-only", from, to }];
}
