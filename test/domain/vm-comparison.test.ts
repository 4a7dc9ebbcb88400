import { describe, expect, it } from "vitest";
import type { ModuleLoad, VmOutcome } from "../../src/domain/vm.ts";
import { compareVm } from "../../src/domain/vm-comparison.ts";

const load = (
  module: string,
  loaded: ModuleLoad["loaded"] = "loaded",
  options: string[] = [],
): ModuleLoad => ({
  module,
  loaded,
  parameters: Object.fromEntries(options.map((name) => [name, "4"])),
  unloaded: loaded === "loaded",
});
const ran = (problems: readonly string[], modules: readonly ModuleLoad[] = [load("loop")]): VmOutcome => ({
  outcome: problems.length === 0 ? "passed" : "failed",
  seconds: 5,
  accelerator: "tcg",
  problems,
  modules,
  splats: [],
  consoleTail: [],
});
const pass = ran([]);
const fail = ran(["loop does not load"]);
const flaky: VmOutcome = { ...ran([]), firstTry: ["the guest did not finish in time"] } as VmOutcome;
const timeout: VmOutcome = { outcome: "timeout", seconds: 60, accelerator: "tcg", consoleTail: ["last"] };
const notRun: VmOutcome = { outcome: "not-run", reason: "no QEMU" };

describe("base and head, every pair that matters", () => {
  it.each([
    ["pass", "pass", pass, pass, "same-pass"],
    ["pass", "fail", pass, fail, "regressed"],
    ["pass", "timeout", pass, timeout, "regressed"],
    ["fail", "pass", fail, pass, "fixed"],
    ["timeout", "pass", timeout, pass, "fixed"],
    ["fail", "the same failure", fail, fail, "same-fail"],
    ["fail", "another failure", fail, ran(["xfs does not load"]), "regressed"],
    ["two failures", "one of them", ran(["loop does not load", "x"]), fail, "same-fail"],
    ["timeout", "timeout", timeout, timeout, "same-fail"],
    ["pass", "not run", pass, notRun, "not-run"],
    ["not run", "fail", notRun, fail, "not-run"],
    ["pass", "flaky", pass, flaky, "flaky"],
    ["flaky", "fail", flaky, fail, "flaky"],
    ["nothing", "pass", undefined, pass, "new"],
    ["nothing", "fail", undefined, fail, "new"],
    ["pass", "nothing", pass, undefined, "removed"],
  ] as const)("%s, then %s", (_base, _head, base, head, comparison) => {
    expect(compareVm(base, head).comparison).toBe(comparison);
  });
});

describe("a default module is missed only by a kernel that had it", () => {
  it.each([
    { base: "loaded", head: "missing", comparison: "regressed" },
    { base: "builtin", head: "missing", comparison: "regressed" },
    { base: "loaded", head: "builtin", comparison: "same-pass" },
    { base: "missing", head: "loaded", comparison: "same-pass" },
    { base: "missing", head: "missing", comparison: "same-pass" },
  ] as const)("$base, then $head: $comparison", ({ base, head, comparison }) => {
    const result = compareVm(ran([], [load("xfs", base)]), ran([], [load("xfs", head)]));

    expect(result.comparison).toBe(comparison);
  });
});

describe("details", () => {
  it("tells new problems from old ones", () => {
    const { details } = compareVm(ran(["a", "gone"]), ran(["a", "new"]));

    expect(details).toEqual(["head: new", "base: gone", "base and head: a"]);
  });

  it("takes the same fault at another address, line or version for the same", () => {
    const fault = (version: string, address: string) =>
      ran([`kernel: WARNING: CPU: 0 PID: ${version} at fs/a.c:${version} f+${address} in ${version}.1-2`]);

    expect(compareVm(fault("12", "0xffff81"), fault("13", "0xabc")).comparison).toBe("same-fail");
  });

  it("says what a builtin module costs", () => {
    const before = ran([], [load("loop", "loaded", ["max_loop"])]);
    const after = ran([], [load("loop", "builtin", ["max_loop"])]);

    expect(compareVm(before, after).details).toEqual([
      "loop: loaded at base, builtin at head; options given to modprobe no longer reach it (kernel command line: loop.max_loop=)",
    ]);
  });

  it("names the defaults that were not tried", () => {
    const modules = [load("loop"), load("9p", "missing")];

    expect(compareVm(ran([], modules), ran([], modules)).details).toEqual([
      "not in this kernel, and not tried: 9p",
    ]);
  });

  it("does not say it twice of a module that was asked for", () => {
    const side = ran(["9p is not in this kernel"], [load("9p", "missing")]);

    expect(compareVm(side, side).details).toEqual(["base and head: 9p is not in this kernel"]);
  });

  it.each([
    ["not run", pass, notRun, "head: not run: no QEMU"],
    ["out of time", pass, timeout, "head: did not finish in time; last words: last"],
    ["flaky", pass, flaky, "head: failed once and passed when repeated: the guest did not finish in time"],
  ] as const)("%s", (_name, base, head, detail) => {
    expect(compareVm(base, head).details).toEqual([detail]);
  });
});
