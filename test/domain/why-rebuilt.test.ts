import { describe, expect, it } from "vitest";
import type { Derivation } from "../../src/domain/derivation.ts";
import type { AttrResult } from "../../src/domain/evaluation.ts";
import { type WhySide, whyRebuilt } from "../../src/domain/why-rebuilt.ts";
import { derivation } from "./derivation-builders.ts";

const needs = (...inputs: Derivation[]) => ({
  inputDrvs: new Map(inputs.map((input) => [input.path, ["out"]])),
});

function side(top: Derivation | undefined, ...others: Derivation[]): WhySide {
  const all = top === undefined ? others : [top, ...others];
  const attr: AttrResult | undefined = top && {
    ok: true,
    drv: top.path,
    outputs: {},
    name: top.name,
    system: "x86_64-linux",
  };
  return { attr, derivations: new Map(all.map((drv) => [drv.path, drv])) };
}

const stdenv = derivation("stdenv-1");
const curl = derivation("curl-8", needs(stdenv));
const git = derivation("git-2", needs(curl, stdenv));

describe("the way to the cause", () => {
  it("is the shortest one, ending with what differs by itself and how", () => {
    const stdenvNow = derivation("stdenv-1", {
      path: "/nix/store/new-stdenv.drv",
      env: { x: "2" },
      args: ["-e"],
    });
    const curlNow = derivation("curl-8", { path: "/nix/store/new-curl.drv", ...needs(stdenvNow) });
    const gitNow = derivation("git-2", { path: "/nix/store/new-git.drv", ...needs(curlNow, stdenvNow) });

    expect(whyRebuilt(side(git, curl, stdenv), side(gitNow, curlNow, stdenvNow))).toEqual([
      "git-2",
      "needs stdenv-1",
      "  other arguments of the builder",
      "  `x` differs",
    ]);
  });

  it("is the thing itself where its inputs are the same; another version is still its counterpart", () => {
    const gitNow = derivation("git-3", { ...needs(curl, stdenv), env: { version: "3" } });
    expect(whyRebuilt(side(git, curl, stdenv), side(gitNow, curl, stdenv))).toEqual([
      "git-3",
      "  `version` differs",
    ]);
  });

  it("is short where a lot differs", () => {
    const env = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`v${index}`, "x"]));
    const lines = whyRebuilt(side(stdenv), side(derivation("stdenv-1", { path: "/nix/store/new.drv", env })));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("  … and 12 more");
  });
});

describe("no rebuild", () => {
  it.each([
    ["the same derivation", side(git, curl, stdenv), side(git, curl, stdenv), []],
    ["nowhere", side(undefined), side(undefined), []],
    ["gone", side(git, curl, stdenv), side(undefined), ["it is not there any more"]],
    [
      "does not evaluate",
      side(git),
      { attr: { ok: false, error: "assertion failed", cause: "throw" }, derivations: new Map() } as WhySide,
      ["it does not evaluate: assertion failed"],
    ],
  ])("%s", (_, base, head, lines) => {
    expect(whyRebuilt(base, head)).toEqual(lines);
  });
});

it("shows names as one line, whatever is in them", () => {
  const lines = whyRebuilt(side(undefined), side(derivation("a\nb")));
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
});
