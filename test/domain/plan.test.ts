import { describe, expect, it } from "vitest";
import { touchedRecipes } from "../../src/domain/change-set.ts";
import { type PlanFacts, planCheck } from "../../src/domain/plan.ts";
import { UserError } from "../../src/errors.ts";
import { drv, fails, notRun, pair } from "./evaluations.ts";

const none = { attrs: [], written: false };

/** A recipe was touched, and `linux` and a test of it differ. */
function facts(differences: Partial<PlanFacts> = {}): PlanFacts {
  return {
    recipes: ["kernel/build.nix"],
    systems: new Map([
      [
        "x86_64-linux",
        pair(
          { linux: drv("l1"), linux_tiny: drv("t"), test: drv("v1"), other: drv("o") },
          { linux: drv("l2"), linux_tiny: drv("t"), test: drv("v2"), other: drv("o") },
        ),
      ],
    ]),
    kernels: { attrs: ["linux", "linux_tiny"], written: true },
    vmTests: { attrs: ["test"], written: true },
    consumers: none,
    build: [],
    kernelLimit: 4,
    buildSystem: "x86_64-linux",
    ...differences,
  };
}

function refusal(differences: Partial<PlanFacts>): UserError {
  try {
    planCheck(facts(differences));
  } catch (error) {
    if (error instanceof UserError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what is looked at", () => {
  it("is every kernel and test that differs", () => {
    expect(planCheck(facts())).toEqual({
      kernels: [{ attr: "linux", system: "x86_64-linux", aliases: [] }],
      vmTests: [{ attr: "test", system: "x86_64-linux" }],
      consumers: [],
      notBuilt: [],
    });
  });

  it.each([
    { name: "new", base: undefined, head: drv("a"), planned: true },
    { name: "removed", base: drv("a"), head: undefined, planned: true },
    { name: "broken", base: drv("a"), head: fails(), planned: true },
    { name: "fixed", base: fails(), head: drv("a"), planned: true },
    { name: "broken as before", base: fails("x"), head: fails("y"), planned: false },
    { name: "the same", base: drv("a"), head: drv("a"), planned: false },
  ])("a kernel that is $name: $planned", ({ base, head, planned }) => {
    const systems = new Map([["x86_64-linux", pair({ linux: base }, { linux: head })]]);

    const plan = planCheck(facts({ systems, kernels: { attrs: ["linux"], written: true }, vmTests: none }));

    expect(plan.kernels.length > 0).toBe(planned);
  });

  it("is sorted by attr and system, each once", () => {
    const changed = pair({ a: drv("a1"), b: drv("b1") }, { a: drv("a2"), b: drv("b2") });
    const systems = new Map([
      ["x86_64-linux", changed],
      ["aarch64-linux", changed],
    ]);

    const { kernels } = planCheck(
      facts({ systems, kernels: { attrs: ["b", "a", "b"], written: true }, vmTests: none }),
    );

    expect(kernels.map(({ attr, system }) => `${attr} ${system}`)).toEqual([
      "a aarch64-linux",
      "a x86_64-linux",
      "b aarch64-linux",
      "b x86_64-linux",
    ]);
  });

  it("leaves out a system that was not evaluated and keeps the others", () => {
    const systems = new Map([
      ["aarch64-linux", { base: notRun, head: notRun }],
      ["x86_64-linux", pair({ linux: drv("1") }, { linux: drv("2") })],
    ]);

    expect(planCheck(facts({ systems })).kernels).toMatchObject([{ attr: "linux", system: "x86_64-linux" }]);
  });
});

describe("nothing is built, with the reason", () => {
  it("when no recipe is touched", () => {
    expect(planCheck(facts({ recipes: [] })).reason).toContain("no changed file is a recipe");
  });

  it("when no kernel differs, whatever else does", () => {
    const plan = planCheck(facts({ kernels: { attrs: ["linux_tiny"], written: true } }));

    expect(plan).toMatchObject({
      kernels: [],
      vmTests: [],
      reason: "nothing to build: linux_tiny is the same at base and head",
    });
  });

  it("when the package set could not be evaluated, which is not called the same", () => {
    const plan = planCheck(facts({ systems: new Map([["x86_64-linux", { base: notRun, head: notRun }]]) }));

    expect(plan.reason).toContain("unknown");
  });
});

describe("names that no tree has", () => {
  it("are refused all at once, each with its key and what is near", () => {
    const error = refusal({
      kernels: { attrs: ["linux_tini", "linux"], written: true },
      vmTests: { attrs: ["tset"], written: true },
      consumers: { attrs: ["xyz.abc"], written: true },
    });

    expect(error.code).toBe("attr-unknown");
    expect(error.message).toContain("3 attributes");
    expect(error.details).toContain('kernels: "linux_tini"; did you mean "linux_tiny"?');
    expect(error.details).toContain('vmTests: "tset"');
    expect(error.details).toContain('consumers.attrs: "xyz.abc"');
  });

  it("are dropped where they are defaults", () => {
    const plan = planCheck(
      facts({
        kernels: { attrs: ["linux", "linux_latest"], written: false },
        vmTests: { attrs: ["gone"], written: false },
      }),
    );

    expect(plan).toMatchObject({ kernels: [{ attr: "linux" }], vmTests: [] });
  });

  it("are refused where not one default kernel is there, with those that look like one", () => {
    const error = refusal({ kernels: { attrs: ["linux_latest"], written: false } });

    expect(error.code).toBe("attr-unknown");
    expect(error.details).toContain("linux, linux_tiny");
  });

  it("are not unknown when they exist and fail, alone or with the set around them", () => {
    const systems = new Map([
      ["x86_64-linux", pair({ set: fails() }, { "set.linux": drv("a"), own: fails() })],
    ]);

    const plan = planCheck(
      facts({ systems, kernels: { attrs: ["set.linux", "own"], written: true }, vmTests: none }),
    );

    expect(plan.kernels.map(({ attr }) => attr)).toEqual(["own", "set.linux"]);
  });

  it("are not called unknown when an evaluation is missing", () => {
    const systems = new Map([["x86_64-linux", { base: notRun, head: notRun }]]);

    expect(planCheck(facts({ systems })).kernels).toEqual([]);
  });
});

it("recipes are sorted, each once", () => {
  expect(touchedRecipes(["b.nix", "README", "a.nix", "b.nix"], (path) => path.endsWith(".nix"))).toEqual([
    "a.nix",
    "b.nix",
  ]);
});
