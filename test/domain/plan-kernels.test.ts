import { describe, expect, it } from "vitest";
import type { AttrResult } from "../../src/domain/evaluation.ts";
import { type PlanFacts, planCheck } from "../../src/domain/plan.ts";
import { drv, fails, linux, notRun, pair } from "./evaluations.ts";

type Side = Readonly<Record<string, AttrResult | undefined>>;

const HERE = "x86_64-linux";
const none = { attrs: [], written: false };

function facts(base: Side, head: Side, more: Partial<PlanFacts> = {}): PlanFacts {
  return {
    recipes: ["kernel/build.nix"],
    systems: new Map([[HERE, pair(base, head)]]),
    kernels: { attrs: ["linux", "linux_latest"], written: false },
    vmTests: none,
    consumers: none,
    build: [],
    kernelLimit: 4,
    buildSystem: HERE,
    ...more,
  };
}

const planned = (asked: PlanFacts) => planCheck(asked).kernels.map(({ attr }) => attr);
const left = (asked: PlanFacts) => planCheck(asked).notBuilt.map(({ attr }) => attr);

/** Kernels of these versions; all of them differ at head. */
function versions(...attrs: readonly [attr: string, version: string][]): [Side, Side] {
  const side = (variant: string) =>
    Object.fromEntries(attrs.map(([attr, version]) => [attr, linux(version, variant)]));
  return [side(""), side("patched")];
}

describe("kernels that nobody named", () => {
  it("are planned where they differ, after those that were", () => {
    const [base, head] = versions(["linux", "6.12"], ["linux_6_6", "6.6"], ["linux_zen", "6.16"]);
    const same = { linux_5_10: linux("5.10") };

    expect(planned(facts({ ...base, ...same }, { ...head, ...same }))).toEqual([
      "linux",
      "linux_zen",
      "linux_6_6",
    ]);
  });

  it.each<[string, AttrResult | undefined, AttrResult | undefined, boolean]>([
    ["changed", linux("6.6"), linux("6.6", "patched"), true],
    ["new", undefined, linux("6.6"), true],
    ["removed", linux("6.6"), undefined, true],
    ["broken", linux("6.6"), fails(), true],
    ["mended", fails(), linux("6.6"), true],
    ["the same", linux("6.6"), linux("6.6"), false],
    ["broken as before", fails("x"), fails("y"), false],
    ["no kernel", drv("a"), drv("b"), false],
  ])("%s", (_, before, after, isPlanned) => {
    const asked = facts({ linux: linux("1"), linux_6_6: before }, { linux: linux("1"), linux_6_6: after });

    expect(planned(asked)).toEqual(isPlanned ? ["linux_6_6"] : []);
    expect(left(asked)).toEqual([]);
  });

  it("are those whose names moved away from them or to them only where the kernel is gone or new", () => {
    const [old, young] = [linux("6.6"), linux("6.12")];
    const base = { linux_default: old, linux_6_6: old, linux_6_12: young, linux_old: linux("5.4") };
    const head = { linux_default: young, linux_6_6: old, linux_6_12: young, linux_ancient: linux("5.4") };

    expect(planned(facts(base, head))).toEqual([]);
    expect(planned(facts(base, { ...head, linux_ancient: undefined }))).toEqual(["linux_old"]);
  });

  it("are built once, under the name people use", () => {
    const names = ["linuxKernel.kernels.linux_6_6", "linuxPackages_6_6.kernel", "linux_6_6"];
    const side = (variant: string) => Object.fromEntries(names.map((name) => [name, linux("6.6", variant)]));

    expect(planned(facts(side(""), side("patched")))).toEqual(["linux_6_6"]);
    const { linux_6_6: _, ...rest } = side("patched");
    const { linux_6_6: __, ...before } = side("");
    expect(planned(facts(before, rest))).toEqual(["linuxPackages_6_6.kernel"]);
  });

  it("are one kernel on each side: an alias that also moves is another comparison", () => {
    const base = { linux_lts: linux("6.6"), linux_6_12: linux("6.12") };
    const head = { linux_lts: linux("6.12", "patched"), linux_6_12: linux("6.12", "patched") };

    expect(planned(facts(base, head))).toEqual(["linux_lts", "linux_6_12"].sort());
  });

  it("are found although none of the default names exists", () => {
    const [base, head] = versions(["kernels.vendor", "6.1"]);

    expect(planned(facts(base, head))).toEqual(["kernels.vendor"]);
  });
});

describe("the limit", () => {
  const [base, head] = versions(
    ["linux", "6.12.36"],
    ["linux_rc", "6.17-rc1"],
    ["linux_5_10", "5.10.239"],
    ["linux_5_4", "5.4.295"],
    ["linux_6_6", "6.6.96"],
    ["linux_6_16", "6.16.3"],
  );

  it("counts named ones, takes the newest releases, and says what it leaves", () => {
    const plan = planCheck(facts(base, head));

    expect(plan.kernels.map(({ attr }) => attr)).toEqual(["linux", "linux_6_16", "linux_6_6", "linux_5_10"]);
    const reason = "over the limit of 4 kernels (configuration: limits.kernels)";
    expect(plan.notBuilt).toEqual([
      { attr: "linux_5_4", system: HERE, reason },
      { attr: "linux_rc", system: HERE, reason },
    ]);
  });

  it("prefers what can be compared to what is new, and that to what is gone", () => {
    const more = { linux_9: linux("9") };

    expect(planned(facts(base, { ...head, ...more }, { kernelLimit: 6 }))).not.toContain("linux_9");
    expect(left(facts({ ...base, ...more }, { ...head, linux_8: linux("8") }, { kernelLimit: 7 }))).toEqual([
      "linux_9",
    ]);
  });

  it.each([0, 1])("of %i leaves what was named", (kernelLimit) => {
    expect(planned(facts(base, head, { kernelLimit }))).toEqual(["linux"]);
    expect(left(facts(base, head, { kernelLimit }))).toHaveLength(5);
  });

  it("of none, with nothing named that differs, builds nothing and says what differs", () => {
    const plan = planCheck(facts(base, { ...head, linux: base["linux"] }, { kernelLimit: 0 }));

    expect(plan.reason).toBe(
      "nothing to build: 5 kernels differ, over the limit of 0 kernels (configuration: limits.kernels)",
    );
    expect(plan.notBuilt).toHaveLength(5);
  });
});

describe("a configuration that names kernels", () => {
  const [base, head] = versions(["linux", "6.12"], ["linux_lts", "6.12"], ["linux_zen", "6.16"]);
  const written = (...attrs: string[]) => ({ kernels: { attrs, written: true } });

  it("has those built and no other, and the report says which differ", () => {
    const plan = planCheck(facts(base, head, written("linux")));

    expect(plan.kernels).toMatchObject([{ attr: "linux" }]);
    expect(plan.notBuilt).toEqual([
      { attr: "linux_zen", system: HERE, reason: "not named in the configuration (kernels)" },
    ]);
  });

  it("has one kernel built once, whatever it is called", () => {
    expect(planCheck(facts(base, head, written("linux_lts", "linux"))).kernels).toEqual([
      { attr: "linux", system: HERE, aliases: ["linux_lts"] },
    ]);
  });

  it("keeps kernels apart that have nothing in common but an error", () => {
    const broken = { linux: fails("a"), linux_zen: fails("a") };

    expect(planned(facts({}, broken, written("linux", "linux_zen")))).toEqual(["linux", "linux_zen"]);
  });

  it("says which kernels differ where its own do not", () => {
    const plan = planCheck(facts(base, { ...base, linux_zen: linux("6.17") }, written("linux")));

    expect(plan.reason).toBe("nothing to build: 1 kernel differs, not named in the configuration (kernels)");
    expect(plan.notBuilt).toMatchObject([{ attr: "linux_zen" }]);
  });
});

describe("a machine builds for one system", () => {
  const THERE = "aarch64-linux";
  const [base, head] = versions(["linux_6_6", "6.6"]);
  const systems = (here: PlanFacts["systems"]) => new Map([...here, [THERE, pair(base, head)]]);

  it("so what is found for others is left, without taking room", () => {
    const asked = facts(base, head, { kernelLimit: 1 });
    const plan = planCheck({ ...asked, systems: systems(asked.systems) });

    expect(plan.kernels).toMatchObject([{ attr: "linux_6_6", system: HERE }]);
    expect(plan.notBuilt).toEqual([
      { attr: "linux_6_6", system: THERE, reason: "this machine builds for x86_64-linux" },
    ]);
  });

  it("and where nothing differs there, the builds have to say that they could not run", () => {
    const asked = facts(base, base);
    const plan = planCheck({ ...asked, systems: systems(asked.systems) });

    expect(plan.kernels).toMatchObject([{ attr: "linux_6_6", system: THERE }]);
  });

  it("and a system that was not evaluated has no say", () => {
    const asked = facts(base, head);
    const plan = planCheck({
      ...asked,
      systems: new Map([...asked.systems, [THERE, { base: notRun, head: notRun }]]),
    });

    expect(plan.kernels).toHaveLength(1);
  });
});

describe("what a command wants built", () => {
  const [base, head] = versions(["linux", "6.12"], ["raspberrypi", "6.6"]);
  const build = (...attrs: string[]) => ({ build: attrs, kernelLimit: 0 });
  const packages = { "linux-pam": drv("pam") };

  it("is a kernel where the package set says so, whatever its name", () => {
    const plan = planCheck(
      facts({ ...base, ...packages }, { ...head, ...packages }, build("raspberrypi", "linux-pam")),
    );

    expect(plan.kernels.map(({ attr }) => attr)).toEqual(["linux", "raspberrypi"]);
    expect(plan.consumers).toEqual(["linux-pam"]);
  });

  it.each([
    ["linux_6_12", "kernels"],
    ["linuxPackages_latest.kernel", "kernels"],
    ["linuxPackages.zfs", "consumers"],
    ["linuxPackages", "consumers"],
    ["hello", "consumers"],
  ])("goes by the name where no attr says that it is a kernel: %s is one of the %s", (attr, place) => {
    const own = (name: string) => ({ linux: drv(`linux ${name}`), [attr]: drv(name) });
    const plan = planCheck(facts(own("a"), own("b"), build(attr)));

    expect(plan.kernels.map((kernel) => kernel.attr)).toEqual(
      place === "kernels" ? ["linux", attr] : ["linux"],
    );
    expect(plan.consumers).toEqual(place === "consumers" ? [attr] : []);
  });
});

describe("nothing differs", () => {
  it("is said of all kernels where all were looked at", () => {
    const [base] = versions(["linux", "6.12"], ["linux_6_6", "6.6"], ["linux_zen", "6.16"]);

    expect(planCheck(facts(base, base)).reason).toBe(
      "nothing to build: all 3 kernels are the same at base and head",
    );
  });
});
