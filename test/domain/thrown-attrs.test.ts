import { describe, expect, it } from "vitest";
import type { AttrResult, EvaluationOutcome } from "../../src/domain/evaluation.ts";
import { newlyThrowing, throwing, withMessages } from "../../src/domain/thrown-attrs.ts";

const ok: AttrResult = { ok: true, drv: "/d.drv", outputs: {}, name: "a", system: "s" };
const thrown: AttrResult = { ok: false, error: "throws", cause: "throw" };
const fatal: AttrResult = { ok: false, error: "no", cause: "fatal" };
const evaluated = (attrs: Record<string, AttrResult>): EvaluationOutcome => ({
  status: "evaluated",
  attrs: new Map(Object.entries(attrs)),
  warnings: [],
});
const notRun: EvaluationOutcome = { status: "not-run", reason: "x" };

describe("attrs that a change made throw", () => {
  it.each([
    { what: "was a derivation", base: evaluated({ a: ok }), head: evaluated({ a: thrown }), expected: ["a"] },
    { what: "is new", base: evaluated({}), head: evaluated({ b: thrown, a: thrown }), expected: ["a", "b"] },
    { what: "failed before", base: evaluated({ a: fatal }), head: evaluated({ a: thrown }), expected: [] },
    {
      what: "was in a set that failed",
      base: evaluated({ a: thrown }),
      head: evaluated({ "a.b": thrown }),
      expected: [],
    },
    { what: "says why itself", base: evaluated({ a: ok }), head: evaluated({ a: fatal }), expected: [] },
    {
      what: "is the whole tree",
      base: evaluated({ a: ok }),
      head: evaluated({ "": thrown }),
      expected: [""],
    },
    { what: "base is unknown", base: notRun, head: evaluated({ a: thrown }), expected: [] },
    { what: "head is unknown", base: evaluated({ a: ok }), head: notRun, expected: [] },
  ])("$what", ({ base, head, expected }) => {
    expect(newlyThrowing({ base, head })).toEqual(expected);
  });
});

it("knows which of some attrs throw", () => {
  expect(throwing(evaluated({ a: thrown, b: ok, c: fatal }), ["c", "b", "a", "d"])).toEqual(["a"]);
  expect(throwing(notRun, ["a"])).toEqual([]);
});

it("puts messages where attrs throw, and nowhere else", () => {
  const told = withMessages(
    evaluated({ a: thrown, b: ok, c: thrown, d: fatal }),
    new Map(["a", "b", "d", "e"].map((attr) => [attr, "because"])),
  );

  expect(told).toEqual(
    evaluated({ a: { ok: false, error: "because", cause: "throw" }, b: ok, c: thrown, d: fatal }),
  );
  expect(withMessages(notRun, new Map([["a", "because"]]))).toBe(notRun);
});
