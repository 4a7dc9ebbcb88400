/** The story of a check, and what becomes of it when a part of the machine refuses. */
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/config.ts";
import type { CheckResult, StageName } from "../../src/domain/check-result.ts";
import type { AttrDerivation, AttrResult, EvaluationOutcome } from "../../src/domain/evaluation.ts";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { check } from "../../src/workflow/check.ts";
import type { CheckRequest } from "../../src/workflow/world.ts";
import { drv, HEAD, request, type Scene, world } from "../harness/world.ts";

const run = (scene: Scene = {}) => check(request(), world(scene), new AbortController().signal);
const refusal = () =>
  Promise.reject(new EnvironmentError("disk-full", "the disk is full", "Free some space."));
const statusOf = (result: CheckResult, stage: StageName) =>
  result.stages.find((s) => s.stage === stage)?.status;

describe("a check", () => {
  it("that finds nothing is a success, with every stage done", async () => {
    const result = await run();

    expect(result.verdict).toBe("success");
    expect(result.stages.map(({ status }) => status)).toEqual(Array(9).fill("done"));
    expect(result.kernels.map(({ comparison }) => comparison)).toEqual(["same-pass"]);
    expect(result.vm.map(({ comparison }) => comparison)).toEqual(["same-pass"]);
  });

  it("blames a change for a build that fails at head only", async () => {
    const failed = {
      status: "failed",
      cause: "builder",
      logTail: ["make: *** [all] Error 2"],
      seconds: 1,
    } as const;

    const result = await run({ head: { build: async () => failed } });

    expect(result.verdict).toBe("failure");
    expect(result.findings).toMatchObject([{ kind: "kernel-build-broken", subject: "linux" }]);
    expect(result.vm[0]).toMatchObject({ comparison: "not-run", head: { outcome: "not-run" } });
  });

  it("does not blame it for one that failed before", async () => {
    const failed = { status: "failed", cause: "builder", logTail: [], seconds: 1 } as const;

    const result = await run({ base: { build: async () => failed }, head: { build: async () => failed } });

    expect(result.findings).toEqual([]);
    expect(result.kernels[0]?.comparison).toBe("same-fail");
    // Nor is it told that all is well: nobody has seen it boot.
    expect(result.verdict).toBe("neutral");
    expect(result.headline).toBe("⚠️ Could not be checked: boots, consumers: linux was not built at base");
  });

  it("that changes no recipe counts, and builds nothing", async () => {
    const result = await run({
      changed: ["README.md"],
      head: { build: () => Promise.reject(new Error("built")) },
    });

    expect(result.verdict).toBe("success");
    expect(statusOf(result, "rebuilds")).toBe("done");
    expect(statusOf(result, "build")).toBe("skipped");
  });
});

describe("kernels that nobody named", () => {
  const { config } = parseConfig("recipes: ['kernel/**']\nvmTests: []\nlimits: { kernels: 2 }\n", "test");
  /** All say that they are kernels, and two of them are one. */
  const kernels = (
    commit: string,
    names: readonly string[],
    others: Readonly<Record<string, AttrResult>> = {},
  ): EvaluationOutcome => {
    const side = commit === HEAD ? "head" : "base";
    const one = (name: string) => ({
      ...(drv(`${side}${name}`) as AttrDerivation),
      name,
      kernel: true as const,
    });
    const attrs = new Map<string, AttrResult>([
      ...names.map((name) => [name, one(`linux-${name.split("_").at(-1)}`)] as const),
      ...Object.entries(others),
    ]);
    return { status: "evaluated", attrs, warnings: [] };
  };
  const asked = (more: Partial<CheckRequest>, names: readonly string[]) =>
    check(
      request({ config, ...more }),
      world({ evaluate: (commit) => kernels(commit, names) }),
      new AbortController().signal,
    );

  it("are built once and up to the limit, and what is left is said", async () => {
    const result = await asked({}, ["linux_6", "packages.kernel_6", "linux_5", "linux_4"]);

    expect(result.kernels.map(({ attr, comparison }) => `${attr} ${comparison}`)).toEqual([
      "linux_6 same-pass",
      "linux_5 same-pass",
    ]);
    expect(result.vm).toHaveLength(2);
    expect(result.kernelsNotBuilt).toMatchObject([
      { attr: "linux_4", reason: "over the limit of 2 kernels (configuration: limits.kernels)" },
    ]);
    expect(result.verdict).toBe("success");
    expect(result.headline).toMatch(/; 1 changed kernel was not built$/);
    expect(renderMarkdown(result)).toContain("1 more kernel differs and was not built: `linux_4`");
  });

  it("are built where a command names them, beyond the limit and whatever they are called", async () => {
    const names = ["linux_6", "linux_5", "raspberrypi_4", "linux_3"];

    const result = await asked({ build: ["raspberrypi_4"] }, names);

    expect(result.kernels.map(({ attr }) => attr)).toEqual(["raspberrypi_4", "linux_6"]);
    expect(result.kernelsNotBuilt?.map(({ attr }) => attr)).toEqual(["linux_5", "linux_3"]);
  });

  it("are no consumers, and what else a command names is one", async () => {
    const text = "recipes: ['kernel/**']\nvmTests: []\nconsumers: { attrs: [linux_6] }\n";
    const contents = {
      path: "",
      modules: [],
      dangling: [],
      named: [],
      listing: [],
      narSize: 1,
      closureSize: 1,
    };
    const evaluate = (commit: string) =>
      kernels(commit, ["linux_6"], { tool: drv(`${commit.slice(0, 1)}tool`) });

    const result = await check(
      request({ config: parseConfig(text, "test").config, build: ["tool"] }),
      world({ evaluate, nix: { contents: async () => contents } }),
      new AbortController().signal,
    );

    expect(result.kernels.map(({ attr }) => attr)).toEqual(["linux_6"]);
    expect(result.consumers.map(({ name }) => name)).toEqual(["tool"]);
  });

  it("are not missed by whoever asks for counts only", async () => {
    const result = await asked({ scope: "rebuilds" }, ["linux_6"]);

    expect(result.kernels).toEqual([]);
    expect(result.kernelsNotBuilt).toBeUndefined();
    expect(statusOf(result, "build")).toBe("skipped");
  });
});

describe("a repository with staging branches", () => {
  const { config } = parseConfig("kernels: [linux]\nrecipes: ['kernel/**']\nstagingBranches: true\n", "test");
  /** So many attrs differ, on every system. */
  const counted = (rebuilds: number, more: Partial<CheckRequest> = {}, tests = ["nixosTests.simple-vm"]) => {
    const evaluate = (commit: string): EvaluationOutcome => {
      const names = Array.from({ length: rebuilds - 1 }, (_, index) => `a${index}`);
      const attrs = [
        ...["linux", ...names].map((name) => [name, drv(`${commit.slice(0, 1)}${name}`)] as const),
        ...tests.map((name) => [name, drv("test")] as const),
      ];
      return { status: "evaluated", attrs: new Map(attrs), warnings: [] };
    };
    const systems = ["x86_64-linux", "aarch64-darwin"];
    return check(
      request({ config, systems, scope: "rebuilds", ...more }),
      world({ evaluate }),
      new AbortController().signal,
    );
  };

  it("is told where a change belongs", async () => {
    const result = await counted(500, { branches: { baseRef: "release-26.05", headRef: null } });

    expect(result.branch).toEqual({
      base: "release-26.05",
      advice: "possible-mass-rebuild",
      branches: ["staging-26.05"],
      rebuilds: 500,
      predicted: false,
      missing: [],
    });
    expect(result.verdict).toBe("success");
  });

  it("is told nothing of small changes, on the command line too", async () => {
    expect((await counted(499)).branch).toMatchObject({ base: null, advice: "keep" });
  });

  it("gets no all-clear where something was not counted", async () => {
    expect((await counted(10, { systems: ["x86_64-linux"] })).branch).toMatchObject({
      advice: "unknown",
      missing: ["darwin"],
    });
    expect((await counted(10, {}, [])).branch).toMatchObject({ advice: "unknown", missing: ["NixOS tests"] });
  });

  it("is one that says so", async () => {
    expect((await counted(2000, { config: request().config })).branch).toBeUndefined();
  });
});

describe("the machine's trouble is never the change's fault, and never a success", () => {
  it.each<{ name: string; scene: Scene; stage: StageName; later: StageName[] }>([
    {
      name: "building",
      scene: { head: { build: refusal } },
      stage: "build",
      later: ["sizes", "vm", "consumers"],
    },
    { name: "measuring", scene: { nix: { measure: refusal } }, stage: "sizes", later: ["vm", "consumers"] },
    { name: "booting", scene: { boot: refusal }, stage: "vm", later: [] },
    {
      name: "booting, without QEMU",
      scene: { boot: async () => ({ outcome: "not-run", reason: "QEMU is not installed" }) },
      stage: "vm",
      later: [],
    },
    {
      name: "booting a kernel without an image",
      scene: { files: ["lib/modules/6.1/modules.dep"] },
      stage: "vm",
      later: [],
    },
    {
      name: "evaluating head",
      scene: {
        evaluate: (commit) => (commit === HEAD ? { status: "not-run", reason: "out of memory" } : undefined),
      },
      stage: "evaluate",
      later: [],
    },
  ])("$name", async ({ scene, stage, later }) => {
    const result = await run(scene);

    expect(result.verdict).toBe("neutral");
    expect(result.findings).toEqual([]);
    expect(statusOf(result, stage)).toBe("not-run");
    for (const missed of later) expect(statusOf(result, missed), missed).toBe("not-run");
    expect(result.headline).toMatch(/not (be )?checked/);
  });

  it("leaves numbers unknown that nobody counted", async () => {
    const result = await run({ evaluate: () => ({ status: "not-run", reason: "out of memory" }) });

    const [system] = Object.values(result.rebuilds.systems);
    expect(system).toMatchObject({ status: "not-run", evaluated: null, attrs: null, derivations: null });
    expect(result.rebuilds.os).toEqual({ linux: null, darwin: null });
    expect(result.rebuilds.labels).toEqual([]);
  });
});

it("ends at once when the caller wants to stop", async () => {
  await expect(run({ boot: () => Promise.reject(new Interrupted()) })).rejects.toThrow(Interrupted);
});
