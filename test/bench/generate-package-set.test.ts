/** Made-up package sets are the same for everybody, or figures could not be compared. */
import { expect, it } from "vitest";
import { generatePackageSet } from "../../bench/generate-package-set.ts";

const plan = { attrs: 1_000, failing: 0.1, seed: 1 };

it("gives the same files for the same plan, and others for another seed", () => {
  const { files } = generatePackageSet(plan);
  expect(generatePackageSet(plan).files).toEqual(files);
  expect(generatePackageSet({ ...plan, seed: 2 }).files).not.toEqual(files);
});

it("fails as often as it was told to, and ends the evaluator now and then", () => {
  const packages = (failing: number) =>
    Object.values(generatePackageSet({ ...plan, failing }).files)
      .join("\n")
      .split("\n")
      .filter((line) => / package\d\d = /.test(line));
  const failing = packages(0.1).filter((line) => /throw|assert|abort|missing/.test(line));
  expect(failing.length / packages(0.1).length).toBeCloseTo(0.1, 1);
  expect(packages(0).filter((line) => /throw|assert|abort|missing/.test(line))).toEqual([]);
  expect(generatePackageSet(plan).uncatchable).toHaveLength(1);
});

it("changes one recipe of a kernel from release to release", () => {
  const { files, withRelease } = generatePackageSet(plan);
  const name = "pkgs/os-specific/linux/kernel/linux-6.1.nix";
  expect(withRelease(1)).toEqual({ [name]: files[name] });
  expect(Object.keys(withRelease(2))).toEqual([name]);
  expect(withRelease(2)[name]).toContain("linux-6.1.2");
});
