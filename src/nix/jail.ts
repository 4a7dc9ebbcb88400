/**
 * The jail: how bubblewrap and prlimit are called so that an evaluation sees the checkout and nothing else.
 *
 * What an evaluation may reach is decided here, by the operating system; Nix's own `restrict-eval` is the second line,
 * since it has had holes (`fetchTree`, `getFlake "path:…"`). There is no network, no environment, no /etc, /root, /home or
 * /proc. What it writes goes through a socket to a store of its own, which it sees read-only; or, where this Nix cannot do
 * that, Nix writes that store itself, and it is the only place that can be written, as is a binary cache that it leaves for our server. The checkout lies at the same path every time, so that where
 * it really is never reaches a derivation.
 *
 * Pure: builds an argument vector. Limits follow prlimit(1); Nix has no memory limit of its own.
 */
import type { System } from "../domain/evaluation.ts";
import { STORE_DIRECTORY } from "./store-path.ts";
import { SOCKET } from "./store-server/messages.ts";

/** Where the checkout is inside. A recipe that copies its own directory gets this name into the store. */
export const CHECKOUT_INSIDE = "/src";
const STORE_INSIDE = "/eval";
const CACHE_INSIDE = "/cache";
const GATE_INSIDE = "/gate";
/** A pipe that the evaluator waits at; see `withheld/`. */
export const GATE = `${GATE_INSIDE}/open`;

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
  /**
   * Who writes that store: our server; Nix itself; nobody, which is quicker and tells the same of derivations; or our server from a
   * binary cache that Nix writes.
   */
  readonly writer: "server" | "nix" | "nobody" | "cache";
  /** For a writer `cache`: a directory of the host with room for it. */
  readonly cache?: string | undefined;
  /** A pipe of the host: `GATE`. */
  readonly gate?: string | undefined;
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
    ...["--dir", CHECKOUT_INSIDE, "--dir", GATE_INSIDE],
    ...jail.checkout.flatMap(mountArguments),
    ...(jail.gate === undefined ? [] : ["--ro-bind", jail.gate, GATE]),
    ...[jail.writer === "nix" ? "--bind" : "--ro-bind", jail.storeRoot, STORE_INSIDE],
    ...(jail.writer === "cache" ? cacheMounts(jail) : []),
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

/**
 * What an evaluator has put into a cache it cannot read again, and some of Nix's questions then have wrong answers instead of none:
 * `pathExists` says no. With a link that leads to itself, whatever asks for a store path ends the evaluator instead, as with a store
 * of nobody's; `derivation-writer.ts` tries that.
 */
function cacheMounts({ cache = "" }: Jail): string[] {
  return ["--bind", cache, CACHE_INSIDE, "--symlink", STORE_DIRECTORY, STORE_DIRECTORY];
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

/**
 * Nix's derivations are made of millions of small strings, beside the collector's heap. glibc keeps more of those that were freed
 * at hand, and gives no memory back to get it again (https://sourceware.org/glibc/manual/latest/html_node/Memory-Allocation-Tunables.html):
 * a fifteenth of the time. Others ignore it.
 */
const ALLOCATOR = {
  GLIBC_TUNABLES:
    "glibc.malloc.tcache_count=2000:glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=16777216",
};

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
    ...ALLOCATOR,
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
  // It has to know what it wrote, since that may be taken away at once; a million are far more than fit into one evaluator.
  cache: () => `file://${CACHE_INSIDE}?compression=none&path-info-cache-size=1000000`,
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
    // The gate is there for all, so that a package set that looks at `nixPath` evaluates alike with files withheld and without.
    ...["-I", `src=${CHECKOUT_INSIDE}`, "-I", `gate=${GATE_INSIDE}`],
    ...Object.entries(options).flatMap(([name, value]) => ["--option", name, value]),
    "-",
  ];
}
