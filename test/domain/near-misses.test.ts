import { expect, it } from "vitest";
import { didYouMean, nearMisses } from "../../src/domain/near-misses.ts";

it.each([
  ["mian", ["main", "many", "other"], ["main"]],
  ["linux_tini", ["linux_tiny", "linux", "linux_latest"], ["linux_tiny"]],
  ["linux", ["linux"], ["linux"]],
  ["Linux", ["linux"], ["linux"]],
  ["kernel", ["kernels", "kernal", "kern"], ["kernal", "kernels", "kern"]],
  ["abc", ["xyz"], []],
  ["ab", ["ba", "a", "abc", "xab", "cd"], ["a", "abc", "ba"]],
  ["a", ["b", "ab"], ["ab", "b"]],
  ["x".repeat(500), ["y".repeat(500)], []],
])("%s of %j: %j", (word, candidates, expected) => {
  expect(nearMisses(word, candidates)).toEqual(expected);
});

it("is worded as a question, or not at all", () => {
  expect(didYouMean("mian", ["main"])).toBe('; did you mean "main"?');
  expect(didYouMean("mian", [])).toBe("");
});
