/** Small kernels for tests of the domain: what differs is written, the rest is the same everywhere. */
import type { KernelFacts, ModuleFacts } from "../../src/domain/kernel-facts.ts";
import type { FileEntry, OutputFacts } from "../../src/domain/output-facts.ts";

/** Directories above each file come by themselves; `a -> b` is a link, `a/` an empty directory. */
export function outputFacts(path: string, files: readonly string[]): OutputFacts {
  const entries = new Map<string, FileEntry>();
  for (const written of files) {
    const [name = "", target] = written.split(" -> ");
    const segments = name.split("/");
    for (let depth = 1; depth < segments.length; depth += 1) {
      const directory = segments.slice(0, depth).join("/");
      entries.set(directory, { path: directory, type: "directory", size: 0 });
    }
    if (name.endsWith("/")) continue;
    const link = target === undefined ? undefined : ({ path: name, type: "link", size: 0, target } as const);
    entries.set(name, link ?? { path: name, type: "file", size: 1 });
  }
  const sorted = [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { path, narSize: 1, closureSize: 1, files: sorted, references: [] };
}

export const BASE_VERSION = "6.1.0-48-cloud-amd64";
export const HEAD_VERSION = "6.1.0-49-cloud-amd64";

export const storePath = (hash: string, name: string) => `/nix/store/${hash.padEnd(32, "0")}-${name}`;

const MODULES = ["fs/ext4/ext4.ko", "fs/9p/9p.ko", "drivers/block/loop.ko", "drivers/net/tun.ko"];

/** Files of `lib/modules/<version>` as `modules_install` and depmod leave them. */
export function moduleFiles(version: string, modules: readonly string[] = MODULES): string[] {
  return [
    ...modules.map((module) => `lib/modules/${version}/kernel/${module}`),
    `lib/modules/${version}/modules.dep`,
  ];
}

export const imageFiles = (_version: string) => ["bzImage", "System.map", "config"];
export const devFiles = (version: string) => [
  `lib/modules/${version}/build/.config`,
  `lib/modules/${version}/build/Makefile`,
  `lib/modules/${version}/source -> build`,
];

export function kernelFacts(version: string, outputs: Readonly<Record<string, OutputFacts>>): KernelFacts {
  const base = { attr: "linux", system: "x86_64-linux", modDirVersion: version, outputs };
  return { ...base, modules: [], builtin: [], passthru: {} };
}

/** As before #423933: image and modules in `out`. */
export function combinedKernel(version = BASE_VERSION): KernelFacts {
  return kernelFacts(version, {
    out: outputFacts(storePath("bout", `linux-${version}`), [
      ...imageFiles(version),
      ...moduleFiles(version),
    ]),
    dev: outputFacts(storePath("bdev", `linux-${version}-dev`), devFiles(version)),
  });
}

/** As after it: modules in an output of their own. */
export function splitKernel(version = BASE_VERSION): KernelFacts {
  return kernelFacts(version, {
    out: outputFacts(storePath("hout", `linux-${version}`), imageFiles(version)),
    dev: outputFacts(storePath("hdev", `linux-${version}-dev`), devFiles(version)),
    modules: outputFacts(storePath("hmodules", `linux-${version}-modules`), moduleFiles(version)),
  });
}

export function moduleFacts(path: string, more: Partial<ModuleFacts> = {}): ModuleFacts {
  const name = path.slice(path.lastIndexOf("/") + 1).split(".")[0] ?? "";
  return { name: name.replaceAll("-", "_"), path, compression: "none", size: 100, ...more };
}
