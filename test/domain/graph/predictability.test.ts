import { describe, expect, it } from "vitest";
import type { AttrDerivation, AttrResult, Evaluation } from "../../../src/domain/evaluation.ts";
import {
  mayRebuildMost,
  type PredictabilityFacts,
  predictability,
} from "../../../src/domain/graph/predictability.ts";

const KERNEL = "pkgs/kernel/";
const at = (drv: string, file?: string): AttrDerivation => ({
  ok: true,
  drv,
  outputs: {},
  name: drv,
  system: "x86_64-linux",
  ...(file === undefined ? {} : { position: { file, line: 1 } }),
});

const base: Evaluation = new Map<string, AttrResult>([
  ["linux", at("a", `${KERNEL}build.nix`)],
  ["linux_6_1", at("a", `${KERNEL}build.nix`)],
  ["linux_old", at("b", `${KERNEL}build.nix`)],
  ["linuxPackages.old", at("b", `${KERNEL}build.nix`)],
  ["perf", at("c", `${KERNEL}perf.nix`)],
  ["hello", at("d", "pkgs/hello/default.nix")],
  ["nowhere", at("e")],
  ["helped", at("f", "pkgs/build-support/helper.nix")],
  ["broken", { ok: false, error: "no", cause: "throw" }],
]);

function decide(changed: readonly string[], more: Partial<PredictabilityFacts> = {}) {
  return predictability({
    changed,
    recipes: changed.filter((file) => file.startsWith(KERNEL)),
    entry: "default.nix",
    base,
    kernels: ["linux", "linux_latest", "broken"],
    ...more,
  });
}

describe("what is looked at", () => {
  it("is one attr for each derivation written beside a changed recipe, the shortest name of each", () => {
    expect(decide([`${KERNEL}common-config.nix`])).toEqual({
      possible: true,
      seeds: ["linux", "linux_latest", "linux_old", "perf"],
    });
  });

  it("includes what is written in another changed file", () => {
    expect(decide([`${KERNEL}a.patch`, "pkgs/hello/default.nix"])).toMatchObject({
      seeds: ["hello", "linux", "linux_latest", "linux_old", "perf"],
    });
  });

  it("is the kernels alone where only documents change", () => {
    expect(decide(["doc/kernel.md"])).toEqual({ possible: true, seeds: ["linux", "linux_latest"] });
  });

  it("is a kernel of the configuration also where base does not have it, unless it is broken there", () => {
    expect(decide([], { kernels: ["linux_next", "broken"] })).toEqual({
      possible: true,
      seeds: ["linux_next"],
    });
  });

  it("is every kernel, wherever it is written", () => {
    const vendor: AttrResult = { ...at("v", "pkgs/vendor/kernel.nix"), kernel: true };
    expect(decide([], { base: new Map([...base, ["linux_rpi", vendor]]), kernels: ["linux"] })).toEqual({
      possible: true,
      seeds: ["linux", "linux_rpi"],
    });
  });

  it.each([
    [120, 4_000, false],
    [120, 8_000, true],
    [90, 0, true],
  ])("is %i derivations beside %i others only where that is little: %s", (near, others, possible) => {
    const attrs = [
      ...Array.from({ length: near }, (_, n) => [`k${n}`, at(`k${n}`, `${KERNEL}many.nix`)] as const),
      ...Array.from({ length: others }, (_, n) => [`o${n}`, at(`o${n}`, "pkgs/other/default.nix")] as const),
    ];

    expect(decide([`${KERNEL}many.nix`], { base: new Map(attrs), kernels: [] }).possible).toBe(possible);
  });

  it.each([["pkgs/hello/fix.patch"], ["pkgs/hello/README.md"], ["pkgs/hello/patches/2.10/fix.patch"]])(
    "is what a file lies beside: %s",
    (file) => {
      expect(decide([file], { kernels: [] })).toEqual({ possible: true, seeds: ["hello"] });
    },
  );
});

describe("nothing is guessed", () => {
  it.each([
    ["lib", "lib/strings.nix"],
    ["the entry", "default.nix"],
    ["the list of packages", "pkgs/top-level/all-packages.nix"],
    ["how everything is built", "pkgs/stdenv/generic/setup.sh"],
    ["a helper, although something is written there", "pkgs/build-support/helper.nix"],
    ["what lies nowhere near a package", "nixos/modules/boot.sh"],
  ])("about %s", (_, file) => {
    expect(decide([`${KERNEL}build.nix`, file])).toEqual({
      possible: false,
      reason: `${file} may change any attribute`,
    });
  });

  it("about the entry, although it is a recipe", () => {
    expect(decide(["default.nix"], { recipes: ["default.nix"] }).possible).toBe(false);
  });

  it("about many files, and three are named", () => {
    const files = ["lib/a.nix", "lib/b.nix", "lib/c.nix", "lib/d.nix", "lib/e.nix"];
    expect(decide(files)).toEqual({
      possible: false,
      reason: "lib/a.nix, lib/b.nix, lib/c.nix and 2 more files may change any attribute",
    });
  });

  it.each([
    [100, true],
    [101, false],
  ])("where %i derivations would have to be looked at: %s", (count, possible) => {
    const many: Evaluation = new Map(
      Array.from({ length: count }, (_, n) => [`linux_${n}`, at(`drv-${n}`, `${KERNEL}build.nix`)]),
    );
    expect(decide([`${KERNEL}build.nix`], { base: many, kernels: [] }).possible).toBe(possible);
  });
});

describe("what leaves little as it was", () => {
  it.each([
    ["lib/strings.nix", true],
    ["pkgs/stdenv/generic/make-derivation.nix", true],
    ["pkgs/build-support/fetchurl/default.nix", true],
    ["pkgs/top-level/all-packages.nix", false],
    ["pkgs/os-specific/linux/kernel/common-config.nix", false],
    ["pkgs/tools/lib", false],
  ])("%s: %s", (file, expected) => {
    expect(mayRebuildMost(["README.md", file])).toBe(expected);
  });
});
