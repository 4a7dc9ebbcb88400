import { expect, it } from "vitest";
import { branchesOf, type PullRequestFacts } from "../../src/domain/pull-request.ts";

it.each([
  ["NixOS/nixpkgs", "staging"],
  ["nixos/Nixpkgs", "staging"],
  ["somebody/nixpkgs", null],
  [null, null],
])("the branch of %s is the repository's own: %s", (headRepository, headRef) => {
  const facts = { owner: "NixOS", name: "nixpkgs", baseRef: "master", headRef: "staging", headRepository };

  expect(branchesOf(facts as PullRequestFacts)).toEqual({ baseRef: "master", headRef });
});
