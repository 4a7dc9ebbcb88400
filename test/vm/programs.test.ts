import { expect, it } from "vitest";
import { readFeatures, readLibraries } from "../../src/vm/programs.ts";

it("reads what ldd prints, each library once and normalised", () => {
  const text = [
    "\tlinux-vdso.so.1 (0x00007f8298361000)",
    "\tlibzstd.so.1 => /lib/x86_64-linux-gnu/libzstd.so.1 (0x00007f8298267000)",
    "\tlibz.so => /usr/lib/../lib/libz.so (0x00007f8298267000)",
    "\tlibzstd.so.1 => /lib/x86_64-linux-gnu/libzstd.so.1 (0x00007f8298267000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007f8298363000)",
  ].join("\n");

  expect(readLibraries(text)).toEqual([
    "/lib/x86_64-linux-gnu/libzstd.so.1",
    "/lib64/ld-linux-x86-64.so.2",
    "/usr/lib/libz.so",
  ]);
});

it("knows a static program", () => {
  expect(readLibraries("\tnot a dynamic executable\n")).toEqual([]);
});

it.each([
  ["kmod version 30 +ZSTD +XZ -ZLIB +LIBCRYPTO -EXPERIMENTAL", ["xz", "zst"]],
  ["kmod version 29 +ZLIB", ["gz"]],
  ["", []],
])("features of %j", (text, expected) => {
  expect([...readFeatures(text)].sort()).toEqual(expected);
});
