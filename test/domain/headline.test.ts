import { describe, expect, it } from "vitest";
import type { CheckResult, ConsumerEffect } from "../../src/domain/check-result.ts";
import { headline } from "../../src/domain/headline.ts";
import {
  builtSide,
  checkResult,
  consumerResult,
  foundingCase,
  kernelResult,
  nothingToSay,
  notRun,
  stages,
  systemRebuilds,
  versionBump,
  vmResult,
} from "../harness/results.ts";

const breaks = (name: string, effect: ConsumerEffect = "build", silent = false) =>
  consumerResult(name, { comparison: "regressed", effect, silent });
const failure = (differing: Partial<CheckResult>) =>
  headline(checkResult({ verdict: "failure", ...differing }));
const system = (differing: Parameters<typeof systemRebuilds>[0]): CheckResult["rebuilds"] => ({
  systems: { "x86_64-linux": systemRebuilds(differing) },
  os: { linux: 1, darwin: null },
  labels: [],
});

it("of a prediction says that it is one, and not that nothing breaks", () => {
  const rebuilds = system({ status: "predicted", evaluated: null, attrs: 637, derivations: 527 });
  expect(headline(checkResult({ rebuilds }))).toBe(
    "ℹ️ Predicted, not evaluated: 637 rebuilds (527 derivations)",
  );
});

describe("the stories", () => {
  it.each([
    [
      foundingCase,
      "❌ 13 consumers break, 7 of them silently: `linux` and `linux_tiny` move `lib/modules` from `out` to `modules`",
    ],
    [nothingToSay, "✅ Nothing to do: no rebuilds (no kernel derivation differs between base and head)"],
    [
      notRun,
      "⚠️ Could not be checked: builds, boots, `aarch64-linux` and 1 more: the disk of the build store is full (0 B left); free some space and check again",
    ],
    [
      versionBump,
      "⚠️ Nothing breaks: 43 rebuilds (41 derivations), `linux` builds and boots, 8 consumers the same; look at modules that are gone: `reiserfs`; consumers whose closure grew: `initrd`; 2 changed kernels were not built",
    ],
  ])("%o", (story, line) => {
    expect(headline(story())).toBe(line);
  });
});

describe("what breaks", () => {
  it("counts one loud consumer", () => {
    expect(failure({ consumers: [breaks("a")] })).toBe("❌ 1 consumer breaks");
  });

  it("counts one silent consumer", () => {
    expect(failure({ consumers: [breaks("a", "empty", true)] })).toBe("❌ 1 consumer breaks silently");
  });

  it("says when all are silent", () => {
    const consumers = [breaks("a", "empty", true), breaks("b", "boot", true)];

    expect(failure({ consumers })).toBe("❌ 2 consumers break, all of them silently");
  });

  it("does not count a consumer that merely grew", () => {
    const line = headline(checkResult({ consumers: [breaks("a", "size")] }));

    expect(line).toBe("✅ Nothing to do: no rebuilds");
  });

  it("names a path that went nowhere, and the largest loss", () => {
    const lost = [
      { output: "out", path: "dtbs", files: 3 },
      { output: "out", path: "System.map", files: 1 },
    ];
    const kernels = [kernelResult({ layout: { lost, gained: [] } })];

    expect(failure({ consumers: [breaks("a"), breaks("b")], kernels })).toBe(
      "❌ 2 consumers break: `linux` loses `dtbs` from `out`",
    );
  });

  it("puts a kernel that does not build first, with the reason", () => {
    const head = { build: "failed", reason: "Argument list too long", outputs: {} } as const;
    const kernels = [kernelResult({ comparison: "regressed", head })];

    expect(failure({ kernels, consumers: [breaks("a")] })).toBe(
      "❌ `linux` no longer builds: Argument list too long; 1 consumer breaks",
    );
  });

  it("names boots and tests that fail", () => {
    const failed = { comparison: "regressed", head: { outcome: "failed", seconds: 3 } } as const;
    const vm = [vmResult(failed), vmResult({ ...failed, test: "nixosTests.a", kernel: null })];

    expect(failure({ vm })).toBe("❌ `linux` fails to boot or to load modules; `nixosTests.a` fails");
  });

  it("names attributes that no longer evaluate, unless counted as consumers", () => {
    const error = "attribute missing";
    const rebuilds = system({
      broken: [
        { attr: "b", error },
        { attr: "a", error },
        { attr: "c", error },
      ],
    });

    expect(failure({ rebuilds, consumers: [breaks("c", "eval")] })).toBe(
      "❌ 1 consumer breaks; 2 attributes no longer evaluate: `a` and `b`",
    );
  });

  it("falls back to the catalogue for other failures", () => {
    const findings = [
      { kind: "size-limit", severity: "failure", subject: "linux.out", message: "over 20 MB" },
    ] as const;

    expect(failure({ findings })).toBe("❌ an output grew over its configured limit: `linux.out`");
  });

  it("says beside a failure what was not checked", () => {
    const withoutVm = stages().map((stage) =>
      stage.stage === "vm" ? ({ ...stage, status: "not-run", reason: "no QEMU" } as const) : stage,
    );

    expect(failure({ consumers: [breaks("a")], stages: withoutVm })).toBe(
      "❌ 1 consumer breaks; not checked: boots",
    );
  });
});

describe("what does not break", () => {
  it("is never said of a system that was not evaluated", () => {
    const rebuilds = system({ status: "not-run", attrs: null, derivations: null, evaluated: null });

    expect(headline(checkResult({ verdict: "neutral", rebuilds }))).toBe(
      "⚠️ Could not be checked: `x86_64-linux`",
    );
  });

  it("says what was checked", () => {
    const kernels = [kernelResult({ head: builtSide("linux", { out: [1, 1] }) })];
    const rebuilds = system({ attrs: 1, derivations: 1 });

    expect(headline(checkResult({ kernels, rebuilds, vm: [vmResult()] }))).toBe(
      "✅ Nothing breaks: 1 rebuild (1 derivation), `linux` builds and boots",
    );
  });

  it("is quiet where there was nothing to check", () => {
    const skipped = stages().map((stage) => ({
      ...stage,
      status: "skipped" as const,
      reason: "no changed file is a recipe",
    }));

    expect(headline(checkResult({ verdict: "neutral", stages: skipped }))).toBe(
      "ℹ️ Nothing to check here: no changed file is a recipe",
    );
  });
});
