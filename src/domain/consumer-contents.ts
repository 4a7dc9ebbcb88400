/**
 * What one built output of a consumer holds, as far as kernels are concerned. Taken on base and head and
 * compared: a build that succeeds with fewer modules inside is the breakage nobody sees.
 */
import type { StorePath } from "./evaluation.ts";

export interface ConsumerContents {
  readonly path: StorePath;
  /**
   * Names of the kernel modules inside, sorted, each once: in the tree (links into other store paths followed, each
   * directory once), and inside cpio, tar and their gz, xz, zst forms, also several appended as in an initrd.
   */
  readonly modules: readonly string[];
  /** Links, anywhere in the output, whose target does not exist; sorted by path. */
  readonly dangling: readonly { readonly path: string; readonly target: string }[];
  /** `inFile`: path in the output, "." where the output is the file. Store paths with what follows them (`/nix/store/…-linux-6.1/lib/modules`) named in text files of the output (up to 1 MiB each). Sorted. */
  readonly named: readonly {
    readonly path: string;
    readonly inFile: string;
    readonly line: number;
    readonly exists: boolean;
  }[];
  /** All paths in the output, links into other store paths followed one directory deep at a time, capped; sorted. */
  readonly listing: readonly string[];
  readonly narSize: number;
  readonly closureSize: number;
  /** A part that could not be read (archive damaged, over a limit): counts then are lower bounds, and are not compared. */
  readonly incomplete?: string;
}
