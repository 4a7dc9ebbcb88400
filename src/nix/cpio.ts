/**
 * Reads cpio archives of the "newc" form, the one an initramfs is made of
 * (https://docs.kernel.org/driver-api/early-userspace/buffer-format.html).
 *
 * Pure. Numbers are eight hexadecimal digits, names and contents are padded to four bytes counted from the archive's own
 * beginning. An archive ends at the entry `TRAILER!!!`; what follows is the caller's, since an initrd is often several
 * archives one after the other.
 */
export interface CpioEntry {
  readonly name: string;
  /** Empty for directories; the target for links. */
  readonly content: Buffer;
}

export interface CpioArchive {
  readonly entries: readonly CpioEntry[];
  /** Where the bytes after the archive begin. */
  readonly end: number;
  /** It ended before its trailer, or has an entry that makes no sense. */
  readonly damaged: boolean;
}

const HEADER = 110;
const FILE_SIZE_AT = 54;
const NAME_SIZE_AT = 94;
const LONGEST_NAME = 4096;

export function readCpio(bytes: Buffer, start: number, mostEntries: number): CpioArchive {
  const entries: CpioEntry[] = [];
  let at = start;
  const ended = (damaged: boolean): CpioArchive => ({ entries, end: at, damaged });
  while (entries.length < mostEntries) {
    if (!isHeader(bytes, at)) return ended(true);
    const size = hexadecimal(bytes, at + FILE_SIZE_AT);
    const nameSize = hexadecimal(bytes, at + NAME_SIZE_AT);
    const contentAt = padded(at + HEADER + nameSize - start) + start;
    if (!(nameSize > 0 && nameSize <= LONGEST_NAME) || !(contentAt + size <= bytes.length))
      return ended(true);
    const name = bytes.toString("utf8", at + HEADER, at + HEADER + nameSize - 1);
    at = padded(contentAt + size - start) + start;
    if (name === "TRAILER!!!") return ended(false);
    entries.push({ name, content: bytes.subarray(contentAt, contentAt + size) });
  }
  return ended(true);
}

function isHeader(bytes: Buffer, at: number): boolean {
  const magic = at + HEADER <= bytes.length ? bytes.toString("latin1", at, at + 6) : "";
  return magic === "070701" || magic === "070702";
}

/** `NaN` where it is no number; every comparison with that is false. */
function hexadecimal(bytes: Buffer, at: number): number {
  const digits = bytes.toString("latin1", at, at + 8);
  return /^[0-9a-fA-F]{8}$/.test(digits) ? Number.parseInt(digits, 16) : Number.NaN;
}

const padded = (offset: number) => Math.ceil(offset / 4) * 4;
