/**
 * What one kernel is, on one tree: outputs, modules, final configuration, passthru. Base and head each
 * have one; the differences between two are what the report is about.
 */
import type { AttrPath, OutputName, System } from "./evaluation.ts";
import type { OutputFacts } from "./output-facts.ts";

export type Compression = "none" | "gz" | "xz" | "zst";

export interface ModuleFacts {
  /** As modprobe says it: no suffix, `-` read as `_`. */
  readonly name: string;
  /** Below `lib/modules/<version>/`, compression suffix included. */
  readonly path: string;
  readonly compression: Compression;
  /** Bytes on disk, as compressed. */
  readonly size: number;
  /** Parameter names, sorted; absent where they could not be read. */
  readonly parameters?: readonly string[];
}

export interface KernelFacts {
  readonly attr: AttrPath;
  readonly system: System;
  /** The directory name below `lib/modules`, as `uname -r` prints it; absent when no output has one. */
  readonly modDirVersion?: string;
  readonly outputs: Readonly<Record<OutputName, OutputFacts>>;
  /** Sorted by name. */
  readonly modules: readonly ModuleFacts[];
  /** The output that holds `modules`; absent when none does. */
  readonly modulesOutput?: OutputName;
  /** Module names in `modules.builtin`, sorted. */
  readonly builtin: readonly string[];
  /** Final configuration, `CONFIG_LOOP` → `m`; unset options are left out. Absent when no `.config` was found. */
  readonly config?: Readonly<Record<string, string>>;
  /** Attributes of the kernel value beyond those every derivation has → Nix type (`string`, `lambda`, `error` …). */
  readonly passthru: Readonly<Record<string, string>>;
}
