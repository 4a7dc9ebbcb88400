import { expect, it } from "vitest";
import { fillIndex, findName, type NameIndex, slotsFor } from "../../../src/domain/graph/name-index.ts";

function indexOf(names: readonly string[]): NameIndex {
  const starts = Uint32Array.from([0, ...names].keys());
  for (const [at, name] of names.entries()) starts[at + 1] = (starts[at] ?? 0) + name.length;
  const index = {
    bytes: new TextEncoder().encode(names.join("")),
    starts,
    slots: new Uint32Array(slotsFor(names.length)),
  };
  fillIndex(index);
  return index;
}

const find = (index: NameIndex, text: string, at = 0) => findName(index, new TextEncoder().encode(text), at);
/** Hashes that differ in their last characters only meet in one slot. */
const crowded = Array.from(
  { length: 500 },
  (_, at) => `${"a".repeat(28)}${String(at).padStart(4, "0")}-x.drv`,
);

it("knows every name by its hash, wherever it stands", () => {
  const index = indexOf(crowded);

  for (const [at, name] of crowded.entries()) expect(find(index, `/nix/store/${name}`, 11)).toBe(at);
  expect(find(index, crowded[7]?.replace("-x", "-y") ?? "")).toBe(7);
});

it("does not know others, nor what is cut", () => {
  const index = indexOf(crowded);

  expect(find(index, `${"a".repeat(28)}0500-x.drv`)).toBe(-1);
  expect(find(index, `${"b".repeat(32)}-x.drv`)).toBe(-1);
  expect(find(index, "a".repeat(31))).toBe(-1);
  expect(find(indexOf([]), crowded[0] ?? "")).toBe(-1);
});
