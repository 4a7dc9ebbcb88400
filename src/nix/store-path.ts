/**
 * Store paths, checked: a path that came out of an evaluation may be any string, and the ones that pass here are
 * safe to append to a directory and to hand to Nix's tools as an argument.
 *
 * Base names as Nix's own check has them: 32 characters of its base-32 alphabet, a dash, a name (which may begin with a dot
 * since Nix 2.21, as long as its first part is not `.` or `..`)
 * (https://nix.dev/manual/nix/latest/store/store-path). The store directory is always `/nix/store`.
 */
import type { DrvPath, StorePath } from "../domain/evaluation.ts";

export const STORE_DIRECTORY = "/nix/store";

const BASE_NAME = /^[0-9abcdfghijklmnpqrsvwxyz]{32}-(?!\.\.?(?:-|$))[0-9A-Za-z+?=._-]{1,211}$/;

/** `/nix/store/<hash>-<name>` itself, nothing below it. */
export function isStorePath(path: string): path is StorePath {
  return path.startsWith(`${STORE_DIRECTORY}/`) && BASE_NAME.test(path.slice(STORE_DIRECTORY.length + 1));
}

export function isDrvPath(path: string): path is DrvPath {
  return path.endsWith(".drv") && isStorePath(path);
}

/** `<hash>-<name>`. */
export function baseName(path: StorePath): string {
  return path.slice(STORE_DIRECTORY.length + 1);
}

/** The store path that a path lies in, and the rest without a leading slash; `undefined` outside the store. */
export function splitStorePath(
  path: string,
): { readonly root: StorePath; readonly rest: string } | undefined {
  if (!path.startsWith(`${STORE_DIRECTORY}/`)) return undefined;
  const end = path.indexOf("/", STORE_DIRECTORY.length + 1);
  const root = end === -1 ? path : path.slice(0, end);
  return isStorePath(root) ? { root, rest: end === -1 ? "" : path.slice(end + 1) } : undefined;
}
