import { describe, expect, it } from "vitest";
import { endingOf } from "../../src/cli/exit-status.ts";
import { EnvironmentError, Interrupted, UserError } from "../../src/errors.ts";

describe("an error's class decides the status, never its words", () => {
  it.each([
    [new UserError("c", "what we saw", "what to do"), 2],
    [new EnvironmentError("c", "what we saw", "what to do"), 3],
    [new Interrupted(), 130],
    [Object.assign(new Error("ENOSPC: no space left on device"), { code: "ENOSPC" }), 3],
    [new Error("a bug"), 3],
    ["not even an error", 3],
  ])("%s ends with %i", (error, status) => {
    expect(endingOf(error).status).toBe(status);
  });
});

it("says what was seen and what to do, one line each", () => {
  expect(endingOf(new UserError("c", "what we saw", "do this\nor that")).text).toBe(
    "modprobot: what we saw\n  do this\n  or that\n",
  );
});

it("shows a trace only for a bug of our own", () => {
  expect(endingOf(new EnvironmentError("c", "m", "d")).text).not.toMatch(/\n\s+at /);
  expect(endingOf(new Error("oops")).text).toMatch(/bug in modprobot[\s\S]*\n\s+at /);
});

it("explains a full disk even where no adapter did", () => {
  const error = Object.assign(new Error("ENOSPC"), { code: "ENOSPC", path: "/data/x" });
  expect(endingOf(error).text).toContain("the disk is full: /data/x");
});
