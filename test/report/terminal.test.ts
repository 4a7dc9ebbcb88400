import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { renderTerminal } from "../../src/report/terminal.ts";
import { foundingCase, hostile, STORIES } from "../harness/results.ts";

const PLAIN = { colour: false, width: 100 };

describe("goldens", () => {
  it.each(Object.entries(STORIES))("%s", async (name, story) => {
    await expect(renderTerminal(story(), PLAIN)).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

describe("width", () => {
  it.each([40, 60, 80, 100, 200])("no line is wider than %d", (width) => {
    for (const story of Object.values(STORIES)) {
      const lines = renderTerminal(story(), { colour: true, width }).split("\n");

      expect(Math.max(...lines.map((line) => stringWidth(line)))).toBeLessThanOrEqual(width);
    }
  });

  it("takes a width no report fits in as the least one it can use", () => {
    expect(renderTerminal(foundingCase(), { colour: false, width: 3 })).toBe(
      renderTerminal(foundingCase(), { colour: false, width: 40 }),
    );
  });
});

describe("control characters", () => {
  it("has none without colour", () => {
    const text = renderTerminal(hostile(), PLAIN).replaceAll("\n", "");

    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  it("has only our own colours with colour", () => {
    const text = renderTerminal(hostile(), { colour: true, width: 100 });

    const codes = new Set(text.match(/\u001b[^m]*m?/g));
    expect([...codes].sort()).toEqual([1, 2, 22, 31, 36, 39].map((code) => `\u001b[${code}m`).sort());
  });

  it("colours the headline by the verdict", () => {
    const headline = (story: () => ReturnType<typeof foundingCase>) =>
      renderTerminal(story(), { colour: true, width: 100 }).slice(0, 5);

    expect(headline(STORIES["founding-case"])).toBe("\u001b[31m");
    expect(headline(STORIES["not-run"])).toBe("\u001b[33m");
    expect(headline(STORIES["nothing-to-say"])).toBe("\u001b[32m");
  });
});
