/** A bench that cannot tell a wrong count from a right one would prove nothing. */
import { describe, expect, it } from "vitest";
import { disagreements, predictionVerdict, refuseWrongCounts } from "../../bench/agreement.ts";
import type { SystemRebuilds } from "../../src/domain/check-result.ts";

const oracle = { evaluated: 10, attrs: 2, derivations: 1, rebuilt: ["linux", "zfs"] };
const counted: SystemRebuilds = {
  status: "evaluated",
  evaluated: 10,
  attrs: 2,
  derivations: 1,
  added: ["zfs"],
  removed: [],
  changed: ["linux", "renamed"],
  broken: [],
  fixed: [],
  warnings: [],
  culprits: [],
  prediction: { status: "predicted", graph: null, attrs: null, derivations: null, missed: null, wrong: null },
};
const predicted: SystemRebuilds = { ...counted, status: "predicted", added: [], changed: ["linux", "zfs"] };

describe("disagreements", () => {
  it("is silent where both say the same", () => {
    expect(disagreements(counted, oracle)).toEqual([]);
  });

  it.each([
    ["a smaller set", { evaluated: 9 }, "evaluated: 9, and the oracle says 10"],
    ["a rebuild too few", { attrs: 1 }, "attrs: 1, and the oracle says 2"],
    ["another number of derivations", { derivations: 2 }, "derivations: 2, and the oracle says 1"],
    ["other attrs in the same number", { added: ["hello"] }, "not listed as different: zfs"],
    ["nothing counted", { status: "not-run", reason: "no memory" }, "not counted: no memory"],
    ["a prediction for a count", { status: "predicted" }, "only predicted"],
  ] as const)("names %s", (_, change, said) => {
    expect(disagreements({ ...counted, ...change }, oracle)).toEqual([said]);
  });
});

describe("predictionVerdict", () => {
  it.each([
    [{}, "exact"],
    [{ changed: ["linux"] }, "corrected by +1 −0"],
    [{ changed: ["linux"], added: ["zfs"] }, "exact"],
    [{ changed: ["linux", "hello", "perl"] }, "corrected by +1 −2"],
    [{ derivations: 2 }, "exact, and 1 derivations, not 2"],
    [{ status: "not-run", reason: "lib changed" }, "not predicted: lib changed"],
  ] as const)("%j: %s", (change, verdict) => {
    expect(predictionVerdict({ ...predicted, ...change }, oracle)).toBe(verdict);
  });
});

it("a wrong count is an error that names it", () => {
  refuseWrongCounts([]);
  expect(() => refuseWrongCounts(["attrs: 1"])).toThrow("wrong counts:\n- attrs: 1");
});
