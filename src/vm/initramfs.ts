/**
 * The guest's whole user space: busybox, kmod, our init, the modules to be tested. Built anew for each boot, in
 * memory, from files of this machine and of the modules tree; nothing of it is ever executed here.
 */
import { readFile } from "node:fs/promises";
import type { ModprobeRequest } from "../domain/vm.ts";
import { type CpioEntry, cpioArchive, parentDirectories } from "./cpio.ts";
import type { TreeFile } from "./modules-tree.ts";
import type { HostPrograms, Program } from "./programs.ts";

export type InitName = "init" | "probe-init";

/** What our init scripts call, all of it in Debian's busybox-static. */
const APPLETS = [
  "cat",
  "cut",
  "grep",
  "mount",
  "poweroff",
  "reboot",
  "sh",
  "sleep",
  "tail",
  "tr",
  "uname",
] as const;

/** Needed where the kernel has no devtmpfs (https://docs.kernel.org/admin-guide/devices.html). */
const DEVICES: readonly CpioEntry[] = [
  { type: "device", path: "dev/console", major: 5, minor: 1 },
  { type: "device", path: "dev/kmsg", major: 1, minor: 11 },
  { type: "device", path: "dev/null", major: 1, minor: 3 },
];

export function readInit(name: InitName): Promise<Buffer> {
  return readFile(new URL(`guest/${name}.sh`, import.meta.url));
}

/** The guest that loads modules. */
export async function moduleInitramfs(
  programs: HostPrograms,
  nonce: string,
  load: readonly ModprobeRequest[],
  modules: readonly TreeFile[],
): Promise<Buffer> {
  const requests = load.map(({ module, options }) =>
    [module, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(" "),
  );
  return archive([
    ...(await userSpace("init", nonce, programs.busybox)),
    ...(await programFiles("bin/kmod", programs.kmod)),
    { type: "link", path: "bin/modprobe", target: "kmod" },
    // The kernel asks for further modules by this path (CONFIG_MODPROBE_PATH).
    { type: "link", path: "sbin/modprobe", target: "../bin/kmod" },
    {
      type: "file",
      path: "modprobot/requests",
      content: Buffer.from(requests.map((line) => `${line}\n`).join("")),
    },
    ...modules.map(({ path, content }) => ({ type: "file", path, content }) as const),
  ]);
}

/** The guest that only starts and stops. */
export async function probeInitramfs(programs: HostPrograms, nonce: string): Promise<Buffer> {
  return archive(await userSpace("probe-init", nonce, programs.busybox));
}

async function userSpace(init: InitName, nonce: string, busybox: Program): Promise<CpioEntry[]> {
  return [
    { type: "file", path: "init", content: await readInit(init), executable: true },
    { type: "file", path: "modprobot/nonce", content: Buffer.from(`${nonce}\n`) },
    ...(await programFiles("bin/busybox", busybox)),
    ...APPLETS.map((name) => ({ type: "link", path: `bin/${name}`, target: "busybox" }) as const),
    ...DEVICES,
    { type: "directory", path: "proc" },
    { type: "directory", path: "sys" },
  ];
}

async function programFiles(path: string, program: Program): Promise<CpioEntry[]> {
  const libraries = program.libraries.map(async (library): Promise<CpioEntry> => {
    return { type: "file", path: library.slice(1), content: await readFile(library), executable: true };
  });
  return [
    { type: "file", path, content: await readFile(program.path), executable: true },
    ...(await Promise.all(libraries)),
  ];
}

/** Directories first; a path given twice (a library of two programs) stands once. */
function archive(entries: readonly CpioEntry[]): Buffer {
  const byPath = new Map<string, CpioEntry>();
  for (const entry of [...parentDirectories(entries.map(({ path }) => path)), ...entries]) {
    if (!byPath.has(entry.path)) byPath.set(entry.path, entry);
  }
  return cpioArchive([...byPath.values()]);
}
