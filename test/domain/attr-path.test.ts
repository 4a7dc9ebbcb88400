import { describe, expect, it } from "vitest";
import { formatAttrPath, nixString, parseAttrPath } from "../../src/domain/attr-path.ts";

describe("a path is quoted where Nix would quote it", () => {
  it.each([
    { components: [], path: "" },
    { components: ["linux"], path: "linux" },
    { components: ["linuxPackages", "zfs"], path: "linuxPackages.zfs" },
    { components: ["a'", "_b", "c-d", "e1"], path: "a'._b.c-d.e1" },
    { components: ["1st"], path: '"1st"' },
    { components: ["--option"], path: '"--option"' },
    { components: ["a.b", "c d"], path: '"a.b"."c d"' },
    { components: ["with", "or"], path: '"with"."or"' },
    { components: ['"', "\\", "$" + "{x}"], path: String.raw`"\""."\\"."\${x}"` },
    { components: ["line\nend\ttab\r"], path: String.raw`"line\nend\ttab\r"` },
    { components: ["\u001b[31m", ""], path: '"\u001b[31m".""' },
  ])("$path", ({ components, path }) => {
    expect(formatAttrPath(components)).toBe(path);
    expect(parseAttrPath(path)).toEqual(components);
  });
});

it.each(["a.", ".a", "a..b", '"a', '"a"b', 'a"b"', "."])("%j is no path", (path) => {
  expect(parseAttrPath(path)).toBeUndefined();
});

it("takes bare components that Nix would want quoted", () => {
  expect(parseAttrPath("6_1.a b")).toEqual(["6_1", "a b"]);
});

it("leaves a dollar sign alone that opens nothing", () => {
  expect(nixString("$x {y}")).toBe('"$x {y}"');
});
