import { describe, expect, it } from "vitest";
import type { WithheldWord } from "../../../src/nix/walk-output.ts";
import { countMet } from "../../../src/nix/withheld/count-met.ts";

/** What comes of these words, each a line of the evaluator. */
function needAfter(...words: WithheldWord[]) {
  const counter = countMet();
  for (const word of words) counter.heard(word);
  return counter.need();
}

describe("what is known of an attribute", () => {
  it.each<[string, WithheldWord[], string]>([
    ["nothing met", [], "none"],
    ["all met to be read", ["met", "met", "ready"], "none"],
    ["an error of its own", ["tried", "again"], "none"],
    ["two of its own", ["tried", "again", "tried", "again"], "none"],
    ["a file, and again", ["met", "tried", "met", "again"], "needed"],
    [
      "its description, then what it says of itself",
      ["tried", "again", "met", "tried", "met", "again"],
      "needed",
    ],
    ["met, and it succeeds", ["met"], "misled"],
    ["met, and not the second time", ["met", "tried", "again"], "misled"],
    ["met only the second time", ["tried", "met", "again"], "misled"],
    ["met twice on the way", ["met", "met", "tried", "met", "met", "again"], "misled"],
    ["met once more on the way", ["met", "tried", "met", "met", "again"], "misled"],
    ["met behind an error that is through", ["met", "tried", "met", "again", "met"], "misled"],
    ["misled, then needed", ["met", "tried", "again", "met", "tried", "met", "again"], "misled"],
    ["needed, then misled", ["met", "tried", "met", "again", "met", "tried", "again"], "misled"],
  ])("%s", (_, words, need) => {
    expect(needAfter(...words)).toBe(need);
  });

  it("is of one attribute, and not of the next", () => {
    const counter = countMet();
    for (const word of ["met", "tried", "met", "again"] as const) counter.heard(word);

    expect([counter.need(), counter.need()]).toEqual(["needed", "none"]);
  });
});
