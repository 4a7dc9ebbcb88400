import { describe, expect, it } from "vitest";
import { abstractVersion } from "../../src/domain/abstract-version.ts";
import { compareLayout } from "../../src/domain/layout.ts";
import {
  BASE_VERSION,
  combinedKernel,
  HEAD_VERSION,
  kernelFacts,
  moduleFiles,
  outputFacts,
  splitKernel,
} from "./kernel-builders.ts";

describe("the version is taken out of a path", () => {
  it.each([
    { path: "lib/modules/6.1/kernel", version: "6.1", expected: "lib/modules/<version>/kernel" },
    { path: "lib/modules/6.1", version: "6.1", expected: "lib/modules/<version>" },
    { path: "boot/vmlinuz-6.1", version: "6.1", expected: "boot/vmlinuz-<version>" },
    { path: "initrd-6.1.img", version: "6.1", expected: "initrd-<version>.img" },
    { path: "6.1/6.1", version: "6.1", expected: "<version>/<version>" },
    { path: "foo-6.1.5.tar", version: "6.1", expected: "foo-6.1.5.tar" },
    { path: "foo-16.1", version: "6.1", expected: "foo-16.1" },
    { path: "foo-5.6.1", version: "6.1", expected: "foo-5.6.1" },
    { path: "linux-headers-6.1.0-49-common", version: "6.1.0", expected: "linux-headers-6.1.0-49-common" },
    { path: "lib/modules/6.1", version: undefined, expected: "lib/modules/6.1" },
    { path: "lib/modules", version: "", expected: "lib/modules" },
  ])("$path of $version is $expected", ({ path, version, expected }) => {
    expect(abstractVersion(path, version)).toBe(expected);
  });
});

describe("the founding case is one fact", () => {
  it("says that lib/modules moved", () => {
    const { lost, gained } = compareLayout(combinedKernel(), splitKernel());

    expect(lost).toEqual([{ output: "out", path: "lib/modules", movedTo: "modules", files: 5 }]);
    expect(gained).toEqual([{ output: "modules", path: "lib/modules", files: 5 }]);
  });

  it("says so with a new version at the same time", () => {
    const { lost } = compareLayout(combinedKernel(BASE_VERSION), splitKernel(HEAD_VERSION));

    expect(lost).toEqual([{ output: "out", path: "lib/modules", movedTo: "modules", files: 5 }]);
  });
});

const files = (base: readonly string[], head: readonly string[]) =>
  compareLayout(
    kernelFacts("6.1", { out: outputFacts("/nix/store/b", base) }),
    kernelFacts("6.1", { out: outputFacts("/nix/store/h", head) }),
  );
const modules = (count: number, suffix = ".ko") =>
  moduleFiles(
    "6.1",
    Array.from({ length: count }, (_, i) => `m/m${i}${suffix}`),
  );

describe("paths that are gone", () => {
  it("loses nothing by a new version alone", () => {
    expect(compareLayout(combinedKernel(BASE_VERSION), combinedKernel(HEAD_VERSION))).toEqual({
      lost: [],
      gained: [],
    });
  });

  it("names a file", () => {
    expect(files(["bzImage", "x"], ["x"]).lost).toEqual([{ output: "out", path: "bzImage", files: 1 }]);
  });

  it("names a directory for all that was below it, descending while that tells more", () => {
    expect(files(["a/b/c/1", "a/b/d/2", "x"], ["x"]).lost).toEqual([
      { output: "out", path: "a/b", files: 2 },
    ]);
  });

  it("does not descend into a version", () => {
    expect(files(["lib/modules/6.1/kernel/a.ko"], ["x"]).lost).toEqual([
      { output: "out", path: "lib/modules", files: 1 },
    ]);
  });

  it("takes a link in place of a directory for the same paths", () => {
    expect(files(["lib/modules/6.1/a.ko"], ["lib -> /nix/store/m/lib"]).lost).toEqual([]);
  });

  it("names an output that is gone by what it held", () => {
    const base = kernelFacts("6.1", { out: outputFacts("/o", ["x"]), doc: outputFacts("/d", ["a", "b/c"]) });
    const head = kernelFacts("6.1", { out: outputFacts("/o", ["x"]) });

    expect(compareLayout(base, head).lost).toEqual([
      { output: "doc", path: "a", files: 1 },
      { output: "doc", path: "b", files: 1 },
    ]);
  });

  it("calls a directory moved at nine in ten files, and lists what stayed behind", () => {
    const head = (moved: number) =>
      kernelFacts("6.1", {
        out: outputFacts("/o", []),
        lib: outputFacts(
          "/l",
          Array.from({ length: moved }, (_, i) => `a/${i}`),
        ),
      });
    const base = kernelFacts("6.1", {
      out: outputFacts(
        "/o",
        Array.from({ length: 10 }, (_, i) => `a/${i}`),
      ),
    });

    expect(compareLayout(base, head(9)).lost).toEqual([
      { output: "out", path: "a", movedTo: "lib", files: 9 },
      { output: "out", path: "a/9", files: 1 },
    ]);
    expect(compareLayout(base, head(8)).lost).not.toContainEqual(expect.objectContaining({ path: "a" }));
  });
});

describe("single modules gone from a tree that stays", () => {
  it("are listed up to five", () => {
    expect(files(modules(7), modules(2)).lost.map(({ path }) => path)).toEqual(
      [2, 3, 4, 5, 6].map((i) => `lib/modules/<version>/kernel/m/m${i}.ko`),
    );
  });

  it("are one line above five", () => {
    expect(files(modules(8), modules(2)).lost).toEqual([
      { output: "out", path: "lib/modules/<version>/**/*.ko", files: 6 },
    ]);
  });

  it("are one line each way when the compression changes", () => {
    const { lost, gained } = files(modules(50, ".ko.xz"), modules(50, ".ko.zst"));

    expect(lost).toEqual([{ output: "out", path: "lib/modules/<version>/**/*.ko.xz", files: 50 }]);
    expect(gained).toEqual([{ output: "out", path: "lib/modules/<version>/**/*.ko.zst", files: 50 }]);
  });
});
