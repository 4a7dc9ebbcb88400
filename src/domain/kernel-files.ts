/**
 * Where a kernel keeps things: image, modules, final configuration. Found in the file lists rather than
 * assumed, because moving them is exactly what the changes we look at do.
 *
 * `dev` has a `lib/modules/<version>` too, with `build` and `source` in it and no module: the tree meant here
 * is the one with `modules.dep` or a `.ko` below it.
 */
import type { OutputName } from "./evaluation.ts";
import type { FileEntry, OutputFacts } from "./output-facts.ts";

export interface ModulesTree {
  readonly output: OutputName;
  /** The directory below `lib/modules`: what `uname -r` prints. */
  readonly version: string;
}

type Outputs = Readonly<Record<OutputName, OutputFacts>>;

const MODULE_FILE = /^lib\/modules\/([^/]+)\/(?:.*\.ko(?:\.gz|\.xz|\.zst)?|modules\.dep)$/;

export function findModulesTree(outputs: Outputs): ModulesTree | undefined {
  for (const [output, facts] of Object.entries(outputs)) {
    for (const { path, type } of facts.files) {
      const version = type === "file" ? MODULE_FILE.exec(path)?.[1] : undefined;
      if (version !== undefined) return { output, version };
    }
  }
  return undefined;
}

/** The release a kernel was built for, also when it has no modules: any `lib/modules/<version>` tells it. */
export function findModDirVersion(outputs: Outputs): string | undefined {
  const fromTree = findModulesTree(outputs)?.version;
  if (fromTree !== undefined) return fromTree;
  for (const { files } of Object.values(outputs)) {
    for (const { path } of files) {
      const version = /^lib\/modules\/([^/]+)$/.exec(path)?.[1];
      if (version !== undefined) return version;
    }
  }
  return undefined;
}

/** Names under which the build of one architecture or another installs what a boot loader loads. */
const IMAGE_NAMES = ["bzImage", "Image", "zImage", "vmlinuz", "Image.gz", "uImage"];

/** @returns output and path of the image, or undefined. `vmlinux` is for debuggers and no boot image. */
export function findImage(
  outputs: Outputs,
): { readonly output: OutputName; readonly path: string } | undefined {
  for (const name of IMAGE_NAMES) {
    for (const [output, { files }] of Object.entries(outputs)) {
      const found = files.find((file) => file.type === "file" && isImageNamed(file, name));
      if (found !== undefined) return { output, path: found.path };
    }
  }
  return undefined;
}

function isImageNamed({ path }: FileEntry, name: string): boolean {
  return (
    path === name || path === `boot/${name}` || (name === "vmlinuz" && /^(boot\/)?vmlinuz-[^/]+$/.test(path))
  );
}

/** Where the final `.config` may be: beside the headers in `dev`, or next to the image as distributions do. */
export function findConfig(
  outputs: Outputs,
): { readonly output: OutputName; readonly path: string } | undefined {
  const patterns = [/^lib\/modules\/[^/]+\/build\/\.config$/, /^(boot\/)?config(-[^/]+)?$/];
  for (const pattern of patterns) {
    for (const [output, { files }] of Object.entries(outputs)) {
      const found = files.find((file) => file.type === "file" && pattern.test(file.path));
      if (found !== undefined) return { output, path: found.path };
    }
  }
  return undefined;
}

/** `CONFIG_X=value` lines; `# CONFIG_X is not set` means absent. Strings keep their quotes. */
export function parseKernelConfig(text: string): Record<string, string> {
  const options: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0 && line.startsWith("CONFIG_")) options[line.slice(0, equals)] = line.slice(equals + 1);
  }
  return options;
}

/** `kernel/drivers/block/loop.ko` → `loop`, as modprobe says it: `-` is read as `_`. */
export function moduleName(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.replace(/\.ko(\.gz|\.xz|\.zst)?$/, "").replaceAll("-", "_");
}

/** Names in `modules.builtin`, sorted. */
export function parseBuiltin(text: string): string[] {
  const names = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [moduleName(line.trim())]));
  return [...new Set(names)].sort();
}
