import { describe, expect, it } from "vitest";
import {
  clip,
  quoted,
  quotedList,
  sentence,
  singleLine,
  withoutControls,
} from "../../src/domain/plain-text.ts";
import { expectLinear } from "../harness/linear.ts";

describe("withoutControls", () => {
  it.each([
    ["colours", "\u001b[31mred\u001b[0m", "red"],
    ["colours in 8-bit form", "\u009b31mred", "red"],
    ["a link of the terminal", "\u001b]8;;https://evil.example\u0007link\u001b]8;;\u001b\\", "link"],
    ["an escape that never ends", "a\u001b]0;title", "a0;title"],
    ["progress output", "10 %\r20 %\r\ndone", "10 %\n20 %\ndone"],
    ["a bell and a null", "a\u0007b\u0000", "a\ufffdb\ufffd"],
    ["reversed text", "\u202egnp.exe", "\ufffdgnp.exe"],
    ["an invisible letter", "lin\u200bux", "lin\ufffdux"],
    ["a tag character", "a\u{e0041}", "a\ufffd"],
    ["half a character", "a\ud800", "a\ufffd"],
    ["line ends, tabs, letters of all scripts", "ä\t東\n🔇", "ä\t東\n🔇"],
  ])("%s", (_, text, visible) => {
    expect(withoutControls(text)).toBe(visible);
  });

  it.each(["\u001b]", "\u009d", "\u001b[", "\u009b0;", "\u001b "])(
    "takes linear time over openings %j",
    (opening) => {
      expectLinear((size) => withoutControls(opening.repeat(size / opening.length)));
    },
  );
});

describe("clip", () => {
  it("cuts between characters, never inside one", () => {
    expect(clip("🔇🔇🔇", 3)).toBe("🔇🔇🔇");
    expect(clip("🔇🔇🔇", 2)).toBe("🔇…");
  });
});

describe("names in sentences", () => {
  it("keeps a name from ending its own quotation", () => {
    expect(quoted("a` and `b\nc")).toBe("`aʼ and ʼb c`");
  });

  it.each([
    [[], ""],
    [["a"], "`a`"],
    [["a", "b"], "`a` and `b`"],
    [["a", "b", "c"], "`a`, `b` and `c`"],
    [["a", "b", "c", "d"], "`a`, `b`, `c` and 1 more"],
  ])("%j", (names, words) => {
    expect(quotedList(names)).toBe(words);
  });

  it("mends an odd backtick only", () => {
    expect(sentence("no `a` here", 50)).toBe("no `a` here");
    expect(sentence("no `a here", 50)).toBe("no ʼa here");
  });

  it("makes one line", () => {
    expect(singleLine("  a\n\tb  ")).toBe("a b");
  });
});
