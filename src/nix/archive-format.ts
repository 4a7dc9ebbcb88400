/**
 * What a file is, by its first bytes; names mean nothing. Pure.
 */
export type ArchiveFormat = "cpio" | "tar" | "gz" | "xz" | "zst";

const TAR_MAGIC_AT = 257;

const MAGIC: readonly { readonly format: ArchiveFormat; readonly bytes: Buffer; readonly at: number }[] = [
  { format: "gz", bytes: Buffer.from([0x1f, 0x8b, 8]), at: 0 },
  { format: "xz", bytes: Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]), at: 0 },
  { format: "zst", bytes: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), at: 0 },
  // "newc", without and with checksums: what the kernel reads (Documentation/driver-api/early-userspace/buffer-format.rst).
  { format: "cpio", bytes: Buffer.from("070701"), at: 0 },
  { format: "cpio", bytes: Buffer.from("070702"), at: 0 },
  { format: "tar", bytes: Buffer.from("ustar"), at: TAR_MAGIC_AT },
];

interface OpaqueFormat {
  readonly name: string;
  readonly bytes: Buffer;
  readonly at: number;
  /** A second look, where the magic is short enough to turn up by chance. */
  readonly also?: (bytes: Buffer) => boolean;
}

/** Formats that can hold modules and are not read here: what was counted is a lower bound then. */
const OPAQUE: readonly OpaqueFormat[] = [
  { name: "squashfs image", bytes: Buffer.from("hsqs"), at: 0 },
  { name: "qcow2 image", bytes: Buffer.from([0x51, 0x46, 0x49, 0xfb]), at: 0 },
  { name: "erofs image", bytes: Buffer.from([0xe2, 0xe1, 0xf5, 0xe0]), at: 1024 },
  { name: "ext image", bytes: Buffer.from([0x53, 0xef]), at: 1080, also: isExtSuperblock },
  { name: "ISO image", bytes: Buffer.from("CD001"), at: 0x8001 },
  { name: "lz4 archive", bytes: Buffer.from([0x02, 0x21, 0x4c, 0x18]), at: 0 },
  { name: "lz4 archive", bytes: Buffer.from([0x04, 0x22, 0x4d, 0x18]), at: 0 },
  { name: "bzip2 archive", bytes: Buffer.from("1AY&SY"), at: 4 },
];

/** Block size, state and revision are small numbers there (Documentation/filesystems/ext4/super.rst). */
function isExtSuperblock(bytes: Buffer): boolean {
  if (bytes.length < 1104) return false;
  return bytes.readUInt32LE(1048) <= 6 && bytes.readUInt16LE(1082) <= 7 && bytes.readUInt32LE(1100) <= 1;
}

/** As many bytes as telling the formats apart takes. */
export const HEAD_BYTES = 0x8001 + 5;

const has = (bytes: Buffer, magic: Buffer, at: number) =>
  bytes.length >= at + magic.length && bytes.compare(magic, 0, magic.length, at, at + magic.length) === 0;

export function archiveFormat(bytes: Buffer, at = 0): ArchiveFormat | undefined {
  return MAGIC.find((magic) => has(bytes, magic.bytes, at + magic.at))?.format;
}

export function opaqueFormat(bytes: Buffer): string | undefined {
  return OPAQUE.find(({ bytes: magic, at, also }) => has(bytes, magic, at) && (also?.(bytes) ?? true))?.name;
}
