import { describe, expect, it } from "vitest";
import {
  byRecency,
  changeableTo,
  holding,
  KeptRecord,
  keptName,
  surplus,
} from "../../src/git/kept-worktrees.ts";

const CONDITIONS = { objectFormat: "sha1", umask: 0o022, boot: "b" };
const [ONE, TWO] = ["1".repeat(40), "2".repeat(40)];
const RECORD: KeptRecord = { format: 1, tree: ONE, attributes: "a", listing: "l", ...CONDITIONS };

function kept(name: string, record: Partial<KeptRecord> = {}) {
  return { name, record: { ...RECORD, ...record } };
}

const names = (all: readonly { readonly name: string }[]) => all.map(({ name }) => name);

describe("of the kept checkouts", () => {
  const all = [kept("a"), kept("b", { tree: TWO }), kept("c"), kept("d", { tree: TWO, attributes: "other" })];

  it("those that hold the tree come in their order", () => {
    expect(names(holding(ONE, all, CONDITIONS))).toEqual(["a", "c"]);
  });

  it("those are changed that hold another tree with the same attributes", () => {
    expect(names(changeableTo({ tree: ONE, attributes: "a" }, all, CONDITIONS))).toEqual(["b"]);
  });

  it.each([
    ["objects of another kind", { objectFormat: "sha256" }],
    ["other permissions", { umask: 0o002 }],
    ["an earlier boot", { boot: "before" }],
  ])("none with %s is used", (_, record) => {
    const others = [kept("a", record), kept("b", { tree: TWO, ...record })];

    expect(holding(ONE, others, CONDITIONS)).toEqual([]);
    expect(changeableTo({ tree: ONE, attributes: "a" }, others, CONDITIONS)).toEqual([]);
  });
});

describe("names of kept checkouts", () => {
  it("say when each was used last, as numbers", () => {
    expect(byRecency([keptName(999, "a"), keptName(1000, "b"), keptName(5, "c")])).toEqual([
      "kept-1000-b",
      "kept-999-a",
      "kept-5-c",
    ]);
  });

  it("leave out everything else", () => {
    expect(byRecency(["in-use-1-2-3-4_a", "kept-", "kept-x-a", "notes"])).toEqual([]);
  });

  it("say what is too much: all but the last four", () => {
    const all = Array.from({ length: 6 }, (_, n) => keptName(n, "x"));

    expect(surplus(all)).toEqual(["kept-1-x", "kept-0-x"]);
    expect(surplus(all.slice(2))).toEqual([]);
  });
});

it("a record with anything unknown is none of ours", () => {
  expect(KeptRecord.safeParse(RECORD).success).toBe(true);
  for (const odd of [{ format: 2 }, { tree: "../x" }, { more: 1 }, { listing: undefined }])
    expect(KeptRecord.safeParse({ ...RECORD, ...odd }).success).toBe(false);
});
