/**
 * Probe: may this Nix be trusted to build a pull request's code?
 *
 * A build runs whatever the recipe says. What holds it is Nix's sandbox, and Nix by default builds *without* one, and
 * without a word, where the kernel refuses namespaces (`sandbox-fallback`). So the settings are read, and then the sandbox
 * is tried (`sandbox-trial.ts`). The proof holds until the machine is rebooted or Nix or its settings change.
 */
import { createHash, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { EnvironmentError } from "../errors.ts";
import { run } from "../process.ts";
import { findProgram } from "./find-program.ts";
import { NIX_COMMAND } from "./nix-store.ts";
import { type TrialEnd, trySandbox } from "./sandbox-trial.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";

/** Debian 12 has 2.8.0; what we call is there and in every later release. */
const OLDEST = [2, 8] as const;

const setting = z.object({ value: z.unknown() });
const settings = z.object({
  sandbox: setting,
  "sandbox-build-dir": z.object({ value: z.string() }),
  "sandbox-fallback": setting,
  "sandbox-paths": setting,
  /** Says which daemon builds, if any. */
  store: setting,
});

/** @throws EnvironmentError nix-missing, nix-too-old, nix-unreadable, nix-unusable, sandbox-off, sandbox-fallback, sandbox-broken */
export async function probe(
  dataDirectory: string,
  signal: AbortSignal,
): Promise<{ readonly version: string }> {
  const version = await nixVersion(signal);
  const shown = await showConfig(settings, signal);
  checkSettings(shown);
  await proveSandbox(dataDirectory, version, shown, signal);
  return { version };
}

async function nixVersion(signal: AbortSignal): Promise<string> {
  for (const program of ["nix-instantiate", "nix-store", "nix"]) {
    if ((await findProgram(program)) === undefined) throw nixMissing(program);
  }
  const { stdout } = await run("nix-instantiate", ["--version"], { signal });
  const version = /(\d+)\.(\d+)[^\s]*/.exec(stdout.split("\n")[0] ?? "");
  if (version === null)
    throw unreadable(`nix-instantiate --version says ${JSON.stringify(stdout.slice(0, 200))}`);
  if (!isRecent(Number(version[1]), Number(version[2]))) throw tooOld(version[0]);
  return version[0];
}

const isRecent = (major: number, minor: number) =>
  major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);

type Settings = z.infer<typeof settings>;

/** `nix show-config` became `nix config show` in 2.20; both are behind a feature flag, lifted for this call only. */
export async function showConfig<T>(wanted: z.ZodType<T>, signal: AbortSignal): Promise<T> {
  let said = "";
  for (const command of [["show-config"], ["config", "show"]]) {
    const args = [...NIX_COMMAND, ...command, "--json"];
    const result = await run("nix", args, { signal, keepBytes: 8 * 1024 * 1024 });
    const read = wanted.safeParse(result.exitCode === 0 ? JSON.parse(result.stdout) : undefined);
    if (read.success) return read.data;
    said = result.stderr.trim().split("\n").at(-1) ?? "";
  }
  throw unreadable(`nix show-config --json failed: ${said.slice(0, 300)}`);
}

function checkSettings(shown: Settings): void {
  const { sandbox } = shown;
  // `relaxed` lets a derivation with __noChroot out.
  if (sandbox.value !== true && sandbox.value !== "true") throw sandboxOff(String(sandbox.value));
  if (shown["sandbox-fallback"].value !== false) throw sandboxFallback();
}

async function proveSandbox(
  dataDirectory: string,
  version: string,
  shown: Settings,
  signal: AbortSignal,
): Promise<void> {
  const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => randomUUID());
  const circumstances = JSON.stringify([boot, version, shown, process.getuid?.()]);
  const key = createHash("sha256").update(circumstances).digest("hex");
  const place = join(dataDirectory, "nix", "sandbox-proof.zst");
  if ((await readSealed(place)) === key) return;
  const end = await trySandbox(dataDirectory, shown["sandbox-build-dir"].value, signal);
  if (!end.holds) throw doesNotHold(end);
  await writeSealed(place, key);
}

const SET_UP =
  "bin/setup does this on Debian; elsewhere edit /etc/nix/nix.conf (and restart nix-daemon where it runs).";

function nixMissing(program: string): EnvironmentError {
  return new EnvironmentError(
    "nix-missing",
    `Nix is not installed: there is no ${program} on PATH`,
    "Run bin/setup, or install Nix 2.8 or later: https://nixos.org/download",
  );
}

function tooOld(version: string): EnvironmentError {
  return new EnvironmentError(
    "nix-too-old",
    `Nix ${version} is too old: ${OLDEST.join(".")} or later is needed`,
    "Install a later Nix, and see that it comes first on PATH.",
  );
}

function unreadable(seen: string): EnvironmentError {
  return new EnvironmentError(
    "nix-unreadable",
    `cannot find out how Nix is set up: ${seen}`,
    "Check that Nix works: nix-instantiate --version",
  );
}

function sandboxOff(value: string): EnvironmentError {
  return new EnvironmentError(
    "sandbox-off",
    `Nix's build sandbox is ${value === "relaxed" ? "only relaxed" : "off"} (sandbox = ${value}), and a check builds the code of a pull request`,
    `Put this line into nix.conf: sandbox = true\n${SET_UP}`,
  );
}

function sandboxFallback(): EnvironmentError {
  return new EnvironmentError(
    "sandbox-fallback",
    "Nix would build without a sandbox where it cannot make one (sandbox-fallback = true)",
    `Put this line into nix.conf: sandbox-fallback = false\n${SET_UP}`,
  );
}

function doesNotHold(end: Exclude<TrialEnd, { holds: true }>): EnvironmentError {
  if (end.why === "relaxed") return sandboxOff("relaxed");
  return end.why === "unusable" ? unusable(end.seen) : sandboxBroken(end.seen);
}

function unusable(seen: string): EnvironmentError {
  return new EnvironmentError(
    "nix-unusable",
    `this user cannot build with Nix: ${seen}`,
    "Builds of anybody but root go through nix-daemon: see that it runs, that allowed-users in nix.conf lets this user in,\nand that NIX_REMOTE, if it is set, says daemon.",
  );
}

function sandboxBroken(seen: string): EnvironmentError {
  return new EnvironmentError(
    "sandbox-broken",
    `Nix's build sandbox does not work: ${seen}`,
    `The sandbox needs user, mount and network namespaces, the build users (build-users-group in nix.conf) and a shell at /bin/sh inside (sandbox-paths).\n${SET_UP}`,
  );
}
