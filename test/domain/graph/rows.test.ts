import { describe, expect, it } from "vitest";
import { createRowCollector, joinRows } from "../../../src/domain/graph/rows.ts";
import { drvPath } from "./make-graph.ts";

const PATHS = ["gcc", "linux", "zfs"].map(drvPath);
const [GCC, LINUX, ZFS] = [0, 1, 2];

function read(rows: readonly (readonly [node: number, inputs: readonly (readonly [number, string])[]])[]) {
  const collector = createRowCollector();
  for (const [node, inputs] of rows) {
    collector.begin();
    for (const [input, outputs] of inputs) collector.add(input, outputs);
    collector.end(node, node * 2, node === GCC);
  }
  return collector.part();
}

describe("rows that several have read", () => {
  const all = joinRows(PATHS, [
    read([
      [GCC, []],
      [LINUX, [[GCC, '["out"]']]],
      [
        ZFS,
        [
          [GCC, '["out"]'],
          [LINUX, '["dev"]'],
        ],
      ],
    ]),
  ]);

  it("are one graph, whoever read which", () => {
    const one = read([
      [
        ZFS,
        [
          [GCC, '["out"]'],
          [LINUX, '["dev"]'],
        ],
      ],
      [GCC, []],
    ]);
    const other = read([[LINUX, [[GCC, '["out"]']]]]);

    expect(joinRows(PATHS, [other, one])).toEqual(all);
    expect(joinRows(PATHS, [one, read([]), other])).toEqual(all);
  });

  it("say what each edge selects", () => {
    const { starts, values } = all.inputs;
    const edges = [...values.subarray(starts[ZFS], starts[ZFS + 1])];
    const selected = [...all.selected.subarray(starts[ZFS], starts[ZFS + 1])];

    expect(edges.map((to, at) => [to, all.selections[selected[at] ?? -1]])).toEqual([
      [GCC, ["out"]],
      [LINUX, ["dev"]],
    ]);
  });

  it("say what each makes", () => {
    expect([...all.outputs]).toEqual([0, 2, 4]);
    expect([...all.fixed]).toEqual([1, 0, 0]);
  });

  it("have nothing of a row that was begun again", () => {
    const rows = createRowCollector();
    rows.begin();
    rows.add(LINUX, '["out"]');
    rows.begin();
    rows.add(GCC, '["out"]');
    rows.end(LINUX, 1, false);

    expect([...joinRows(PATHS, [rows.part()]).inputs.values]).toEqual([GCC]);
  });

  it("grow as far as they must", () => {
    const inputs = Array.from({ length: 10_000 }, () => [GCC, '["out"]'] as const);

    expect(joinRows(PATHS, [read([[LINUX, inputs]])]).inputs.values).toHaveLength(10_000);
  });
});
