/**
 * The jail: how bubblewrap and prlimit are called so that an evaluation sees the checkout and nothing else.
 *
 * What an evaluation may reach is decided here, by the operating system; Nix's own `restrict-eval` is the second line,
 * since it has had holes (`fetchTree`, `getFlake "path:…"`). There is no network, no environment, no /etc, /root, /home or
 * /proc. What it writes goes through a socket to a store of its own, which it sees read-only; or, where this Nix cannot do
 * that, Nix writes that store itself, and it is the only place that can be written. The checkout lies at the same path every time, so that where
 * it really is never reaches a derivation.
 *
 * Pure: builds an argument vector. Limits follow prlimit(1); Nix has no memory limit of its own.
 */
import type { System } from "../domain/evaluation.ts";
import { SOCKET } from "./store-server/messages.ts";

/** Where the checkout is inside. A recipe that copies its own directory gets this name into the store. */
export const CHECKOUT_INSIDE = "/src";
const STORE_INSIDE = "/eval";

export type Mount =
  | { readonly kind: "read-only"; readonly from: string; readonly to: string }
  | { readonly kind: "link"; readonly target: string; readonly to: string };

export interface Jail {
  /** The host's programs and libraries, as far as Nix needs them. */
  readonly host: readonly Mount[];
  /** Entries of the checkout, below `CHECKOUT_INSIDE`. */
  readonly checkout: readonly Mount[];
  /** A directory of the host: becomes the root of a store with /nix/store inside, and the server's socket. */
  readonly storeRoot: string;
  /** Who writes that store: our server, Nix itself, or nobody, which is quicker and tells the same of derivations. */
  readonly writer: "server" | "nix" | "nobody";
  readonly prlimit: string;
  readonly nixInstantiate: string;
  readonly system: System;
  /** Address space, which is what RLIMIT_AS counts. */
  readonly memoryBytes: number;
  readonly cpuSeconds: number;
}

/** Arguments for bwrap(1). The expression to evaluate is read from standard input. */
export function jailArguments(jail: Jail): string[] {
  return [
    ...["--unshare-all", "--die-with-parent", "--new-session", "--clearenv", "--cap-drop", "ALL"],
    ...["--hostname", "localhost"],
    ...jail.host.flatMap(mountArguments),
    ...["--dev", "/dev", "--tmpfs", "/tmp", "--dir", "/conf"],
    // Nix 2.34 does not start before it has read where its own program is. A link, and nothing else of /proc.
    ...["--symlink", jail.nixInstantiate, "/proc/self/exe"],
    ...["--dir", CHECKOUT_INSIDE],
    ...jail.checkout.flatMap(mountArguments),
    ...[jail.writer === "nix" ? "--bind" : "--ro-bind", jail.storeRoot, STORE_INSIDE],
    ...["--remount-ro", "/", "--chdir", "/tmp"],
    ...environment(jail),
    "--",
    ...limits(jail),
    jail.nixInstantiate,
    ...nixArguments(jail),
  ];
}

function mountArguments(mount: Mount): string[] {
  return mount.kind === "link" ? ["--symlink", mount.target, mount.to] : ["--ro-bind", mount.from, mount.to];
}

/** Nix's collector takes 384 MiB before it collects anything, which has to leave room below the limit. */
const HEAP_BYTES = 384 * 1024 ** 2;
const HEAP_SHARE = 0.4;

/**
 * The evaluator's garbage collector (https://github.com/bdwgc/bdwgc/blob/master/docs/README.environment). One thread: evaluators
 * that run side by side would only get into each other's way.
 */
function collector({ memoryBytes }: Jail): Record<string, string> {
  const heap = Math.floor(Math.min(HEAP_BYTES, memoryBytes * HEAP_SHARE));
  return { GC_INITIAL_HEAP_SIZE: String(heap), GC_MARKERS: "1" };
}

function environment(jail: Jail): string[] {
  const variables = {
    HOME: "/homeless-shelter",
    // Nix asks who it is, and there is no passwd file to ask.
    USER: "nobody",
    LC_ALL: "C.UTF-8",
    NIX_CONF_DIR: "/conf",
    NIX_USER_CONF_FILES: "",
    NIX_PATH: "",
    ...collector(jail),
  };
  return Object.entries(variables).flatMap(([name, value]) => ["--setenv", name, value]);
}

function limits(jail: Jail): string[] {
  const fileBytes = 8 * 1024 ** 3;
  return [
    jail.prlimit,
    `--as=${jail.memoryBytes}`,
    `--cpu=${jail.cpuSeconds}`,
    `--fsize=${fileBytes}`,
    "--nproc=64",
    "--core=0",
    "--",
  ];
}

const STORES: Readonly<Record<Jail["writer"], (own: string) => string>> = {
  server: (own) => `unix://${STORE_INSIDE}/${SOCKET}?${own}`,
  nix: (own) => `local?${own}`,
  nobody: () => "dummy://",
};

/**
 * `--read-write-mode`, since `--eval` alone writes no derivations. The current system is the one asked for, so that a
 * package set reading `builtins.currentSystem` evaluates alike on every machine.
 */
function nixArguments({ system, writer }: Jail): string[] {
  const own = `root=${STORE_INSIDE}`;
  const options = {
    "allow-import-from-derivation": "false",
    "build-users-group": "",
    "experimental-features": "",
    "fsync-metadata": "false",
    "restrict-eval": "true",
    substituters: "",
    system,
  };
  return [
    ...["--eval", "--strict", writer === "nobody" ? "--readonly-mode" : "--read-write-mode"],
    ...["--store", STORES[writer](own)],
    ...["-I", `src=${CHECKOUT_INSIDE}`],
    ...Object.entries(options).flatMap(([name, value]) => ["--option", name, value]),
    "-",
  ];
}
