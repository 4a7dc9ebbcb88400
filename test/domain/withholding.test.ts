import { describe, expect, it } from "vitest";
import { formatAttrPath } from "../../src/domain/attr-path.ts";
import { filesToWithhold, isWithheld, withoutNeeding } from "../../src/domain/withholding.ts";
import { randomFrom } from "../harness/random.ts";

const FILES = [
  "default.nix",
  "lib/systems.nix",
  "pkgs/linux/config.nix",
  "pkgs/linux/patch.diff",
  "pkgs/zfs/default.nix",
  "pkgs/top-level/all-packages.nix",
];
const facts = {
  files: FILES,
  isRecipe: (path: string) => path.startsWith("pkgs/linux/"),
  contents: ["pkgs/linux/config.nix"],
  entry: "default.nix",
};

describe("files to withhold", () => {
  it("are the recipes, and what else is changed", () => {
    expect(filesToWithhold(facts)).toEqual(["pkgs/linux/config.nix", "pkgs/linux/patch.diff"]);
    expect(filesToWithhold({ ...facts, contents: ["pkgs/zfs/default.nix"] })).toEqual([
      "pkgs/linux/config.nix",
      "pkgs/linux/patch.diff",
      "pkgs/zfs/default.nix",
    ]);
  });

  it("are the recipes where more than contents is changed", () => {
    expect(filesToWithhold({ ...facts, contents: undefined })).toHaveLength(2);
  });

  it("are never what everything needs, unless it is a recipe", () => {
    const contents = ["default.nix", "lib/systems.nix", "pkgs/top-level/all-packages.nix"];

    expect(filesToWithhold({ ...facts, contents, isRecipe: () => false })).toEqual([]);
    expect(
      filesToWithhold({ ...facts, contents, isRecipe: (path) => path.startsWith("pkgs/top-level/") }),
    ).toEqual(["pkgs/top-level/all-packages.nix"]);
    expect(filesToWithhold({ ...facts, isRecipe: (path) => path === "default.nix" })).not.toContain(
      "default.nix",
    );
  });

  it("are never git's own, nor what has a name that was read wrong", () => {
    const odd = [
      ".gitattributes",
      "pkgs/linux/.gitattributes",
      "pkgs/linux/.gitignore",
      "pkgs/linux/\uFFFD.nix",
    ];

    expect(filesToWithhold({ ...facts, files: odd, contents: odd })).toEqual([]);
  });

  it("are files that base has", () => {
    expect(filesToWithhold({ ...facts, contents: ["elsewhere.nix"] })).not.toContain("elsewhere.nix");
  });

  it("are those that are changed where there are too many recipes, and none where these are too many", () => {
    const many = Array.from({ length: 401 }, (_, at) => `pkgs/linux/${at}.patch`);
    const contents = many.slice(0, 2);

    expect(filesToWithhold({ ...facts, files: many, contents })).toEqual(contents);
    expect(filesToWithhold({ ...facts, files: many, contents: many })).toEqual([]);
    const [entry = ""] = contents;
    const more = [...many, "pkgs/linux/more.patch"];
    expect(filesToWithhold({ ...facts, files: more, contents, entry })).toEqual(contents.slice(1));
  });
});

describe("a change is withheld", () => {
  it.each<[string, readonly string[] | undefined, boolean]>([
    ["all of it", ["a"], true],
    ["nothing changed", [], true],
    ["one file more", ["a", "c"], false],
    ["more than contents", undefined, false],
  ])("%s", (_, contents, withheld) => {
    expect(isWithheld(["a", "b"], contents)).toBe(withheld);
  });
});

describe("attrs that need none", () => {
  const names = (attrs: readonly (readonly [string, unknown])[]) => attrs.map(([attr]) => attr);
  const attrs = [
    "linux",
    "linuxPackages.zfs",
    "linuxPackages_6.zfs",
    'a."b.c"',
    'a."b.c".d',
    "a.b",
    "a.b.c",
  ].map((attr) => [attr, 1] as const);

  it.each<[string[], string[]]>([
    [["linux"], ["linuxPackages.zfs", "linuxPackages_6.zfs", 'a."b.c"', 'a."b.c".d', "a.b", "a.b.c"]],
    [
      ["linuxPackages", "a.b"],
      ["linux", "linuxPackages_6.zfs", 'a."b.c"', 'a."b.c".d'],
    ],
    [
      ['a."b.c"', "linux"],
      ["linuxPackages.zfs", "linuxPackages_6.zfs", "a.b", "a.b.c"],
    ],
    [[], names(attrs)],
  ])("without %j", (needing, left) => {
    expect(names(withoutNeeding(attrs, needing))).toEqual(left);
  });

  it.each([1, 2, 3])("never has one whose path begins with a needing one (seed %i)", (seed) => {
    const random = randomFrom(seed);
    const path = () =>
      Array.from({ length: 1 + random.below(4) }, () => random.oneOf(["a", "b", "a.b", "if", ""]));
    for (let round = 0; round < 200; round += 1) {
      const all = Array.from({ length: random.below(20) }, path);
      const needing = Array.from({ length: random.below(6) }, path);
      const begins = (one: readonly string[]) =>
        needing.some((other) => other.every((name, at) => one[at] === name));

      const left = withoutNeeding(
        all.map((one) => [formatAttrPath(one), one] as const),
        needing.map(formatAttrPath),
      );

      expect(left.map(([, one]) => one)).toEqual(all.filter((one) => !begins(one)));
    }
  });
});
