/**
 * Sandbox trial: two builds that tell what really holds a build on this machine.
 *
 * Settings alone do not tell. They are read by this process, and where a daemon builds, its own settings count: what an
 * ordinary user asks for is passed over (`--option sandbox true` too). So the first build looks where it is and whether it
 * sees a file of this host, and the second asks, as a recipe may, to be let out.
 */
import { randomUUID } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nixString } from "../domain/attr-path.ts";
import { type RunResult, run } from "../process.ts";

/**
 * Handed to every build as well, for a configuration that changes while we run. A daemon heeds it from users it trusts
 * only (https://nix.dev/manual/nix/latest/command-ref/conf-file#conf-trusted-users).
 */
export const SANDBOX_OPTIONS = [
  "--option",
  "sandbox",
  "true",
  "--option",
  "sandbox-fallback",
  "false",
] as const;

export type TrialEnd =
  | { readonly holds: true }
  | { readonly holds: false; readonly why: "relaxed" }
  /** Nix did not get as far as building: its store is out of reach. */
  | { readonly holds: false; readonly why: "unusable"; readonly seen: string }
  | { readonly holds: false; readonly why: "broken"; readonly seen: string };

/** @param buildDirectory - where a build finds itself inside the sandbox (`sandbox-build-dir`). @throws Interrupted */
export async function trySandbox(
  dataDirectory: string,
  buildDirectory: string,
  signal: AbortSignal,
): Promise<TrialEnd> {
  const canary = join(dataDirectory, `sandbox-canary-${randomUUID()}`);
  try {
    await writeFile(canary, "seen from inside a build, this file says that there is no sandbox\n");
    const inside = await lookFromInside(canary, buildDirectory, signal);
    return inside.holds ? await askToBeLetOut(signal) : inside;
  } finally {
    await rm(canary, { force: true });
  }
}

/**
 * The canary may lie in a directory that build users cannot enter anyway, so where the build is counts as well: outside
 * the sandbox it has a directory with another name.
 */
async function lookFromInside(
  canary: string,
  buildDirectory: string,
  signal: AbortSignal,
): Promise<TrialEnd> {
  const script = 'if [ -e "$canary" ]; then echo visible; else echo "$NIX_BUILD_TOP"; fi > $out';
  const result = await build(`canary = ${nixString(canary)};`, script, signal);
  if (result.exitCode !== 0) return failed(result);
  const seen = (await readFile(result.stdout.trim(), "utf8")).trim();
  if (seen === "visible") return broken("a build can read files of this host");
  if (seen !== buildDirectory) return broken(`a build runs in ${seen} instead of ${buildDirectory}`);
  return { holds: true };
}

/** `sandbox = relaxed` lets a derivation with `__noChroot` out; `true` refuses it. */
async function askToBeLetOut(signal: AbortSignal): Promise<TrialEnd> {
  const result = await build("__noChroot = true;", "echo out > $out", signal);
  if (result.exitCode === 0) return { holds: false, why: "relaxed" };
  return result.stderr.includes("__noChroot") ? { holds: true } : failed(result);
}

function build(attributes: string, script: string, signal: AbortSignal): Promise<RunResult> {
  const expression = `derivation {
    name = "modprobot-sandbox-canary";
    system = builtins.currentSystem;
    builder = "/bin/sh";
    trial = ${nixString(randomUUID())};
    ${attributes}
    args = [ "-c" ${nixString(script)} ];
  }`;
  const args = ["--no-out-link", ...SANDBOX_OPTIONS, "--option", "substitute", "false", "-E", expression];
  return run("nix-build", args, { signal, timeoutMs: 120_000 });
}

function failed({ stderr }: RunResult): TrialEnd {
  const said = stderr.trim().split("\n").slice(-4).join(" ").slice(0, 600);
  // Said of the plan; before that, it is about the store or the daemon.
  return /^(?:this|these) .*derivations? will be built:/m.test(stderr)
    ? broken(`a trial build failed: ${said}`)
    : { holds: false, why: "unusable", seen: said };
}

const broken = (seen: string): TrialEnd => ({ holds: false, why: "broken", seen });
