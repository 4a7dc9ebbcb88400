import { describe, expect, it } from "vitest";
import type { BuildOutcome } from "../../src/domain/build.ts";
import { buildState, compareSides } from "../../src/domain/comparison.ts";

describe("compareSides: all of base × head", () => {
  const table = {
    pass: { pass: "same-pass", fail: "regressed", flaky: "flaky", unknown: "not-run", absent: "removed" },
    fail: { pass: "fixed", fail: "same-fail", flaky: "flaky", unknown: "not-run", absent: "removed" },
    flaky: { pass: "flaky", fail: "flaky", flaky: "flaky", unknown: "not-run", absent: "flaky" },
    unknown: { pass: "not-run", fail: "not-run", flaky: "not-run", unknown: "not-run", absent: "not-run" },
    absent: { pass: "new", fail: "new", flaky: "flaky", unknown: "not-run", absent: "not-run" },
  } as const;
  const states = ["pass", "fail", "flaky", "unknown", "absent"] as const;
  const rows = states.flatMap((base) => states.map((head) => ({ base, head, expected: table[base][head] })));

  it.each(rows)("$base → $head is $expected", ({ base, head, expected }) => {
    expect(compareSides(base, head)).toBe(expected);
  });
});

describe("buildState", () => {
  const failed: BuildOutcome = { status: "failed", cause: "builder", logTail: [], seconds: 1 };
  it.each([
    [undefined, "absent"],
    [{ status: "built", outputs: {}, seconds: 1 }, "pass"],
    [failed, "fail"],
    [{ status: "flaky", logTail: [], seconds: 1 }, "flaky"],
    [{ status: "not-run", reason: "no disk" }, "unknown"],
  ] as const)("%j is %s", (outcome, expected) => {
    expect(buildState(outcome)).toBe(expected);
  });
});
