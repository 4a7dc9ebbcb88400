import { describe, expect, it } from "vitest";
import { rebuildLabels } from "../../src/domain/labels.ts";

const attrs = (count: number) => new Set(Array.from({ length: count }, (_, index) => `a${index}`));
const only = (linux: ReadonlySet<string>) => rebuildLabels({ linux, darwin: null });

describe("both sides of each threshold", () => {
  it.each([
    [0, ["0"]],
    [1, ["1", "1-10"]],
    [2, ["1-10"]],
    [10, ["1-10"]],
    [11, ["11-100"]],
    [100, ["11-100"]],
    [101, ["101-500"]],
    [500, ["101-500"]],
    [501, ["501+", "501-1000"]],
    [1000, ["501+", "501-1000"]],
    [1001, ["1001-2500", "501+"]],
    [2500, ["1001-2500", "501+"]],
    [2501, ["2501-5000", "501+"]],
    [5000, ["2501-5000", "501+"]],
    [5001, ["5001+", "501+"]],
    [30000, ["5001+", "501+"]],
  ])("%i rebuilds", (count, buckets) => {
    expect(
      only(attrs(count))
        .map((label) => label.replace("10.rebuild-linux: ", ""))
        .sort(),
    ).toEqual([...buckets].sort());
  });
});

describe("operating systems", () => {
  it("each get their own", () => {
    expect(rebuildLabels({ linux: attrs(600), darwin: attrs(1) })).toEqual([
      "10.rebuild-darwin: 1",
      "10.rebuild-darwin: 1-10",
      "10.rebuild-linux: 501+",
      "10.rebuild-linux: 501-1000",
    ]);
  });

  it("get none where nothing is known", () => {
    expect(rebuildLabels({ linux: null, darwin: null })).toEqual([]);
  });
});

describe("special attrs", () => {
  it("stdenv is labelled per operating system, and only by its exact name", () => {
    const labels = rebuildLabels({
      linux: new Set(["stdenv"]),
      darwin: new Set(["clangStdenv", "stdenv.cc"]),
    });

    expect(labels.filter((label) => label.endsWith("stdenv"))).toEqual(["10.rebuild-linux-stdenv"]);
  });

  it.each([
    ["nixosTests.simple-vm", true],
    ["nixosTests.simple-container", true],
    ["nixosTests.simple-vm.x86_64-linux", true],
    ["nixosTests.simple-vm-2", false],
    ["nixosTests.simple", false],
    ["tests.nixosTests.simple-vm", false],
    ["nixosTests.simple-vm.driver", false],
  ])("%s: nixos-tests %s", (attr, labelled) => {
    expect(only(new Set([attr])).includes("10.rebuild-nixos-tests")).toBe(labelled);
  });
});
