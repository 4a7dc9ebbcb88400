/**
 * What a tree lists, and what is in a directory: are they the same? Pure; names are bytes, kept as Latin-1.
 *
 * Git itself is no judge of that: it does not see what is called `.git`, what lies in a submodule's directory, or
 * permissions other than the executable bit. So `find` lists everything and is compared here.
 */
import { createHash } from "node:crypto";

export interface TreeEntry {
  /** As git writes it: `100644`, `100755`, `120000` (link), `160000` (submodule). */
  readonly mode: string;
  readonly hash: string;
  readonly path: string;
}

/** Of `git ls-tree -r -z`, which lists no directories. */
export function parseTree(listed: Buffer): readonly TreeEntry[] {
  return listed
    .toString("latin1")
    .split("\0")
    .flatMap((line) => {
      const [, mode, hash, path] = /^(\d+) \w+ ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
      return mode === undefined || hash === undefined || path === undefined ? [] : [{ mode, hash, path }];
    });
}

/**
 * Of all attribute files, which decide how every other file is written (line ends, encodings, `$Id$`): where it is the
 * same, the same blob becomes the same file. Some file systems do not tell upper from lower case.
 */
export function attributesDigest(entries: readonly TreeEntry[]): string {
  const digest = createHash("sha256");
  for (const { mode, hash, path } of entries) {
    if (/(?:^|\/)\.gitattributes$/i.test(path)) digest.update(`${mode} ${hash} ${path}\0`, "latin1");
  }
  return digest.digest("hex");
}

/**
 * For find(1), relative to a place: kind, permissions, and what changes when somebody writes to it, then path and
 * target of a link. Nobody but the kernel sets the time of change.
 */
export const FIND_FORMAT = "%y %m %s %i %T@ %C@ %U %P\\0%l\\0";

/** True where `find` saw in `tree/` what a checkout of these entries has, and nothing else but the index. */
export function isExactly(entries: readonly TreeEntry[], found: Buffer, umask: number): boolean {
  const expected = expectedIn(entries, umask);
  const fields = found.toString("latin1").split("\0");
  let seen = 0;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const [, kind, mode, path] = /^(\S+) (\d+) (?:\S+ ){5}(.+)$/s.exec(fields[at] ?? "") ?? [];
    if (path === "index") continue;
    if (!expected.has(`${kind} ${mode} ${path}`)) return false;
    seen += 1;
  }
  return seen === expected.size;
}

/** Each as `<kind> <permissions> <path>`. */
function expectedIn(entries: readonly TreeEntry[], umask: number): ReadonlySet<string> {
  const allowed = (mode: number) => (mode & ~umask).toString(8);
  const [plain, executable] = [allowed(0o666), allowed(0o777)];
  const expected = new Set([`d ${executable} tree`]);
  for (const { mode, path } of entries) {
    for (let end = path.indexOf("/"); end !== -1; end = path.indexOf("/", end + 1))
      expected.add(`d ${executable} tree/${path.slice(0, end)}`);
    if (mode === "120000") expected.add(`l 777 tree/${path}`);
    else if (mode === "160000") expected.add(`d ${executable} tree/${path}`);
    else expected.add(`f ${/[1357]..$/.test(mode) ? executable : plain} tree/${path}`);
  }
  return expected;
}
