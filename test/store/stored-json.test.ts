/** JSON in the database. */
import { describe, expect, it } from "vitest";
import { readJson, storeJson } from "../../src/store/stored-json.ts";

describe("comes back as it was", () => {
  it.each<[string, unknown]>([
    ["small", { a: [1, null, "\u0000 \ud800"], b: "zstd:" }],
    ["a text that looks compressed", "zstd:KLUv/QRYAQAA"],
    ["large", Array.from({ length: 5_000 }, (_, n) => ({ n, text: `attr ${n} "é\u0000"` }))],
    ["null", null],
  ])("%s", (_, value) => {
    expect(readJson(storeJson(value))).toEqual(value);
  });
});

it("is null for nothing", () => {
  expect(storeJson(undefined)).toBe("null");
});

it("takes a fraction of the room where there is much of it", () => {
  const value = Array.from({ length: 5_000 }, (_, n) => ({ name: `package-${n}`, status: "ok" }));

  expect(storeJson(value).length * 4).toBeLessThan(JSON.stringify(value).length);
});

it("is read as it was stored before anything was compressed", () => {
  const value = { long: "x".repeat(10_000) };

  expect(readJson(JSON.stringify(value))).toEqual(value);
});
