/**
 * The programs of this machine that a boot test is made of, and the shared libraries they need: QEMU and
 * bubblewrap run here, busybox and kmod run inside the guest.
 *
 * `ldd` starts a program's own loader; it is only ever asked about programs of the system, never about anything
 * a pull request built.
 */
import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { join, normalize } from "node:path";
import { cleanEnvironment } from "../config/env.ts";
import { EnvironmentError } from "../errors.ts";
import { run } from "../process.ts";
import type { ModuleCompression } from "./modules-tree.ts";

export interface Program {
  readonly path: string;
  /** Absolute, sorted; empty for a static program. */
  readonly libraries: readonly string[];
}

export interface HostPrograms {
  readonly qemu: Program & { readonly version: string; readonly dataDirectories: readonly string[] };
  readonly bubblewrap: string;
  readonly prlimit: string;
  readonly busybox: Program;
  readonly kmod: Program & { readonly version: string; readonly understood: ReadonlySet<ModuleCompression> };
}

/** Where modprobe stands; a user's PATH often lacks both. */
const SYSTEM_DIRECTORIES = ["/usr/sbin", "/sbin"];
/** Where distributions keep what QEMU loads at run time (accelerators); `qemu -L help` names the firmware only. */
const QEMU_PLUGINS = [
  "/usr/lib/x86_64-linux-gnu/qemu",
  "/usr/lib/aarch64-linux-gnu/qemu",
  "/usr/lib64/qemu",
  "/usr/lib/qemu",
];

/** @throws EnvironmentError vm-program-missing */
export async function findPrograms(qemuName: string, signal: AbortSignal): Promise<HostPrograms> {
  const qemu = await find(qemuName);
  const busybox = await find("busybox");
  const kmod = await realpath(await find("modprobe"));
  const [version, firmware, kmodVersion] = await Promise.all([
    firstLines(qemu, ["--version"], signal),
    firstLines(qemu, ["-L", "help"], signal),
    firstLines(kmod, ["--version"], signal),
  ]);
  const plugins = [...QEMU_PLUGINS, normalize(join(qemu, "../../lib/qemu"))];
  return {
    qemu: {
      path: qemu,
      libraries: await librariesOf(qemu, signal),
      version: version[0] ?? "unknown",
      dataDirectories: await present([...firmware.map((line) => normalize(line)), ...plugins]),
    },
    bubblewrap: await find("bwrap"),
    prlimit: await find("prlimit"),
    busybox: { path: busybox, libraries: await librariesOf(busybox, signal) },
    kmod: {
      path: kmod,
      libraries: await librariesOf(kmod, signal),
      version: kmodVersion[0] ?? "unknown",
      understood: readFeatures(kmodVersion.join(" ")),
    },
  };
}

/** `+ZSTD +XZ -ZLIB`, as `kmod --version` says it. */
export function readFeatures(text: string): ReadonlySet<ModuleCompression> {
  const words = new Set(text.split(/\s+/));
  const names = { "+ZLIB": "gz", "+XZ": "xz", "+ZSTD": "zst" } as const;
  return new Set(Object.entries(names).flatMap(([word, name]) => (words.has(word) ? [name] : [])));
}

/** Absolute paths out of what `ldd` prints: `libc.so.6 => /lib/libc.so.6 (0x…)`, `/lib64/ld-linux.so.2 (0x…)`. */
export function readLibraries(text: string): string[] {
  const paths = text.split("\n").flatMap((line) => /(?:^\s*|=> )(\/\S{1,400}) \(0x/.exec(line)?.[1] ?? []);
  return [...new Set(paths.map((path) => normalize(path)))].sort();
}

async function find(name: string): Promise<string> {
  const directories = (cleanEnvironment()["PATH"] ?? "").split(":").filter((path) => path.startsWith("/"));
  for (const directory of [...directories, ...SYSTEM_DIRECTORIES]) {
    const path = join(directory, name);
    if (await isExecutable(path)) return path;
  }
  throw new EnvironmentError(
    "vm-program-missing",
    `${name} is not installed`,
    "bin/setup installs everything a boot test needs.",
  );
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

async function librariesOf(program: string, signal: AbortSignal): Promise<string[]> {
  const { stdout } = await run(await find("ldd"), [program], { signal, timeoutMs: 20_000 });
  const lost = stdout.split("\n").find((line) => line.includes("=> not found"));
  if (lost !== undefined) {
    throw new EnvironmentError(
      "vm-program-missing",
      `${program} lacks a shared library: ${lost.trim()}`,
      "Install it again with the system's package manager.",
    );
  }
  return readLibraries(stdout);
}

async function firstLines(program: string, args: readonly string[], signal: AbortSignal): Promise<string[]> {
  const { stdout } = await run(program, args, { signal, timeoutMs: 20_000 });
  return stdout.split("\n").slice(0, 20).filter(Boolean);
}

/** Those that exist, sorted, each once. */
async function present(paths: readonly string[]): Promise<string[]> {
  const absolute = [...new Set(paths)].filter((path) => path.startsWith("/")).sort();
  const exists = await Promise.all(
    absolute.map((path) =>
      access(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return absolute.filter((_, index) => exists[index]);
}
