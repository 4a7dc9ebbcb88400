import { describe, expect, it } from "vitest";
import {
  explainFailure,
  nixVoice,
  notTriedReason,
  readFailure,
  saysNetworkTrouble,
} from "../../src/nix/build-failure.ts";

const TOP = "/nix/store/83skai7c8ssmiqdd670dby5r852qifd8-dep.drv";
const INNER = "/nix/store/9gi329w9fg3wykcbnzdsvlhir4gzgd9d-bad.drv";

describe("the cause is read from Nix's own words", () => {
  it.each([
    {
      what: "its builder",
      exit: 100,
      said: [`error: builder for '${TOP}' failed with exit code 3;`],
      is: { cause: "builder" },
    },
    {
      what: "an inner builder",
      exit: 100,
      said: [
        `building '${INNER}'...`,
        `error: builder for '${INNER}' failed with exit code 3;`,
        `error: 1 dependencies of derivation '${TOP}' failed to build`,
      ],
      is: { cause: "dependency", failedDrv: INNER },
    },
    {
      what: "an inner builder, as said since 2.30",
      exit: 1,
      said: [
        `error: Cannot build '${INNER}'.`,
        "Reason: builder failed with exit code 1.",
        `error: Cannot build '${TOP}'.`,
      ],
      is: { cause: "dependency", failedDrv: INNER },
    },
    {
      what: "silence",
      exit: 101,
      said: [`error: building of '${TOP}!*' from .drv file timed out after 2 seconds of silence`],
      is: { cause: "timeout" },
    },
    {
      what: "a flood of log, inside",
      exit: 1,
      said: [
        `error: building of '${INNER}^*' from .drv file killed after writing more than 9 bytes of log output`,
      ],
      is: { cause: "timeout", failedDrv: INNER },
    },
    {
      what: "a wrong hash",
      exit: 102,
      said: [`error: hash mismatch in fixed-output derivation '${INNER}':`],
      is: { cause: "dependency", failedDrv: INNER },
    },
    {
      what: "an output Nix refuses",
      exit: 1,
      said: [
        `building '${TOP}'...`,
        "error: output '/nix/store/x' is not allowed to refer to the following paths:",
      ],
      is: { cause: "builder" },
    },
    {
      what: "nothing about a build",
      exit: 1,
      said: ["error: opening lock file: Permission denied"],
      is: undefined,
    },
    {
      what: "a name that is no derivation",
      exit: 1,
      said: ["error: builder for '/tmp/x.drv' failed"],
      is: undefined,
    },
  ])("$what", ({ exit, said, is }) => {
    expect(readFailure(TOP, exit, said)).toEqual(is);
  });

  it("which the builder's log is no part of", () => {
    const stderr = `error: builder for '${TOP}' failed with exit code 3;\n       last 1 log lines:\n       > error: builder for '${INNER}' failed\n       > timed out after 9 seconds\n`;

    expect(readFailure(TOP, 100, nixVoice(stderr))).toEqual({ cause: "builder" });
  });
});

describe("a build that was never tried is no failure", () => {
  it.each([
    {
      said: `error: a 'aarch64-linux' with features {} is required to build '${TOP}', but I am a 'x86_64-linux' with features {kvm}`,
      reason: "this machine cannot build for aarch64-linux",
    },
    {
      said: `error: a 'x86_64-linux' with features {quantum} is required to build '${TOP}'`,
      reason: "this machine cannot build for x86_64-linux with quantum",
    },
    {
      said: "Required system: 'riscv64-linux' with features {big}",
      reason: "this machine cannot build for riscv64-linux with big",
    },
    { said: `error: builder for '${TOP}' failed`, reason: undefined },
  ])("$said", ({ said, reason }) => {
    expect(notTriedReason([said])).toBe(reason);
  });
});

describe("known causes are put in words", () => {
  it.each([
    { log: "make[1]: execvp: /bin/sh: Argument list too long", words: /undefine modules/ },
    { log: "make: *** empty variable name.  Stop.", words: /empty name/ },
    { log: "modprobe: FATAL: Module 9p not found in directory /x", words: /^module 9p is not among/ },
    {
      log: "Can not derive a closure of kernel modules because no modules were provided.",
      words: /without kernel modules/,
    },
    {
      log: "cp: cannot stat '/nix/store/x/lib/modules': No such file or directory",
      words: /without kernel modules/,
    },
  ])("$log", ({ log, words }) => {
    expect(explainFailure(["something", log, "else"])).toMatch(words);
  });

  it("and others are left alone", () => {
    expect(explainFailure(["error: expected ';' before 'x'"])).toBeUndefined();
  });

  it("cut where a log hides something in a name", () => {
    expect(
      explainFailure([`modprobe: FATAL: Module \u001b[31m${"x".repeat(9_999)} not found in directory y`]),
    ).toBeUndefined();
  });
});

it("tells trouble with the network from other trouble", () => {
  expect(saysNetworkTrouble(["curl: (6) Could not resolve host: example.org"])).toBe(true);
  expect(saysNetworkTrouble(["curl: (22) The requested URL returned error: 404"])).toBe(false);
});
