import { describe, expect, it } from "vitest";
import { parsePullRequestName } from "../../src/domain/pull-request-name.ts";

const nixpkgs = { owner: "NixOS", name: "nixpkgs", number: 423933 };

describe("a pull request is named", () => {
  it.each([
    ["NixOS/nixpkgs#423933", { host: null, ...nixpkgs }],
    ["https://github.com/NixOS/nixpkgs/pull/423933", { host: "github.com", ...nixpkgs }],
    ["https://GitHub.com/NixOS/nixpkgs/pull/423933/files?w=1#diff-1", { host: "github.com", ...nixpkgs }],
    ["https://ghe.example.org:8443/NixOS/nixpkgs/pull/423933", { host: "ghe.example.org:8443", ...nixpkgs }],
    ["a/.b_c-d#1", { host: null, owner: "a", name: ".b_c-d", number: 1 }],
  ])("%s", (text, named) => {
    expect(parsePullRequestName(text)).toEqual(named);
  });
});

describe("no name of a pull request", () => {
  it.each([
    "",
    "nixpkgs#1",
    "NixOS/nixpkgs",
    "NixOS/nixpkgs#0",
    "NixOS/nixpkgs#01",
    "NixOS/nixpkgs#99999999999",
    "-x/nixpkgs#1",
    "NixOS/nix pkgs#1",
    "http://github.com/NixOS/nixpkgs/pull/1",
    "https://github.com@evil.example/NixOS/nixpkgs/pull/1",
    "https://github.com/NixOS/nixpkgs/issues/1",
    "https://github.com/NixOS/nixpkgs/pull/1x",
    "NixOS/nixpkgs#1\n",
  ])("%j", (text) => {
    expect(parsePullRequestName(text)).toBeUndefined();
  });
});
