import { describe, expect, it } from "vitest";
import { adviseBranch, type BranchFacts } from "../../src/domain/branch-advice.ts";

const facts: BranchFacts = {
  baseRef: "master",
  headRef: "my-branch",
  rebuilds: { linux: 10, darwin: 0 },
  nixosTests: false,
  changed: ["pkgs/os-specific/linux/kernel/generic.nix", "pkgs/a.nix"],
};
const linux = (count: number) => ({ rebuilds: { linux: count, darwin: 0 } });
const darwin = (count: number) => ({ rebuilds: { linux: 0, darwin: count } });
const XANMOD = ["pkgs/os-specific/linux/kernel/xanmod-kernels.nix"];

describe("both sides of every threshold", () => {
  it.each<[string, Partial<BranchFacts>, string]>([
    ["499", linux(499), "keep"],
    ["500", linux(500), "possible-mass-rebuild"],
    ["999", linux(999), "possible-mass-rebuild"],
    ["1000", linux(1000), "mass-rebuild"],
    ["1000 on darwin", darwin(1000), "mass-rebuild"],
    ["600 on each: not the sum", { rebuilds: { linux: 600, darwin: 600 } }, "possible-mass-rebuild"],
    ["NixOS tests", { nixosTests: true }, "nixos-rebuild"],
    ["NixOS tests and 999", { ...linux(999), nixosTests: true }, "nixos-rebuild"],
    ["NixOS tests and 1000", { ...linux(1000), nixosTests: true }, "mass-rebuild"],
    ["nobody said which branch", { ...linux(1000), baseRef: null }, "mass-rebuild"],
    ["to staging", { ...linux(9000), baseRef: "staging" }, "keep"],
    ["to somebody's branch", { ...linux(9000), baseRef: "ada/kernels" }, "keep"],
    ["staging-next into master", { ...linux(9000), headRef: "staging-next" }, "keep"],
    ["to staging-nixos, 1000", { ...linux(1000), baseRef: "staging-nixos" }, "mass-rebuild"],
    ["to staging-nixos, 500", { ...linux(500), baseRef: "staging-nixos" }, "possible-mass-rebuild"],
    ["to staging-nixos, its tests", { ...linux(500), nixosTests: true, baseRef: "staging-nixos" }, "keep"],
    ["only xanmod", { ...linux(5000), changed: XANMOD }, "keep"],
    ["xanmod and more", { ...linux(5000), changed: [...XANMOD, "a.nix"] }, "mass-rebuild"],
    ["Home Assistant, 1500", { ...linux(1500), headRef: "wip-home-assistant" }, "keep"],
    ["Home Assistant, 1501", { ...linux(1501), headRef: "wip-home-assistant" }, "mass-rebuild"],
    ["one unknown, the other small", { rebuilds: { linux: 10, darwin: null } }, "unknown"],
    ["one unknown, the other large", { rebuilds: { linux: 1000, darwin: null } }, "mass-rebuild"],
    ["both unknown", { rebuilds: { linux: null, darwin: null } }, "unknown"],
  ])("%s", (_, some, kind) => {
    expect(adviseBranch({ ...facts, ...some }).kind).toBe(kind);
  });
});

it("names the branch of a release", () => {
  expect(adviseBranch({ ...facts, ...linux(1000), baseRef: "release-26.05" })).toEqual({
    kind: "mass-rebuild",
    rebuilds: 1000,
    branch: "staging-26.05",
  });
});
