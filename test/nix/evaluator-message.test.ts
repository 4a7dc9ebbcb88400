import { describe, expect, it } from "vitest";
import { endedByCache, errorMessage, warningLines } from "../../src/nix/evaluator-message.ts";

describe("the error is one paragraph, whatever Nix wraps it in", () => {
  it.each([
    {
      nix: "2.8",
      said: `
error: attribute 'foo' missing

       at /src/pkgs/default.nix:4:63:

            3| in {
            4|   miss = {}.foo;
             |          ^
(use '--show-trace' to show detailed location information)`,
      message: "attribute 'foo' missing (pkgs/default.nix:4)",
    },
    {
      nix: "2.24",
      said: `
error:
       … while evaluating the attribute 'drvPath'
         at /src/a.nix:1:2:
            1| {
             | ^

       … while calling the 'throw' builtin
         at /src/b.nix:9:8:

       error: Package ‘x’ is broken,
       refusing to evaluate.`,
      message: "Package ‘x’ is broken, refusing to evaluate.",
    },
    { nix: "a throw with paragraphs", said: "error: one\n\n   two\nthree", message: "one two three" },
    { nix: "colours", said: "\u001b[31;1merror:\u001b[0m no \u001b[35;1mway\u001b[0m", message: "no way" },
    { nix: "an earlier trace", said: "trace: error: forged\nerror: real", message: "real" },
    {
      nix: "a name of the checkout",
      said: "error: getting status of '/src/x.json'",
      message: "getting status of 'x.json'",
    },
    { nix: "a file elsewhere", said: "error: x\n at /nix/store/a:1:2:", message: "x" },
  ])("$nix", ({ said, message }) => {
    expect(errorMessage(said.split("\n"))).toBe(message);
  });

  it("is none where Nix said none", () => {
    expect(errorMessage(["trace: x", "Killed"])).toBeUndefined();
  });

  it("is cut", () => {
    expect(errorMessage([`error: ${"x".repeat(9_999)}`])).toHaveLength(2_000);
  });
});

it("keeps each warning once, clean, without those that come from how we run Nix", () => {
  const lines = [
    "warning: a",
    "GC Warning: Could not open /proc/stat",
    "warning: error: SQLite database '/eval/nix/var/nix/db/db.sqlite' is busy",
    "SQLite database '/eval/nix/var/nix/db/db.sqlite' is busy (SQLITE_PROTOCOL)",
    "trace: warning: error: SQLite database '/x/db.sqlite' is busy",
    "",
    "warning: a",
    "trace: \u001b[1mb\u001b[0m /src/c.nix",
  ];

  expect(warningLines(lines)).toEqual([
    "warning: a",
    "trace: warning: error: SQLite database '/x/db.sqlite' is busy",
    "trace: b c.nix",
  ]);
});

it("keeps a limited number of warnings", () => {
  expect(warningLines(Array.from({ length: 999 }, (_, n) => `w${n}`))).toHaveLength(200);
});

describe("an evaluator that may have been ended by its cache", () => {
  it.each([
    "infinite symlink recursion in path '/g9fdvs2bhl27gmkl8pxgn8cfrrnaxj7n-s/f'",
    "getting status of /nix/store/g9fdvs2bhl27gmkl8pxgn8cfrrnaxj7n-s: Too many levels of symbolic links",
    "access to absolute path '/nix/store/z06n2qhjfr3vmw3ndbx1yk5mr6yw0vqq-x' is forbidden in restricted mode",
    "file 'nar/1.nar' does not exist in binary cache 'file:///cache'",
    "path '/nix/store/z06n2qhjfr3vmw3ndbx1yk5mr6yw0vqq-x' is not valid",
    "writing file '/cache/nar/1.nar.tmp.5.6': No space left on device",
  ])("%s", (error) => {
    expect(endedByCache(error)).toBe(true);
  });

  it.each([
    "evaluation aborted with the following error message: 'x'",
    "attribute 'foo' missing (pkgs/default.nix:4)",
    "infinite recursion encountered",
    "stack overflow (possible infinite recursion)",
  ])("is none that says: %s", (error) => {
    expect(endedByCache(error)).toBe(false);
  });
});
