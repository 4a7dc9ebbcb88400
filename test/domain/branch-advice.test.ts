import { describe, expect, it } from "vitest";
import { adviseBranch, type BranchFacts } from "../../src/domain/branch-advice.ts";
import type { Rebuilds, SystemRebuilds } from "../../src/domain/check-result.ts";
import { systemRebuilds } from "../harness/results.ts";

const TEST = "nixosTests.simple-vm";
const XANMOD = ["pkgs/os-specific/linux/kernel/xanmod-kernels.nix"];

/** null: not counted. */
function counts(
  linux: number | null,
  darwin: number | null = 0,
  more: Partial<SystemRebuilds> = {},
): Rebuilds {
  const system = (attrs: number | null) =>
    systemRebuilds({ attrs, ...(attrs === null ? { status: "not-run" } : more) });
  return {
    systems: { "x86_64-linux": system(linux), "aarch64-darwin": system(darwin) },
    os: { linux, darwin },
    labels: [],
  };
}

const withTests = (linux: number | null, darwin: number | null = 0) =>
  counts(linux, darwin, { changed: [TEST] });

const facts: BranchFacts = {
  baseRef: "master",
  headRef: "my-branch",
  rebuilds: counts(10),
  hasNixosTests: true,
  changed: ["pkgs/os-specific/linux/kernel/generic.nix", "pkgs/a.nix"],
};

/** What nixpkgs' own tests of the decision say, and both sides of every threshold. */
describe("decides as nixpkgs does", () => {
  it.each<[string, Partial<BranchFacts>, string]>([
    ["499", { rebuilds: counts(499) }, "keep"],
    ["500", { rebuilds: counts(500) }, "possible-mass-rebuild"],
    ["999", { rebuilds: counts(999) }, "possible-mass-rebuild"],
    ["1000", { rebuilds: counts(1000) }, "mass-rebuild"],
    ["1000 on darwin", { rebuilds: counts(0, 1000) }, "mass-rebuild"],
    ["600 on each: not the sum", { rebuilds: counts(600, 600) }, "possible-mass-rebuild"],
    ["NixOS tests", { rebuilds: withTests(10) }, "nixos-rebuild"],
    ["NixOS tests of a release", { rebuilds: withTests(10), baseRef: "release-26.05" }, "nixos-rebuild"],
    ["NixOS tests and 999", { rebuilds: withTests(999) }, "nixos-rebuild"],
    ["NixOS tests and 1000", { rebuilds: withTests(1000) }, "mass-rebuild"],
    ["nobody said which branch", { rebuilds: counts(1000), baseRef: null }, "mass-rebuild"],
    ["to staging", { rebuilds: counts(9000), baseRef: "staging" }, "keep"],
    ["to somebody's branch", { rebuilds: counts(9000), baseRef: "ada/kernels" }, "keep"],
    ["to a backport's branch", { rebuilds: counts(9000), baseRef: "backport-1-to-release-26.05" }, "keep"],
    ["staging into master", { rebuilds: counts(9000), headRef: "staging" }, "keep"],
    ["staging-nixos into master", { rebuilds: counts(9000), headRef: "staging-nixos" }, "keep"],
    [
      "a release's staging-next into it",
      { rebuilds: counts(9000), baseRef: "release-26.05", headRef: "staging-next-26.05" },
      "keep",
    ],
    ["to staging-nixos, 500", { rebuilds: counts(500), baseRef: "staging-nixos" }, "possible-mass-rebuild"],
    ["to staging-nixos, 1000", { rebuilds: counts(1000), baseRef: "staging-nixos-26.05" }, "mass-rebuild"],
    ["to staging-nixos, its tests", { rebuilds: withTests(10), baseRef: "staging-nixos" }, "keep"],
    ["to staging-nixos, its tests, 500", { rebuilds: withTests(500), baseRef: "staging-nixos" }, "keep"],
    [
      "staging into staging-nixos",
      { rebuilds: counts(9000), baseRef: "staging-nixos", headRef: "staging" },
      "mass-rebuild",
    ],
    [
      "master into staging-nixos",
      { rebuilds: counts(9000), baseRef: "staging-nixos", headRef: "master" },
      "keep",
    ],
    ["only xanmod", { rebuilds: withTests(5000), changed: XANMOD }, "keep"],
    ["xanmod and more", { rebuilds: counts(5000), changed: [...XANMOD, "a.nix"] }, "mass-rebuild"],
    ["Home Assistant, 1500", { rebuilds: counts(1500), headRef: "wip-home-assistant" }, "keep"],
    ["Home Assistant, 1501", { rebuilds: counts(1501), headRef: "wip-home-assistant" }, "mass-rebuild"],
    [
      "Home Assistant, NixOS tests",
      { rebuilds: withTests(100), headRef: "wip-home-assistant" },
      "nixos-rebuild",
    ],
  ])("%s", (_, some, advice) => {
    expect(adviseBranch({ ...facts, ...some })).toMatchObject({ advice });
  });

  it("names the branches, those of a release with its version", () => {
    const branches = (some: Partial<BranchFacts>) => adviseBranch({ ...facts, ...some }).branches;

    expect(branches({ rebuilds: counts(1000) })).toEqual(["staging"]);
    expect(branches({ rebuilds: counts(500), baseRef: "release-26.05" })).toEqual(["staging-26.05"]);
    expect(branches({ rebuilds: withTests(1) })).toEqual(["staging-nixos"]);
    expect(branches({ rebuilds: withTests(500), baseRef: "release-26.05" })).toEqual([
      "staging-nixos-26.05",
      "staging-26.05",
    ]);
    expect(branches({ rebuilds: counts(1) })).toEqual([]);
  });
});

describe("what was not counted", () => {
  it.each<[string, Partial<BranchFacts>, string, readonly string[]]>([
    ["one system", { rebuilds: counts(10, null) }, "unknown", ["aarch64-darwin"]],
    ["anything", { rebuilds: counts(null, null) }, "unknown", ["aarch64-darwin", "x86_64-linux"]],
    ["NixOS tests", { hasNixosTests: false }, "unknown", ["NixOS tests"]],
    [
      "how much Home Assistant rebuilds elsewhere",
      { rebuilds: counts(1200, null), headRef: "wip-home-assistant" },
      "unknown",
      ["aarch64-darwin"],
    ],
    [
      "a mass rebuild behind NixOS tests",
      { rebuilds: withTests(10, null), baseRef: "staging-nixos" },
      "unknown",
      ["aarch64-darwin"],
    ],
    ["nothing that matters", { baseRef: "staging", rebuilds: counts(null, null) }, "keep", []],
    [
      "NixOS tests, where they may be rebuilt",
      { baseRef: "staging-nixos", hasNixosTests: false },
      "keep",
      [],
    ],
    ["but much was", { rebuilds: counts(1000, null) }, "mass-rebuild", ["aarch64-darwin"]],
  ])("%s", (_, some, advice, missing) => {
    expect(adviseBranch({ ...facts, ...some })).toMatchObject({ advice, missing });
  });

  it("is also an architecture beside one that was, and an operating system nobody asked for", () => {
    const [{ systems }, { systems: failed }] = [counts(10), counts(null)];
    const linux = { "x86_64-linux": systems["x86_64-linux"], "aarch64-linux": failed["x86_64-linux"] };

    const advice = adviseBranch({
      ...facts,
      rebuilds: { systems: linux as Rebuilds["systems"], os: { linux: 10, darwin: null }, labels: [] },
    });

    expect(advice).toMatchObject({ advice: "unknown", rebuilds: 10, missing: ["aarch64-linux", "darwin"] });
  });
});

it("says whether its number was predicted", () => {
  const predicted = adviseBranch({ ...facts, rebuilds: counts(700, 0, { status: "predicted" }) });

  expect(predicted).toMatchObject({ advice: "possible-mass-rebuild", rebuilds: 700, predicted: true });
  expect(adviseBranch(facts)).toMatchObject({ predicted: false, rebuilds: 10 });
});
