import { describe, expect, it } from "vitest";
import {
  findConfig,
  findImage,
  findModDirVersion,
  findModulesTree,
  moduleName,
  parseBuiltin,
  parseKernelConfig,
} from "../../src/domain/kernel-files.ts";
import type { FileEntry, OutputFacts } from "../../src/domain/output-facts.ts";

const file = (path: string): FileEntry => ({ path, type: "file", size: 1 });
const directory = (path: string): FileEntry => ({ path, type: "directory", size: 0 });
const output = (...files: FileEntry[]): OutputFacts => ({
  path: "/nix/store/x",
  narSize: 1,
  closureSize: 1,
  files,
  references: [],
});
const dev = output(directory("lib/modules/6.1"), file("lib/modules/6.1/build/.config"), file("vmlinux"));

describe("findModulesTree", () => {
  it("finds the tree before and after a split, whatever the output is called", () => {
    const before = { out: output(file("bzImage"), file("lib/modules/6.1/kernel/fs/ext4/ext4.ko.xz")), dev };
    const after = { out: output(file("bzImage")), dev, mod: output(file("lib/modules/6.1/modules.dep")) };

    expect(findModulesTree(before)).toEqual({ output: "out", version: "6.1" });
    expect(findModulesTree(after)).toEqual({ output: "mod", version: "6.1" });
  });

  it("takes dev, which has build and source below lib/modules, for no modules tree", () => {
    expect(findModulesTree({ out: output(file("bzImage")), dev })).toBeUndefined();
    expect(findModDirVersion({ out: output(file("bzImage")), dev })).toBe("6.1");
  });

  it("takes a directory called like a module for none", () => {
    expect(findModulesTree({ out: output(directory("lib/modules/6.1/kernel/a.ko")) })).toBeUndefined();
  });
});

describe("findImage", () => {
  it.each([
    ["bzImage", "bzImage"],
    ["Image", "Image"],
    ["vmlinuz-6.1.0-49", "vmlinuz-6.1.0-49"],
    ["boot/vmlinuz-6.1", "boot/vmlinuz-6.1"],
  ])("%s", (path, expected) => {
    expect(findImage({ out: output(file(path)), dev })).toEqual({ output: "out", path: expected });
  });

  it("takes vmlinux, which is for debuggers, for none", () => {
    expect(findImage({ dev })).toBeUndefined();
  });
});

describe("the final configuration", () => {
  it("is looked for beside the headers first", () => {
    expect(findConfig({ out: output(file("config-6.1")), dev })?.output).toBe("dev");
    expect(findConfig({ out: output(file("config-6.1")) })?.path).toBe("config-6.1");
    expect(findConfig({ out: output(file("configuration")) })).toBeUndefined();
  });

  it("leaves out what is not set, and keeps strings as they are", () => {
    const text = '# CONFIG_A is not set\nCONFIG_B=m\nCONFIG_C="a=b"\n\n';
    expect(parseKernelConfig(text)).toEqual({ CONFIG_B: "m", CONFIG_C: '"a=b"' });
  });
});

it.each([
  ["kernel/drivers/block/loop.ko", "loop"],
  ["kernel/net/802/p8022.ko.zst", "p8022"],
  ["kernel/crypto/sha1-ssse3.ko.xz", "sha1_ssse3"],
])("moduleName(%s) is %s", (path, name) => {
  expect(moduleName(path)).toBe(name);
});

it("reads modules.builtin, each name once", () => {
  expect(parseBuiltin("kernel/fs/b.ko\nkernel/lib/a-c.ko\n\nkernel/x/b.ko\n")).toEqual(["a_c", "b"]);
});
