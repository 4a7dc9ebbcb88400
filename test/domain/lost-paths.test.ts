import { describe, expect, it } from "vitest";
import { lostPaths } from "../../src/domain/lost-paths.ts";
import {
  BASE_VERSION,
  combinedKernel,
  HEAD_VERSION,
  kernelFacts,
  outputFacts,
  splitKernel,
} from "./kernel-builders.ts";

describe("after the split, a consumer at head asks", () => {
  const paths = lostPaths(combinedKernel(), splitKernel());

  it.each([
    { output: "out", suffix: "lib/modules", status: "lost", movedTo: "modules" },
    { output: "out", suffix: "/lib/modules/", status: "lost", movedTo: "modules" },
    { output: "out", suffix: "lib", status: "lost", movedTo: "modules" },
    {
      output: "out",
      suffix: `lib/modules/${BASE_VERSION}/kernel/fs/9p/9p.ko`,
      status: "lost",
      movedTo: "modules",
    },
    { output: "out", suffix: "lib/modules/*/kernel/fs/9p/*", status: "lost", movedTo: "modules" },
    { output: "out", suffix: "lib/modules/*/kernel/fs/ext?/*.ko", status: "lost", movedTo: "modules" },
    { output: "out", suffix: "", status: "lost", movedTo: "modules" },
    { output: "out", suffix: "bzImage", status: "present", movedTo: undefined },
    { output: "out", suffix: "//System.map", status: "present", movedTo: undefined },
    { output: "out", suffix: "*Image", status: "present", movedTo: undefined },
    { output: "out", suffix: `lib/modules/${BASE_VERSION}/build`, status: "unknown-at-base", movedTo: "dev" },
    { output: "out", suffix: "../etc", status: "unknown-at-base", movedTo: undefined },
    { output: "dev", suffix: "lib/modules", status: "present", movedTo: "modules" },
    {
      output: "dev",
      suffix: `lib/modules/${BASE_VERSION}/source/Makefile`,
      status: "present",
      movedTo: undefined,
    },
    { output: "dev", suffix: "", status: "present", movedTo: undefined },
    { output: "modules", suffix: "lib/modules", status: "present", movedTo: "dev" },
    { output: "modules", suffix: "", status: "present", movedTo: undefined },
    { output: "doc", suffix: "", status: "unknown-at-base", movedTo: undefined },
  ])("$output/$suffix is $status", ({ output, suffix, status, movedTo }) => {
    expect(paths.status(output, suffix)).toBe(status);
    if (status === "lost") expect(paths.movedTo(output, suffix)).toBe(movedTo);
  });
});

describe("with a new version", () => {
  const paths = lostPaths(combinedKernel(BASE_VERSION), combinedKernel(HEAD_VERSION));

  it("its own paths are present", () => {
    expect(paths.status("out", `lib/modules/${HEAD_VERSION}/kernel/fs/9p/9p.ko`)).toBe("present");
  });

  it("the old version written out is lost", () => {
    expect(paths.status("out", `lib/modules/${BASE_VERSION}/kernel`)).toBe("lost");
  });

  it("nothing is lost below a directory that only changed its name", () => {
    expect(paths.losesBelow("out", "lib")).toBe(false);
    expect(paths.status("out", "")).toBe("present");
  });
});

it("with a new version and a split, head's version in a path is base's", () => {
  const paths = lostPaths(combinedKernel(BASE_VERSION), splitKernel(HEAD_VERSION));
  const module = `lib/modules/${HEAD_VERSION}/kernel/fs/9p/9p.ko`;

  expect(paths.status("out", module)).toBe("lost");
  expect(paths.movedTo("out", module)).toBe("modules");
});

describe("links on the way", () => {
  const before = kernelFacts("6.1", { out: outputFacts("/nix/store/b", ["lib/modules/6.1/a.ko", "boot/x"]) });
  const after = (...files: string[]) => kernelFacts("6.1", { out: outputFacts("/nix/store/h", files) });

  it.each([
    { files: ["lib -> /nix/store/m/lib"], suffix: "lib/modules/6.1/a.ko", status: "present" },
    {
      files: ["lib -> share/l", "share/l/modules/6.1/a.ko"],
      suffix: "lib/modules/6.1/a.ko",
      status: "present",
    },
    { files: ["lib -> /nix/store/h/s", "s/x"], suffix: "lib/modules", status: "lost" },
    { files: ["lib -> lib"], suffix: "lib/modules", status: "lost" },
    { files: ["lib -> ../../out/of/it"], suffix: "lib/modules", status: "present" },
  ])("$files makes $suffix $status", ({ files, suffix, status }) => {
    expect(lostPaths(before, after(...files)).status("out", suffix)).toBe(status);
  });
});

it("a directory that stays can lose something inside", () => {
  const base = kernelFacts("6.1", { out: outputFacts("/b", ["lib/firmware/f", "lib/modules/6.1/a.ko"]) });
  const head = kernelFacts("6.1", { out: outputFacts("/h", ["lib/firmware/f"]) });
  const paths = lostPaths(base, head);

  expect(paths.status("out", "lib")).toBe("present");
  expect(paths.losesBelow("out", "lib")).toBe(true);
  expect(paths.losesBelow("out", "lib/firmware")).toBe(false);
});
