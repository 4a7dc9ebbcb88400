import { describe, expect, it } from "vitest";
import { type ConsoleQuestion, readConsole } from "../../src/domain/console.ts";
import type { ModprobeRequest } from "../../src/domain/vm.ts";

const loop: ModprobeRequest = { module: "loop", options: { max_loop: "4" } };
const question = (over: Partial<ConsoleQuestion> = {}): ConsoleQuestion => ({
  nonce: "n0",
  load: [loop],
  modDirVersion: "6.1.0",
  allowances: [],
  today: "2026-06-01",
  ...over,
});

/** A console on which all went well, with some lines replaced. */
function consoleOf(
  about: readonly string[],
  over: { release?: string; taint?: string; end?: string[] } = {},
) {
  const lines = [
    "Linux version 6.1.0",
    "n0 begin 1",
    `n0 release ${over.release ?? "6.1.0"}`,
    ...about,
    `n0 taint ${over.taint ?? "0"}`,
    ...(over.end ?? ["n0 end"]),
    "reboot: Power down",
  ];
  return { lines: lines.map((line, index) => `[    ${index}.000000] ${line}\r`) };
}
const LOADED = ["n0 module 0 loop", "n0 state 0 loaded", "n0 parameter 0 max_loop 4", "n0 unloaded 0 yes"];

it("reads a boot on which all went well", () => {
  const reading = readConsole(consoleOf(LOADED), question());

  expect(reading).toEqual({
    begun: true,
    problems: [],
    kernelRelease: "6.1.0",
    modules: [{ module: "loop", loaded: "loaded", parameters: { max_loop: "4" }, unloaded: true }],
    splats: [],
    consoleTail: ["[    0.000000] Linux version 6.1.0", "[    9.000000] reboot: Power down"],
  });
});

describe("one thing wrong, one problem", () => {
  const failed = ["n0 module 0 loop", "loop: disagrees about version of symbol x", "n0 state 0 failed"];
  it.each([
    {
      name: "a module that is not there",
      log: consoleOf(["n0 module 0 loop", "n0 state 0 missing", "n0 message 0 modprobe: FATAL: not found"]),
      problem: "loop is not in this kernel: modprobe: FATAL: not found",
    },
    {
      name: "a module that does not load, in the kernel's own words too",
      log: consoleOf([...failed, "n0 message 0 modprobe: ERROR: Invalid argument"]),
      problem:
        "loop does not load: modprobe: ERROR: Invalid argument (kernel: loop: disagrees about version of symbol x)",
    },
    {
      name: "an option nobody knows",
      log: consoleOf([
        "n0 module 0 loop",
        "loop: unknown parameter 'max_loop' ignored",
        "n0 state 0 loaded",
        "n0 absent 0 max_loop",
        "n0 unloaded 0 yes",
      ]),
      problem:
        "loop was loaded with max_loop=4, and there is no such parameter under /sys/module (kernel: loop: unknown parameter 'max_loop' ignored)",
    },
    {
      name: "an option without effect",
      log: consoleOf([
        "n0 module 0 loop",
        "n0 state 0 loaded",
        "n0 parameter 0 max_loop 8",
        "n0 unloaded 0 yes",
      ]),
      problem: "loop was loaded with max_loop=4, and reads back max_loop=8",
    },
    {
      name: "a module that stays",
      log: consoleOf([...LOADED.slice(0, 3), "n0 unloaded 0 no", "n0 message 0 Module loop is in use."]),
      problem: "loop cannot be unloaded: Module loop is in use.",
    },
    {
      name: "a release modprobe looks elsewhere for",
      log: consoleOf(LOADED, { release: "6.1.0-dirty" }),
      problem:
        "the kernel calls itself 6.1.0-dirty (uname -r) and its modules are in lib/modules/6.1.0, where modprobe does not look",
    },
    {
      name: "a splat",
      log: consoleOf([...LOADED, "WARNING: CPU: 0 PID: 1 at a.c:1"], { taint: "512" }),
      problem: "kernel: WARNING: CPU: 0 PID: 1 at a.c:1",
    },
    {
      name: "a taint that no line explains",
      log: consoleOf(LOADED, { taint: "512" }),
      problem: "the kernel is tainted (W: it has warned), and no line of the console says why",
    },
    {
      name: "a console without an end",
      log: consoleOf(LOADED, { end: [] }),
      problem: "the guest stopped before it was done; it was busy with loop",
    },
    {
      name: "a console that was cut",
      log: { ...consoleOf(LOADED), incomplete: "too long" },
      problem: "the console could not be searched for splats: too long",
    },
    {
      name: "lost messages",
      log: consoleOf([...LOADED, "** 12 printk messages dropped **"]),
      problem: "the kernel dropped messages before they reached the console: a splat may be among them",
    },
    {
      name: "a kernel without a log",
      log: consoleOf(["n0 log none", ...LOADED]),
      problem: "the kernel has no log (/dev/kmsg): splats cannot be seen",
    },
    {
      name: "no word on taint",
      log: consoleOf(LOADED, { taint: "" }),
      problem: "the kernel does not say whether it is tainted",
    },
  ])("$name", ({ log, problem }) => {
    expect(readConsole(log, question()).problems).toEqual([problem]);
  });
});

describe("a kernel that did not boot", () => {
  it("says so when it printed nothing", () => {
    const reading = readConsole({ lines: [] }, question());

    expect(reading.begun).toBe(false);
    expect(reading.problems).toEqual(["the kernel did not boot: it printed nothing"]);
  });

  it("quotes its panic", () => {
    const panic = "Kernel panic - not syncing: No working init found.";
    const reading = readConsole({ lines: ["Booting", `[    1.000000] ${panic}`] }, question());

    expect(reading.problems).toEqual([
      `the kernel did not boot as far as the init program; its last words: ${panic}`,
      `kernel: ${panic}`,
    ]);
  });

  it("is not fooled by markers without our nonce", () => {
    expect(readConsole(consoleOf(LOADED), question({ nonce: "other" })).begun).toBe(false);
  });
});

describe("what is no problem", () => {
  it.each([
    {
      name: "a builtin module, whatever its options read",
      about: ["n0 module 0 loop", "n0 state 0 builtin"],
    },
    { name: "a module that never unloads", about: [...LOADED.slice(0, 3), "n0 unloaded 0 permanent"] },
  ])("$name", ({ about }) => {
    expect(readConsole(consoleOf(about), question()).problems).toEqual([]);
  });

  it("a default this kernel does not have, as long as it has one of them", () => {
    const load = [loop, { module: "xfs", options: {}, optional: true } as const];
    const missing = ["n0 module 1 xfs", "n0 state 1 missing"];

    const reading = readConsole(consoleOf([...LOADED, ...missing]), question({ load }));

    expect(reading.problems).toEqual([]);
    expect(reading.modules.map((module) => module.loaded)).toEqual(["loaded", "missing"]);
  });

  it("an allowed splat, and the taint it leaves", () => {
    const allowances = [{ contains: "a.c:1", reason: "known", expires: "2026-12-31" }];
    const log = consoleOf([...LOADED, "WARNING: CPU: 0 PID: 1 at a.c:1"], { taint: "512" });

    expect(readConsole(log, question({ allowances })).problems).toEqual([]);
  });
});

it("does not pass a kernel that has none of the defaults: nothing was tested", () => {
  const load = [{ module: "xfs", options: {}, optional: true } as const];
  const reading = readConsole(consoleOf(["n0 module 0 xfs", "n0 state 0 missing"]), question({ load }));

  expect(reading.problems).toEqual([
    "none of the modules to try is in this kernel, neither as a module nor built in",
  ]);
});

it("passes a kernel without modules that has booted", () => {
  const load = [{ module: "xfs", options: {}, optional: true } as const];
  const log = consoleOf(["n0 module 0 xfs", "n0 state 0 missing"]);

  expect(readConsole(log, question({ load, modDirVersion: null })).problems).toEqual([]);
});

it("says which module a guest died of", () => {
  const about = ["n0 module 0 loop", "BUG: unable to handle page fault"];
  const lines = consoleOf(about, { end: [] }).lines.filter((line) => !line.includes("taint"));

  const reading = readConsole({ lines }, question());

  expect(reading.problems).toEqual([
    "loop does not load: the guest stopped while loading it",
    "kernel: BUG: unable to handle page fault",
    "the guest stopped before it was done; it was busy with loop",
  ]);
});

it("takes no module nobody asked for, and bounds what it shows", () => {
  const noise = Array.from({ length: 500 }, (_, index) => `BUG: number ${index} ${"x".repeat(2_000)}`);
  const foreign = ["n0 module 7 evil", "n0 state 7 loaded", "n0 module -1 evil", "n0 module x evil"];

  const reading = readConsole(consoleOf([...LOADED, ...foreign, ...noise]), question());

  expect(reading.modules.map((module) => module.module)).toEqual(["loop"]);
  expect(reading.splats).toHaveLength(20);
  expect(reading.consoleTail).toHaveLength(40);
  expect(Math.max(...reading.consoleTail.map((line) => line.length))).toBeLessThanOrEqual(500);
});
