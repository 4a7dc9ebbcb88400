/**
 * What one built output holds: its size, its files, what it refers to. Measured by `nix/`, compared here.
 */
import type { StorePath } from "./evaluation.ts";

export interface FileEntry {
  /** Relative to the output, `/`-separated, no leading slash. The root itself is not listed. */
  readonly path: string;
  readonly type: "file" | "directory" | "link";
  /** Bytes of a file's content, 0 for others. */
  readonly size: number;
  /** Of a link, as written. */
  readonly target?: string;
}

export interface OutputFacts {
  readonly path: StorePath;
  /** Bytes of the NAR serialisation. */
  readonly narSize: number;
  /** Bytes of the NARs of everything it refers to, itself included. */
  readonly closureSize: number;
  /** Sorted by path. */
  readonly files: readonly FileEntry[];
  /** Store paths it refers to directly, itself left out. Sorted. */
  readonly references: readonly StorePath[];
}
