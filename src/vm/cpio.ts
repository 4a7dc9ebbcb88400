/**
 * Writes a cpio archive in the "newc" form, the one a Linux kernel unpacks as its initramfs
 * (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html).
 *
 * Our own, because the archive is made of bytes we hold and names a pull request may have chosen: nothing is
 * laid out on a disk first, no owner, time or inode of this machine gets in, and the same input gives the same bytes.
 */

export type CpioEntry =
  | { readonly type: "directory"; readonly path: string }
  | { readonly type: "file"; readonly path: string; readonly content: Buffer; readonly executable?: true }
  | { readonly type: "link"; readonly path: string; readonly target: string }
  | { readonly type: "device"; readonly path: string; readonly major: number; readonly minor: number };

const TRAILER = "TRAILER!!!";

/** Archive of the entries in the order given; each directory has to stand before what is in it. */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return Buffer.concat([...parts, ...record({ type: "file", path: TRAILER, content: Buffer.alloc(0) }, 0)]);
}

/** Every directory above the paths, each once and parents first. */
export function parentDirectories(paths: Iterable<string>): CpioEntry[] {
  const directories = new Set<string>();
  for (const path of paths) {
    const parts = path.split("/").slice(0, -1);
    for (const index of parts.keys()) directories.add(parts.slice(0, index + 1).join("/"));
  }
  return [...directories].sort().map((path) => ({ type: "directory", path }));
}

function record(entry: CpioEntry, inode: number): Buffer[] {
  const name = Buffer.from(`${entry.path}\0`);
  const content = contentOf(entry);
  const device = entry.type === "device" ? [entry.major, entry.minor] : [0, 0];
  const fields = [inode, modeOf(entry), 0, 0, 1, 0, content.length, 0, 0, ...device, name.length, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  return [...padded(Buffer.concat([Buffer.from(header), name])), ...padded(content)];
}

function contentOf(entry: CpioEntry): Buffer {
  if (entry.type === "file") return entry.content;
  return entry.type === "link" ? Buffer.from(entry.target) : Buffer.alloc(0);
}

function modeOf(entry: CpioEntry): number {
  switch (entry.type) {
    case "directory":
      return 0o040755;
    case "file":
      return entry.executable ? 0o100755 : 0o100644;
    case "link":
      return 0o120777;
    case "device":
      return 0o020600;
  }
}

/** Headers with names, and contents, both end on a multiple of four bytes. */
function padded(bytes: Buffer): Buffer[] {
  return [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)];
}
