import { describe, expect, it } from "vitest";
import type { Evaluation } from "../../../src/domain/evaluation.ts";
import { type EvaluatedGraph, predictRebuilds } from "../../../src/domain/graph/predict.ts";
import { drvPath, makeGraph } from "./make-graph.ts";

type Needs = Readonly<Record<string, readonly string[]>>;
/** Names of derivations by attr. `@` makes another derivation of the same name. */
type Attrs = Readonly<Record<string, string>>;

interface Story {
  readonly needs: Needs;
  readonly base: Attrs;
  readonly seeds: readonly string[];
  readonly head: Attrs;
  /** What each of head's needs. */
  readonly headNeeds: readonly string[];
  /** What is fetched: whatever follows its `@`, its outputs are the same. */
  readonly fixed?: readonly string[];
}

function evaluationOf(attrs: Attrs): Evaluation {
  return new Map(
    Object.entries(attrs).map(([attr, name]) => [
      attr,
      {
        ok: true,
        drv: drvPath(name),
        outputs: { out: `${drvPath(name)}-out` },
        name,
        system: "x86_64-linux",
      },
    ]),
  );
}

function headOf({ head, headNeeds, fixed }: Story): EvaluatedGraph {
  const needs = Object.fromEntries(Object.values(head).map((name) => [name, headNeeds]));
  return { attrs: evaluationOf(head), graph: makeGraph(needs, fixed) };
}

function predicted(story: Story) {
  const known = { attrs: evaluationOf(story.base), graph: makeGraph(story.needs, story.fixed) };
  const { attrs, derivations } = predictRebuilds({
    known,
    base: known,
    head: headOf(story),
    seeds: story.seeds,
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

  it("includes kernels that are new at head, if they were looked at", () => {
    const head = { linux: "linux-6.1", old: "linux-5.4", linux_6_2: "linux-6.2" };
    const headNeeds = ["tarball-6.1", "tarball-5.4", "tarball-6.2", "gcc-12"];
    const seeds = ["linux", "old", "linux_6_2"];
    expect(predicted({ ...STORY, seeds, head, headNeeds })).toEqual([["linux_6_2"], 1]);
  });

  it("leaves out what only needs the kernel where that is gone or broken", () => {
    expect(predicted({ ...STORY, head: { old: "linux-5.4" } })).toEqual([[], 0]);
  });
});

describe("what is fetched", () => {
  const story: Story = {
    needs: {
      "linux-6.1": ["tarball-6.1", "curl-8"],
      "tarball-6.1": ["curl-8"],
      hello: ["hello-source"],
      "hello-source": ["curl-8"],
      "curl-8": [],
    },
    base: { linux: "linux-6.1", hello: "hello", curl: "curl-8", source: "hello-source" },
    seeds: ["linux"],
    head: { linux: "linux-6.1@new" },
    headNeeds: ["tarball-6.1@new", "curl-8@new"],
    fixed: ["tarball-6.1", "tarball-6.1@new", "hello-source"],
  };

  it("stays what it is when the program that fetches it changes", () => {
    expect(predicted(story)).toEqual([["curl", "linux"], 2]);
  });

  it("is new where its content is", () => {
    const headNeeds = ["tarball-6.2", "curl-8"];
    const head = { linux: "linux-6.2" };
    const needs = { ...story.needs, perf: ["tarball-6.1"] };
    const base = { ...story.base, perf: "perf" };
    const fixed = [...(story.fixed ?? []), "tarball-6.2"];
    expect(predicted({ ...story, needs, base, head, headNeeds, fixed })).toEqual([["linux", "perf"], 2]);
  });
});

describe("from the graph of an ancestor", () => {
  /** Since then another compiler came, and with it everything is another derivation. */
  function predictedSince(head: Attrs, headNeeds: readonly string[]) {
    const baseNeeds = {
      "linux-6.1@since": ["tarball-6.1", "gcc-13"],
      "linux-5.4@since": ["tarball-5.4", "gcc-13"],
    };
    const base = evaluationOf({ linux: "linux-6.1@since", old: "linux-5.4@since" });
    const { attrs } = predictRebuilds({
      known: { attrs: evaluationOf(STORY.base), graph: makeGraph(STORY.needs) },
      base: { attrs: base, graph: makeGraph(baseNeeds) },
      head: headOf({ ...STORY, head, headNeeds }),
      seeds: STORY.seeds,
    });
    return attrs;
  }

  it("is what was called the same there, and not what changed before base", () => {
    const head = { linux: "linux-6.1@head", old: "linux-5.4@since" };
    expect(predictedSince(head, ["tarball-6.1", "tarball-5.4", "gcc-13"])).toEqual([
      "linux",
      "linux_6_1",
      "zfs",
    ]);
  });

  it("finds what both have", () => {
    const head = { linux: "linux-6.2", old: "linux-5.4@since" };
    expect(predictedSince(head, ["tarball-6.2", "tarball-5.4", "gcc-13"])).toEqual([
      "linux",
      "linux_6_1",
      "perf",
      "zfs",
    ]);
  });

  it("is nothing where head is as base is", () => {
    const head = { linux: "linux-6.1@since", old: "linux-5.4@since" };
    expect(predictedSince(head, ["tarball-6.1", "tarball-5.4", "gcc-13"])).toEqual([]);
  });

  it("keeps flavours of one version apart", () => {
    const flavours = (salt: string, hardened = salt) => ({
      [`linux-6.1@plain${salt}`]: [`config-6.1@plain${salt}`, "tarball-6.1"],
      [`linux-6.1@hard${hardened}`]: [`config-6.1@hard${hardened}`, "tarball-6.1"],
      [`config-6.1@plain${salt}`]: [],
      [`config-6.1@hard${hardened}`]: [],
    });
    const attrs = (salt: string, hardened = salt) =>
      evaluationOf({ linux: `linux-6.1@plain${salt}`, hardened: `linux-6.1@hard${hardened}` });
    const users = { zfs: ["linux-6.1@plain1"], "zfs-hardened": ["linux-6.1@hard1"] };
    const knownAttrs = evaluationOf({ zfs: "zfs", zfs_hardened: "zfs-hardened" });
    const { attrs: rebuilt } = predictRebuilds({
      known: {
        attrs: new Map([...attrs("1"), ...knownAttrs]),
        graph: makeGraph({ ...flavours("1"), ...users }),
      },
      base: { attrs: attrs("2"), graph: makeGraph(flavours("2")) },
      head: { attrs: attrs("2", "3"), graph: makeGraph(flavours("2", "3")) },
      seeds: ["linux", "hardened"],
    });
    expect(rebuilt).toEqual(["hardened", "zfs_hardened"]);
  });

  it("includes what comes back that was there before base", () => {
    const head = { linux: "linux-6.1", old: "linux-5.4@since" };
    expect(predictedSince(head, ["tarball-6.1", "gcc-12"])).toEqual(["linux", "linux_6_1", "zfs"]);
  });
});
