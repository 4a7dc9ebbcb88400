import { describe, expect, it } from "vitest";
import { moduleFilesNeeded } from "../../src/vm/module-closure.ts";

const indexes = {
  dep: [
    "kernel/fs/xfs/xfs.ko.xz: kernel/lib/libcrc32c.ko.xz",
    "kernel/lib/libcrc32c.ko.xz:",
    "kernel/fs/btrfs/btrfs.ko: kernel/lib/raid6_pq.ko",
    "kernel/lib/raid6_pq.ko:",
    "kernel/crypto/crc32c_generic.ko:",
    "kernel/crypto/blake2b-generic.ko:",
    "kernel/sound/snd-hda.ko:",
    "",
  ].join("\n"),
  softdep:
    "# made by depmod\nsoftdep btrfs pre: crypto-crc32c\nsoftdep libcrc32c pre: blake2b-256 post: absent\n",
  alias: "alias crypto-crc32c crc32c_generic\nalias blake2b-256 blake2b_generic\nalias pci:v*d* snd_hda\n",
};

describe("files needed", () => {
  it.each([
    { names: [], files: [] },
    { names: ["nosuch"], files: [] },
    { names: ["libcrc32c"], files: ["kernel/crypto/blake2b-generic.ko", "kernel/lib/libcrc32c.ko.xz"] },
    {
      names: ["xfs"],
      files: ["kernel/crypto/blake2b-generic.ko", "kernel/fs/xfs/xfs.ko.xz", "kernel/lib/libcrc32c.ko.xz"],
    },
    {
      names: ["btrfs"],
      files: ["kernel/crypto/crc32c_generic.ko", "kernel/fs/btrfs/btrfs.ko", "kernel/lib/raid6_pq.ko"],
    },
    { names: ["crypto-crc32c"], files: ["kernel/crypto/crc32c_generic.ko"] },
    { names: ["snd_hda"], files: ["kernel/sound/snd-hda.ko"] },
    { names: ["snd-hda"], files: ["kernel/sound/snd-hda.ko"] },
  ])("$names", ({ names, files }) => {
    expect(moduleFilesNeeded(names, indexes)).toEqual(files);
  });

  it("ends where modules depend on each other", () => {
    const dep = "a.ko: b.ko\nb.ko: a.ko\n";

    expect(moduleFilesNeeded(["a"], { dep, softdep: "softdep a b\nsoftdep b a", alias: "" })).toEqual([
      "a.ko",
      "b.ko",
    ]);
  });

  it("reads names such as __proto__ as names", () => {
    const dep = "__proto__.ko: constructor.ko\n";

    expect(moduleFilesNeeded(["__proto__"], { dep, softdep: "", alias: "" })).toEqual([
      "__proto__.ko",
      "constructor.ko",
    ]);
  });
});
