import { describe, expect, it } from "vitest";
import { findCause } from "../../../src/domain/graph/find-cause.ts";
import { drvPath, makeGraph } from "./make-graph.ts";

type Needs = Readonly<Record<string, readonly string[]>>;

const shown = (drv: string | undefined) => drv?.replace(/.*-|\.drv$/g, "");

/** Names of the way, what the last one was at base. `@` makes another derivation of the same name. */
function cause(base: Needs, head: Needs, from: readonly [string | undefined, string]) {
  const [drv, now] = from;
  const found = findCause({
    head: { graph: makeGraph(head), drv: drvPath(now) },
    base: { graph: makeGraph(base), ...(drv === undefined ? {} : { drv: drvPath(drv) }) },
  });
  return found && { way: found.way.map((step) => shown(step.drv)), before: found.before };
}

const BASE: Needs = { zfs: ["linux", "spl"], spl: ["linux"], linux: ["gcc", "config"], config: [], gcc: [] };

describe("the cause", () => {
  it("is the nearest below that has no new input, with what it was", () => {
    const head = {
      "zfs@2": ["linux@2", "spl@2"],
      "spl@2": ["linux@2"],
      "linux@2": ["gcc", "config@2"],
      "config@2": [],
      gcc: [],
    };
    expect(cause(BASE, head, ["zfs", "zfs@2"])).toEqual({
      way: ["zfs", "linux", "config"],
      before: drvPath("config"),
    });
  });

  it("is the thing itself where only it differs, compared with what the attr was, however that was called", () => {
    const head = { ...BASE, zol: ["linux", "spl"] };
    expect(cause(BASE, head, ["zfs", "zol"])).toEqual({ way: ["zol"], before: drvPath("zfs") });
  });

  it("says what each step selects", () => {
    const head = { "zfs@2": ["linux@2!dev,modules"], "linux@2": ["gcc", "config"], gcc: [], config: [] };
    const found = findCause({
      head: { graph: makeGraph(head), drv: drvPath("zfs@2") },
      base: { graph: makeGraph(BASE) },
    });
    expect(found?.way.map(({ selects }) => selects)).toEqual([["dev", "modules"], []]);
  });

  it("is none where base has it already", () => {
    expect(cause(BASE, BASE, ["zfs", "spl"])).toBeUndefined();
  });

  it("has nothing before it where base has nothing of its name", () => {
    const head = { "zfs@2": ["patch"], patch: [] };
    expect(cause(BASE, head, ["zfs", "zfs@2"])).toEqual({ way: ["zfs", "patch"], before: undefined });
  });
});

describe("what it was", () => {
  const both = { a: ["openssl-1.0"], b: ["openssl-1.1"], "openssl-1.0": [], "openssl-1.1": [] };

  it("is what the attr needed, rather than another of that name", () => {
    const head = { "b@2": ["openssl-3.0"], "openssl-3.0": [] };
    expect(cause(both, head, ["b", "b@2"])?.before).toBe(drvPath("openssl-1.1"));
  });

  it("is of the same version first, and never what head still has", () => {
    const base = { ...both, b: ["openssl-1.1", "openssl-1.0"] };
    const head = { "b@2": ["openssl-1.1@2", "openssl-1.0"], "openssl-1.1@2": [], "openssl-1.0": [] };
    expect(cause(base, head, ["b", "b@2"])?.before).toBe(drvPath("openssl-1.1"));
    const gone = { "b@2": ["openssl-3.0", "openssl-1.0"], "openssl-3.0": [], "openssl-1.0": [] };
    expect(cause(base, gone, ["b", "b@2"])?.before).toBe(drvPath("openssl-1.1"));
  });
});
