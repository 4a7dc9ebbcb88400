import { describe, expect, it } from "vitest";
import type { Derivation } from "../../src/domain/derivation.ts";
import { derivationDifferences } from "../../src/domain/derivation-differences.ts";
import { derivation } from "./derivation-builders.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";
const other = HASH.split("").reverse().join("");
const inStore = (name: string, hash = HASH) => `/nix/store/${hash}-${name}`;

function differences(before: Partial<Derivation>, after: Partial<Derivation>) {
  return derivationDifferences(derivation("x", before), derivation("x", after));
}
const env = (before: Record<string, string>, after: Record<string, string>) =>
  differences({ env: before }, { env: after });

describe("what differs", () => {
  it.each<[string, Partial<Derivation>, Partial<Derivation>, string[]]>([
    ["nothing", {}, {}, []],
    ["the system", { system: "a" }, { system: "b" }, ["system: `a` → `b`"]],
    ["the builder", { builder: "/bin/sh" }, { builder: "/bin/bash" }, ["builder: `/bin/sh` → `/bin/bash`"]],
    [
      "the builder, by its hash alone",
      { builder: inStore("bash/bin/sh") },
      { builder: inStore("bash/bin/sh", other) },
      ["builder: `bash/bin/sh`, with other content"],
    ],
    ["arguments", { args: ["-e", "a"] }, { args: ["-e", "b"] }, ["arguments: `-e a` → `-e b`"]],
    [
      "inputs",
      {
        inputDrvs: new Map([
          [inStore("gcc.drv"), ["out"]],
          [inStore("zlib.drv"), ["out"]],
        ]),
      },
      {
        inputDrvs: new Map([
          [inStore("gcc.drv", other), ["out"]],
          [inStore("perl.drv"), ["out"]],
        ]),
      },
      ["needs another `gcc`", "needs `perl`", "needs no `zlib` any more"],
    ],
    [
      "what is selected of an input",
      { inputDrvs: new Map([[inStore("gcc.drv"), ["out"]]]) },
      { inputDrvs: new Map([[inStore("gcc.drv"), ["dev", "out"]]]) },
      ["of `gcc`: out → dev, out"],
    ],
    [
      "sources",
      { inputSrcs: [inStore("builder.sh"), inStore("old.patch")] },
      { inputSrcs: [inStore("builder.sh", other), inStore("new.patch")] },
      ["other source `builder.sh`", "new source `new.patch`", "no source `old.patch` any more"],
    ],
    [
      "outputs",
      { outputs: { out: { path: "/o", hashAlgo: "", hash: "" } }, env: { out: "/o" } },
      {
        outputs: { out: { path: "/p", hashAlgo: "", hash: "" }, dev: { path: "/d", hashAlgo: "", hash: "" } },
        env: { out: "/p", dev: "/d" },
      },
      ["new output `dev`"],
    ],
    [
      "structured attributes, and not the text they stand in",
      { structuredAttrs: { version: "1", list: ["a"] }, env: { __json: "1" } },
      { structuredAttrs: { version: "2", list: ["a", "b"] }, env: { __json: "2" } },
      ['`list`: `["a"]` → `["a","b"]`', "`version`: `1` → `2`"],
    ],
  ])("%s", (_, before, after, expected) => {
    expect(differences(before, after)).toEqual(expected);
  });

  it("is short where a lot does", () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`v${at}`, "x"]));
    const lines = env({}, many);
    expect(lines).toHaveLength(13);
    expect(lines.at(-1)).toBe("… and 8 more");
  });
});

describe("a value", () => {
  it("is shown on both sides, or the side it is on", () => {
    expect(env({ a: "1", b: "2", gone: "" }, { a: "1", b: "3", new: "4" })).toEqual([
      "`b`: `2` → `3`",
      "`gone` is gone: (empty)",
      "`new` is new: `4`",
    ]);
  });

  it("that is long is shown where it begins to differ", () => {
    const script = (line: string) => ["one", "two", `${"x".repeat(200)}${line}`, "four"].join("\n");
    expect(env({ script: script("old") }, { script: script("new") })).toEqual([
      `\`script\`: line 3: \`…${"x".repeat(20)}old\` → \`…${"x".repeat(20)}new\``,
    ]);
    expect(env({ script: "one\ntwo" }, { script: "one\ntwo\nthree" })).toEqual([
      "`script`: line 3: (empty) → `three`",
    ]);
    expect(env({ script: "one\ntwo\nthree" }, { script: "one\ntwo" })).toEqual([
      "`script`: line 3: `three` → (empty)",
    ]);
  });

  it("is shown without hashes, and said to differ where only these do", () => {
    expect(env({ src: inStore("linux.tar.xz") }, { src: inStore("linux.tar.xz", other) })).toEqual([
      "`src`: `linux.tar.xz`, with other content",
    ]);
  });

  it("cannot break the page it is shown on", () => {
    expect(env({ "a`\u001b[31m": "x`y" }, { "a`\u001b[31m": "\u202ex" })).toEqual([
      "`aʼ`: `xʼy` → `\ufffdx`",
    ]);
  });
});
