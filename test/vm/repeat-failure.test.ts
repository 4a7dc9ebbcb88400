import { expect, it } from "vitest";
import type { Accelerator, VmOutcome } from "../../src/domain/vm.ts";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { repeatFailure } from "../../src/vm/repeat-failure.ts";

const ran = (...problems: string[]): VmOutcome => ({
  outcome: problems.length === 0 ? "passed" : "failed",
  seconds: 5,
  accelerator: "tcg",
  problems,
  modules: [],
  splats: [],
  consoleTail: [],
});
const timeout: VmOutcome = { outcome: "timeout", seconds: 60, accelerator: "tcg", consoleTail: [] };
const trouble = new EnvironmentError("vm-failed", "QEMU ended with status 134", "");

async function boots(accelerator: Accelerator, ...results: (VmOutcome | Error)[]) {
  const used: Accelerator[] = [];
  const outcome = await repeatFailure(async (how) => {
    const result = results[used.length];
    used.push(how);
    if (result === undefined || result instanceof Error) throw result ?? new Error("booted once too often");
    return result;
  }, accelerator);
  return { outcome, used };
}

it.each([
  { name: "a pass is believed at once", results: [ran()], outcome: ran(), used: ["kvm"] },
  {
    name: "two failures: the second counts",
    results: [ran("a"), ran("b")],
    outcome: ran("b"),
    used: ["kvm", "tcg"],
  },
  { name: "two time limits", results: [timeout, timeout], outcome: timeout, used: ["kvm", "tcg"] },
  {
    name: "failed, then passed: flaky, and how",
    results: [ran("a"), ran()],
    outcome: { ...ran(), firstTry: ["a"] },
    used: ["kvm", "tcg"],
  },
  {
    name: "out of time, then passed: flaky",
    results: [timeout, ran()],
    outcome: { ...ran(), firstTry: ["the guest did not finish in time"] },
    used: ["kvm", "tcg"],
  },
  {
    name: "QEMU giving up with KVM: emulation decides alone",
    results: [trouble, ran()],
    outcome: ran(),
    used: ["kvm", "tcg"],
  },
])("$name", async ({ results, outcome, used }) => {
  expect(await boots("kvm", ...results)).toEqual({ outcome, used });
});

it.each([
  { name: "QEMU giving up in emulation", accelerator: "tcg", error: trouble },
  { name: "an interruption", accelerator: "kvm", error: new Interrupted() },
] as const)("passes on $name", async ({ accelerator, error }) => {
  await expect(boots(accelerator, error, ran())).rejects.toBe(error);
});
