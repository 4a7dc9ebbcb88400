import { describe, expect, it } from "vitest";
import { moduleParameters } from "../../src/nix/module-info.ts";
import { moduleOfFile } from "../../src/nix/modules.ts";

/** The smallest relocatable file with a `.modinfo` section. */
function elf(modinfo: string, { wide = true, little = true } = {}): Buffer {
  const names = Buffer.from("\0.modinfo\0.shstrtab\0");
  const info = Buffer.from(modinfo);
  const headerSize = wide ? 64 : 52;
  const entrySize = wide ? 64 : 40;
  const table = headerSize + info.length + names.length;
  const bytes = Buffer.alloc(table + 3 * entrySize);
  const put = (value: number, at: number, size: number) =>
    little ? bytes.writeUIntLE(value, at, size) : bytes.writeUIntBE(value, at + 0, size);
  const word = (value: number, at: number) =>
    wide ? (little ? put(value, at, 4) : put(value, at + 4, 4)) : put(value, at, 4);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2]);
  word(table, wide ? 0x28 : 0x20);
  put(entrySize, wide ? 0x3a : 0x2e, 2);
  put(3, wide ? 0x3c : 0x30, 2);
  put(2, wide ? 0x3e : 0x32, 2);
  bytes.set(info, headerSize);
  bytes.set(names, headerSize + info.length);
  for (const [index, name, offset, size] of [
    [1, 1, headerSize, info.length],
    [2, 10, headerSize + info.length, names.length],
  ] as const) {
    const at = table + index * entrySize;
    put(name, at, 4);
    word(offset, at + (wide ? 0x18 : 0x10));
    word(size, at + (wide ? 0x20 : 0x14));
  }
  return bytes;
}

const INFO = "license=GPL\0parmtype=max_loop:int\0parm=rtt0:time, in ms\0parm=max_loop:count\0parmless=x:y\0";

describe("parameters are those the section declares", () => {
  it.each([
    { wide: true, little: true },
    { wide: true, little: false },
    { wide: false, little: true },
    { wide: false, little: false },
  ])("in a file with %j", (form) => {
    expect(moduleParameters(elf(INFO, form))).toEqual(["max_loop", "rtt0"]);
  });

  it("and none where it declares none", () => {
    expect(moduleParameters(elf("license=GPL\0"))).toEqual([]);
  });
});

it("does not know those of a file that makes no sense, wherever it is cut or changed", () => {
  const whole = elf(INFO);
  expect(moduleParameters(Buffer.from("not an ELF file".repeat(9)))).toBeUndefined();
  for (let length = 0; length < whole.length; length += 1) {
    expect(() => moduleParameters(whole.subarray(0, length))).not.toThrow();
  }
  for (let at = 4; at < whole.length; at += 1) {
    const changed = Buffer.from(whole);
    changed[at] = 0xff;
    expect(() => moduleParameters(changed)).not.toThrow();
  }
  expect(moduleParameters(whole.subarray(0, whole.length - 40))).toBeUndefined();
});

describe("a module is told by its file's name", () => {
  it.each([
    { file: "kernel/net/tcp-hybla.ko", name: "tcp_hybla", compression: "none" },
    { file: "a.ko.xz", name: "a", compression: "xz" },
    { file: "a.ko.zst", name: "a", compression: "zst" },
    { file: "a.ko.gz", name: "a", compression: "gz" },
  ])("$file", ({ file, ...expected }) => {
    expect(moduleOfFile(file)).toEqual(expected);
  });
  it.each(["a.o", "a.ko.bz2", ".ko", "ko", "a.ko.xz.bak", "a.ko/b"])("%s is none", (file) => {
    expect(moduleOfFile(file)).toBeUndefined();
  });
});
