import { describe, expect, it } from "vitest";
import { fits, type Part, shortenToFit } from "../../src/report/fit.ts";

const part = (name: string, importance: number, ...steps: string[]): Part => ({
  name,
  importance,
  steps: steps.map((step) => () => step),
});
const PARTS = [part("first", 2, "AAAA", "AA", ""), part("second", 1, "BBBB", "B", "")];
const joined = (characters: number, bytes = 100) =>
  shortenToFit(PARTS, { characters, bytes }, (texts, shortened) => [...texts, shortened.length].join(""));

describe("shortenToFit", () => {
  it.each([
    ["everything fits exactly", 9, "AAAABBBB0"],
    ["one too many: the least important goes down a step", 8, "AAAAB1"],
    ["then goes", 5, "AAAA1"],
    ["then the next goes down a step", 4, "AA2"],
    ["then goes as well", 2, "2"],
    ["nothing fits", 0, undefined],
  ])("%s", (_, characters, text) => {
    expect(joined(characters)).toBe(text);
  });

  it("counts bytes as well as characters", () => {
    expect(joined(100, 8)).toBe("AAAAB1");
  });

  it("renders each step once at most", () => {
    let rendered = 0;
    const counting: Part = { name: "", importance: 0, steps: [() => `${++rendered}`, () => ""] };

    shortenToFit([counting, ...PARTS], { characters: 1, bytes: 1 }, (texts) => texts.join(""));

    expect(rendered).toBe(1);
  });
});

describe("fits", () => {
  it.each([
    ["ä", 1, 2, true],
    ["ä", 1, 1, false],
    ["🔇", 2, 4, true],
    ["🔇", 1, 4, false],
    ["🔇", 2, 3, false],
  ])("%s in %d characters and %d bytes: %s", (text, characters, bytes, expected) => {
    expect(fits(text, { characters, bytes })).toBe(expected);
  });
});
