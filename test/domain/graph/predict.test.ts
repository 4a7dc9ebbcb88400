import { describe, expect, it } from "vitest";
import type { Evaluation } from "../../../src/domain/evaluation.ts";
import { predictRebuilds } from "../../../src/domain/graph/predict.ts";
import { drvPath, makeGraph } from "./make-graph.ts";

/** Names of derivations; `@` makes another derivation of the same name. */
interface Story {
  readonly needs: Readonly<Record<string, readonly string[]>>;
  readonly base: Readonly<Record<string, string>>;
  readonly seeds: readonly string[];
  readonly head: Readonly<Record<string, string>>;
  readonly headNeeds: readonly string[];
}

function predicted({ needs, base, seeds, head, headNeeds }: Story) {
  const evaluation: Evaluation = new Map(
    Object.entries(base).map(([attr, name]) => [
      attr,
      { ok: true, drv: drvPath(name), outputs: {}, name, system: "x86_64-linux" },
    ]),
  );
  const drvs = (names: Readonly<Record<string, string>>, of: readonly string[]) =>
    new Map(of.flatMap((attr) => (names[attr] === undefined ? [] : [[attr, drvPath(names[attr])]])));
  const { attrs, derivations } = predictRebuilds({
    graph: makeGraph(needs),
    base: evaluation,
    seedsAtBase: drvs(base, seeds),
    seedsAtHead: drvs(head, seeds),
    headClosure: new Set([...Object.values(head), ...headNeeds].map(drvPath)),
  });
  return [attrs, derivations];
}

const STORY: Story = {
  needs: {
    "linux-6.1": ["tarball-6.1", "gcc-12"],
    "linux-5.4": ["tarball-5.4", "gcc-12"],
    zfs: ["linux-6.1"],
    perf: ["tarball-6.1"],
    "zfs-old@1": ["linux-5.4"],
    hello: ["gcc-12"],
    "gcc-12": [],
    "tarball-6.1": [],
    "tarball-5.4": [],
  },
  base: {
    linux: "linux-6.1",
    linux_6_1: "linux-6.1",
    zfs: "zfs",
    perf: "perf",
    hello: "hello",
    old: "linux-5.4",
  },
  seeds: ["linux", "old"],
  head: { linux: "linux-6.1@new", old: "linux-5.4" },
  headNeeds: ["tarball-6.1", "tarball-5.4", "gcc-12"],
};

describe("what a change rebuilds", () => {
  it("is everything that needs the kernel, aliases counted, derivations once", () => {
    expect(predicted(STORY)).toEqual([["linux", "linux_6_1", "zfs"], 2]);
  });

  it("includes what needs only the sources of a new version", () => {
    const head = { linux: "linux-6.2", old: "linux-5.4" };
    const headNeeds = ["tarball-6.2", "tarball-5.4", "gcc-12"];
    expect(predicted({ ...STORY, head, headNeeds })).toEqual([["linux", "linux_6_1", "perf", "zfs"], 3]);
  });

  it("includes everything above a compiler that changed", () => {
    const head = { linux: "linux-6.1@new", old: "linux-5.4@new" };
    const headNeeds = ["tarball-6.1", "tarball-5.4", "gcc-12@new"];
    expect(predicted({ ...STORY, head, headNeeds })).toEqual([
      ["hello", "linux", "linux_6_1", "old", "zfs"],
      4,
    ]);
  });

  it("leaves out what a kernel only stopped needing", () => {
    const headNeeds = ["tarball-6.1", "tarball-5.4"];
    expect(predicted({ ...STORY, headNeeds })).toEqual([["linux", "linux_6_1", "zfs"], 2]);
  });

  it("is nothing where an alias only points elsewhere", () => {
    const head = { linux: "linux-5.4", old: "linux-5.4", linux_6_1: "linux-6.1" };
    expect(predicted({ ...STORY, seeds: ["linux", "linux_6_1", "old"], head })).toEqual([[], 0]);
  });

  it("is nothing where nothing differs", () => {
    const head = { linux: "linux-6.1", old: "linux-5.4" };
    expect(predicted({ ...STORY, head })).toEqual([[], 0]);
  });
});
