import { describe, expect, it } from "vitest";
import { EnvironmentError } from "../../src/errors.ts";
import { judgeGuest } from "../../src/vm/judge-guest.ts";
import type { GuestRun } from "../../src/vm/run-guest.ts";

const question = { nonce: "n", load: [], modDirVersion: null, allowances: [], today: "2026-06-01" };
const GOOD = ["n begin 1", "n release 6.1", "n taint 0", "n end"];
const guest = (lines: readonly string[], over: Partial<GuestRun> = {}): GuestRun => ({
  ending: "exited",
  exitCode: 0,
  log: { lines },
  errors: "",
  seconds: 5,
  ...over,
});
const judge = (run: GuestRun) => judgeGuest(run, "tcg", question);

describe("whose fault it is", () => {
  it.each([
    { name: "all went well", run: guest(GOOD), outcome: "passed" },
    {
      name: "done, and ended by us because it cannot power off",
      run: guest(GOOD, { ending: "done", exitCode: null }),
      outcome: "passed",
    },
    {
      name: "a panic, after which QEMU ends well",
      run: guest(["Kernel panic - not syncing: x"]),
      outcome: "failed",
    },
    {
      name: "no word, and out of time",
      run: guest([], { ending: "time-limit", exitCode: null }),
      outcome: "timeout",
    },
    {
      name: "a lockup, and out of time",
      run: guest(["watchdog: BUG: soft lockup"], { ending: "time-limit", exitCode: null }),
      outcome: "failed",
    },
    {
      name: "an image that is none",
      run: guest([], { exitCode: 1, errors: "qemu: could not load kernel '/vm/image'" }),
      outcome: "failed",
    },
  ])("$name: $outcome", ({ run, outcome }) => {
    expect(judge(run).outcome).toBe(outcome);
  });

  it.each([
    {
      name: "no memory for QEMU",
      run: guest([], { exitCode: 1, errors: "cannot set up guest memory 'pc.ram'" }),
    },
    {
      name: "a sandbox that may not start",
      run: guest([], { exitCode: 1, errors: "bwrap: No permissions to create new namespace" }),
    },
    {
      name: "QEMU ending half way, whatever it says of kernels",
      run: guest(["n begin 1"], { exitCode: 1, errors: "could not load kernel" }),
    },
    { name: "QEMU killed half way", run: guest(["n begin 1"], { exitCode: null }) },
  ])("$name is ours", ({ run }) => {
    expect(() => judge(run)).toThrow(EnvironmentError);
  });
});
