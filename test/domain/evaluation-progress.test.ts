import { expect, it } from "vitest";
import { describeProgress } from "../../src/domain/evaluation-progress.ts";

const side = (attrs: number, errors = 0, secondsLeft?: number, memoryBytes = 0) => ({
  attrs,
  errors,
  memoryBytes,
  ...(secondsLeft === undefined ? {} : { secondsLeft }),
});

it.each([
  { sides: {}, line: "s: base 0 attrs, head 0 attrs" },
  {
    sides: { base: side(12_000, 3, 2, 8e8), head: side(9_000, 0, 4.2, 812e6) },
    line: "s: base 12,000 attrs (3 errors), head 9,000 attrs, 812 MB, about 4 s left",
  },
  { sides: { base: side(1, 1, 0) }, line: "s: base 1 attr (1 error), head 0 attrs" },
  {
    sides: { base: side(5, 0, 0), head: side(2, 0, 90) },
    line: "s: base 5 attrs, head 2 attrs, about 2 min left",
  },
  { sides: { base: side(5, 0, 3), head: side(2) }, line: "s: base 5 attrs, head 2 attrs" },
])("$line", ({ sides, line }) => {
  expect(describeProgress("s", sides)).toBe(line);
});
