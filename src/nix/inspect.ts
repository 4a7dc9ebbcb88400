/** What `modprobot doctor` wants to know of Nix: its version, how it is set up, and whether the jail for evaluation works. */
import { mkdtemp, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import type { NixSetUp } from "../domain/doctor/nix.ts";
import { EnvironmentError } from "../errors.ts";
import { run } from "../process.ts";
import { jailArguments } from "./jail.ts";
import { findHostPrograms } from "./jail-mounts.ts";
import { showConfig } from "./probe.ts";

const QUICK_MS = 20_000;

/** The first line of `nix-instantiate --version`. @throws EnvironmentError program-missing */
export async function nixVersionLine(signal: AbortSignal): Promise<string> {
  const { stdout } = await run("nix-instantiate", ["--version"], { signal, timeoutMs: QUICK_MS });
  return stdout.split("\n")[0] ?? "";
}

const names = z.object({
  // Lists are lists from 2.4 on, and were words with blanks between before.
  value: z.union([z.array(z.string()), z.string().transform((text) => text.split(/\s+/))]),
});
const bytes = z.object({ value: z.number() });
const settings = z.object({ "trusted-users": names, "min-free": bytes, "max-free": bytes });

/** @throws EnvironmentError program-missing, nix-unreadable */
export async function nixSetUp(signal: AbortSignal): Promise<NixSetUp> {
  const [shown, store, groups] = await Promise.all([
    showConfig(settings, signal),
    storeInfo(signal),
    run("id", ["-Gn"], { signal, timeoutMs: QUICK_MS }),
  ]);
  return {
    ...store,
    user: userName(),
    groups: groups.stdout.trim().split(/\s+/),
    isRoot: process.getuid?.() === 0,
    trustedUsers: shown["trusted-users"].value,
    minFree: shown["min-free"].value,
    maxFree: shown["max-free"].value,
  };
}

/** In a container a number may have no name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.getuid?.() ?? "this user");
  }
}

/** `nix store ping` was renamed to `info` in 2.19, and says `Trusted` since 2.14; to standard output or error, by version. */
async function storeInfo(signal: AbortSignal): Promise<Pick<NixSetUp, "access" | "trustedSays">> {
  let said = "";
  for (const command of ["info", "ping"]) {
    const args = ["--extra-experimental-features", "nix-command", "store", command];
    const { exitCode, stdout, stderr } = await run("nix", args, { signal, timeoutMs: QUICK_MS });
    said = `${stdout}\n${stderr}`;
    const url = /^Store URL: (\S+)/m.exec(said)?.[1];
    if (exitCode !== 0 || url === undefined) continue;
    const trusted = /^Trusted: ([01])/m.exec(said)?.[1];
    return {
      access: /^(?:local\b|\/)/.test(url) ? "own-store" : "daemon",
      trustedSays: trusted === undefined ? undefined : trusted === "1",
    };
  }
  throw new EnvironmentError(
    "nix-unreadable",
    `cannot find out which store Nix uses: ${said.trim().split("\n").at(-1)?.slice(0, 300) ?? ""}`,
    "Check that Nix works, and that its daemon runs where there is one: nix-store --version",
  );
}

/** Evaluates one sum as a pull request would be. @throws EnvironmentError program-missing, jail-failed */
export async function tryJail(temporaryDirectory: string, signal: AbortSignal): Promise<void> {
  const host = await findHostPrograms(signal);
  const storeRoot = await mkdtemp(join(temporaryDirectory, "jail-"));
  try {
    const args = jailArguments({
      host: host.mounts,
      checkout: [],
      storeRoot,
      writer: "nix",
      prlimit: host.prlimit,
      nixInstantiate: host.nixInstantiate,
      system: "x86_64-linux",
      memoryBytes: 4 * 2 ** 30,
      cpuSeconds: 30,
    });
    const { stdout, stderr } = await run("bwrap", args, { signal, input: "20 + 3", timeoutMs: 60_000 });
    if (stdout.trim() === "23") return;
    throw new EnvironmentError(
      "jail-failed",
      `an evaluation in the jail failed: ${stderr.trim().split("\n").at(-1)?.slice(0, 300) ?? ""}`,
      "Evaluation runs a pull request's code, so it is not done without a jail.\nUser namespaces have to be allowed: sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0.",
    );
  } finally {
    await rm(storeRoot, { recursive: true, force: true });
  }
}
