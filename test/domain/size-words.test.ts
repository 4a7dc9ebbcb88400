import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatCountChange,
  formatKnown,
  formatSeconds,
  formatSizeChange,
  type Size,
} from "../../src/domain/size-words.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [14_100_000, "14.1 MB"],
    [2_500_000_000, "2.5 GB"],
    [3_000_000_000_000_000, "3000.0 TB"],
  ])("%d bytes are %s", (bytes, words) => {
    expect(formatBytes(bytes)).toBe(words);
  });
});

describe("formatSizeChange", () => {
  it.each<[string, Size, Size, string]>([
    ["shrinks", 126_400_000, 14_100_000, "126.4 → 14.1 MB (−112.3 MB, −89 %)"],
    ["grows a little", 100_000_000, 100_050_000, "100.0 → 100.0 MB (+50.0 kB, <0.1 %)"],
    ["grows many times", 1_000_000, 21_000_000, "1.0 → 21.0 MB (+20.0 MB, +2\u202f000 %)"],
    ["stays", 14_100_000, 14_100_000, "14.1 MB (±0)"],
    ["shrinks out of its unit", 126_400_000, 512, "126.4 MB → 512 B (−126.4 MB, −100 %)"],
    ["was empty: no percentage of nothing", 0, 500, "0 → 500 B (+500 B)"],
    ["is new: never +100 %", null, 112_300_000, "new, 112.3 MB"],
    ["is gone", 112_300_000, null, "gone, was 112.3 MB"],
    ["is on neither side", null, null, "–"],
    ["is not known at head: never 0", 14_100_000, undefined, "14.1 MB → ?"],
    ["is not known at base", undefined, 14_100_000, "? → 14.1 MB"],
    ["is not known and does not exist", undefined, null, "? → none"],
  ])("%s", (_, base, head, words) => {
    expect(formatSizeChange(base, head)).toBe(words);
  });
});

describe("counts and times", () => {
  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1\u202f000"],
    [1_234_567, "1\u202f234\u202f567"],
  ])("%d", (count, words) => {
    expect(formatCount(count)).toBe(words);
  });

  it("tells unknown from zero", () => {
    expect(formatKnown(null)).toBe("?");
    expect(formatKnown(0)).toBe("0");
    expect(formatCountChange(null, null)).toBe("?");
    expect(formatCountChange(17, null)).toBe("17 → ?");
    expect(formatCountChange(17, 0)).toBe("17 → 0");
    expect(formatCountChange(17, 17)).toBe("17");
  });

  it.each([
    [0.42, "0.4 s"],
    [9.94, "9.9 s"],
    [59.4, "59 s"],
    [59.6, "1 min 0 s"],
    [252, "4 min 12 s"],
    [3600, "1 h 0 min"],
    [5000, "1 h 23 min"],
  ])("%d s", (seconds, words) => {
    expect(formatSeconds(seconds)).toBe(words);
  });
});
