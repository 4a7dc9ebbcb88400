/** A nix-daemon with settings and a socket of its own, and an ordinary user who builds through it. Needs root. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, lstat, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { RunResult } from "../../src/process.ts";
import { run } from "../../src/process.ts";
import { signal } from "./package-set.ts";

const ROOT = resolve(import.meta.dirname, "../..");
/** Debian's and everybody's `nobody`: owns nothing, and no Nix trusts it. */
const NOBODY = 65_534;
const START_MS = 20_000;

export interface NixDaemon extends AsyncDisposable {
  /** Writable by the ordinary user. */
  readonly directory: string;
  /** Runs a TypeScript file of the tests as that user. The user's own nix.conf is the machine's. */
  asOrdinaryUser(script: string, ...args: string[]): Promise<RunResult>;
}

/** @param lines - settings of the daemon, after the machine's own */
export async function startNixDaemon(lines: string): Promise<NixDaemon> {
  const base = await mkdtemp(join(tmpdir(), "modprobot-daemon-test-"));
  // Builds without a sandbox have to reach the directory too, or nothing would be proved.
  await chmod(base, 0o755);
  const [configuration, directory, socket] = ["conf", "user", "socket"].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  await mkdir(configuration);
  const own = await readFile("/etc/nix/nix.conf", "utf8").catch(() => "");
  const settings = `${own}\ntrusted-users = root\nallowed-users = *\n${lines}\n`;
  await writeFile(join(configuration, "nix.conf"), settings);
  await mkdir(directory);
  await chown(directory, NOBODY, NOBODY);

  const { NIX_REMOTE: _, ...environment } = process.env;
  const daemon = spawn("nix-daemon", [], {
    env: { ...environment, NIX_CONF_DIR: configuration, NIX_DAEMON_SOCKET_PATH: socket },
    stdio: "ignore",
  });
  await appears(daemon, socket);
  return {
    directory,
    asOrdinaryUser: (script, ...args) => asNobody({ base, directory, socket }, [script, ...args]),
    async [Symbol.asyncDispose]() {
      const ended = once(daemon, "exit");
      if (daemon.kill()) await ended;
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function appears(daemon: ChildProcess, socket: string): Promise<void> {
  const failed = once(daemon, "exit").then(() => true);
  const end = Date.now() + START_MS;
  while ((await lstat(socket).catch(() => undefined)) === undefined) {
    const ended = await Promise.race([failed, setTimeout(50, false)]);
    if (ended || Date.now() > end) throw new Error("nix-daemon did not start");
  }
}

/** The repository is mounted where that user can read it, since it may lie in root's home. */
function asNobody(
  { base, directory, socket }: { base: string; directory: string; socket: string },
  [script, ...args]: readonly string[],
): Promise<RunResult> {
  const app = join(base, "app");
  const insideRepository = relative(ROOT, process.execPath);
  const node = insideRepository.startsWith("..") ? process.execPath : join(app, insideRepository);
  const become = 'mkdir -p "$1" && mount --bind "$0" "$1" && shift && cd / && exec setpriv "$@"';
  const nobody = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups", "--inh-caps=-all"];
  const command = [node, join(app, "test/nix", script ?? ""), ...args];
  return run(
    "unshare",
    ["--mount", "--propagation", "private", "sh", "-c", become, ROOT, app, ...nobody, ...command],
    {
      signal,
      timeoutMs: 5 * 60_000,
      env: {
        PATH: process.env["PATH"] ?? "/usr/bin:/bin",
        HOME: "/nonexistent",
        TMPDIR: directory,
        NIX_REMOTE: `unix://${socket}`,
      },
    },
  );
}
