/**
 * What a kernel module says of itself: the `.modinfo` section of its ELF file, NUL-separated `key=value` strings
 * (include/linux/moduleparam.h writes `parmtype=<name>:<type>` for each parameter).
 *
 * The bytes are hostile: every offset is checked against the file before it is read, and a file that makes no sense has no
 * parameters known, which is not the same as having none.
 */

const SECTION_NAME = ".modinfo";
/** Few modules have over 50 sections; -ffunction-sections makes some thousands. */
const MOST_SECTIONS = 65_535;

/** Names of the parameters, sorted; `undefined` where the file cannot be read as a module. */
export function moduleParameters(elf: Buffer): string[] | undefined {
  const section = findSection(elf, SECTION_NAME);
  if (section === undefined) return undefined;
  const names = new Set<string>();
  for (const entry of section.toString("utf8").split("\0")) {
    const match = /^parm(?:type)?=([^:]+):/.exec(entry);
    if (match?.[1] !== undefined) names.add(match[1]);
  }
  return [...names].sort();
}

interface Section {
  readonly name: number;
  readonly offset: number;
  readonly size: number;
}

function findSection(elf: Buffer, name: string): Buffer | undefined {
  if (elf.length < 64 || elf.readUInt32BE(0) !== 0x7f454c46) return undefined;
  const read = fieldReader(elf);
  const table = read.word(read.wide ? 0x28 : 0x20);
  const entrySize = read.half(read.wide ? 0x3a : 0x2e);
  const count = read.half(read.wide ? 0x3c : 0x30);
  const namesIndex = read.half(read.wide ? 0x3e : 0x32);
  if (table === undefined || entrySize === undefined || count === undefined || namesIndex === undefined)
    return undefined;
  if (entrySize < (read.wide ? 0x40 : 0x28) || count > MOST_SECTIONS) return undefined;

  const section = (index: number): Section | undefined => {
    const at = table + index * entrySize;
    const fields = [
      read.int(at),
      read.word(at + (read.wide ? 0x18 : 0x10)),
      read.word(at + (read.wide ? 0x20 : 0x14)),
    ];
    const [start, offset, size] = fields;
    return start === undefined || offset === undefined || size === undefined
      ? undefined
      : { name: start, offset, size };
  };
  const names = slice(elf, section(namesIndex));
  if (names === undefined) return undefined;
  for (let index = 0; index < count; index += 1) {
    const candidate = section(index);
    if (candidate !== undefined && nameAt(names, candidate.name) === name) return slice(elf, candidate);
  }
  return undefined;
}

function nameAt(names: Buffer, at: number): string {
  if (at >= names.length) return "";
  return (
    names.toString("latin1", at, Math.min(names.length, at + SECTION_NAME.length + 1)).split("\0")[0] ?? ""
  );
}

function slice(elf: Buffer, section: Section | undefined): Buffer | undefined {
  if (section === undefined || section.offset + section.size > elf.length) return undefined;
  return elf.subarray(section.offset, section.offset + section.size);
}

/** Reads fields in the file's own width and byte order (System V ABI, chapter 4); `undefined` beyond its end. */
function fieldReader(elf: Buffer) {
  const wide = elf[4] === 2;
  const little = elf[5] !== 2;
  const within = (at: number, bytes: number) => at >= 0 && at + bytes <= elf.length;
  const int = (at: number) => {
    if (!within(at, 4)) return undefined;
    return little ? elf.readUInt32LE(at) : elf.readUInt32BE(at);
  };
  return {
    wide,
    int,
    half(at: number) {
      if (!within(at, 2)) return undefined;
      return little ? elf.readUInt16LE(at) : elf.readUInt16BE(at);
    },
    /** An address or offset: 8 bytes where the file is 64-bit. */
    word(at: number) {
      if (!wide) return int(at);
      if (!within(at, 8)) return undefined;
      // Beyond 2^53 it is beyond the end of any file as well.
      return Number(little ? elf.readBigUInt64LE(at) : elf.readBigUInt64BE(at));
    },
  };
}
