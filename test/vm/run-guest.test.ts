import { describe, expect, it } from "vitest";
import { Interrupted } from "../../src/errors.ts";
import { runGuest } from "../../src/vm/run-guest.ts";

const never = new AbortController().signal;
const shell = (script: string, timeoutMs = 20_000, signal = never) =>
  runGuest(["/bin/sh", "-c", script], "n", timeoutMs, signal);

it("keeps console, errors and exit status", async () => {
  const run = await shell("echo one; echo two; echo bad >&2; exit 3");

  expect(run).toMatchObject({ ending: "exited", exitCode: 3, errors: "bad", log: { lines: ["one", "two"] } });
});

it("ends a guest at its time limit", async () => {
  expect(await shell("echo one; exec sleep 60", 200)).toMatchObject({ ending: "time-limit", exitCode: null });
});

it("is interrupted", async () => {
  await expect(shell("exec sleep 60", 20_000, AbortSignal.timeout(200))).rejects.toThrow(Interrupted);
});

describe("a flood", () => {
  it("of lines is ended, and the console is not believed to be whole", async () => {
    const run = await shell(`exec yes ${"x".repeat(1_000)}`);

    expect(run.ending).toBe("output-limit");
    expect(run.log.incomplete).toBe("the guest wrote more than 2 MiB and was ended");
    expect(run.log.lines.join("\n").length).toBeLessThanOrEqual(2 * 1024 * 1024);
  });

  it("in one line is cut, and the console is not believed to be whole", async () => {
    const run = await shell("head -c 3000000 /dev/zero | tr '\\000' x; echo; echo after");

    expect(run.log.incomplete).toBe("it has a line over 64 KiB, of which the rest was not kept");
    expect(run.log.lines.at(-1)).toBe("after");
  });

  it("of errors is cut", async () => {
    expect((await shell("yes x | head -n 100000 >&2")).errors.split("\n")).toHaveLength(20);
  });
});
