import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readSealed, writeSealed } from "../../src/nix/sealed-file.ts";
import { storeMentions } from "../../src/nix/store-mentions.ts";
import { isDrvPath, isStorePath, splitStorePath } from "../../src/nix/store-path.ts";
import { expectLinear } from "../harness/linear.ts";

const P = "/nix/store/h7n50bf7wgp88i1jxaikdz0pnsdf28cn-linux-6.1";

describe("store paths", () => {
  it.each([
    { path: P, is: true },
    { path: `${P}/lib`, is: false },
    { path: "/nix/store/h7n50bf7wgp88i1jxaikdz0pnsdf28cn", is: false },
    { path: "/nix/store/h7n50bf7wgp88i1jxaikdz0pnsdf28ce-x", is: false },
    { path: "/nix/store/h7n50bf7wgp88i1jxaikdz0pnsdf28cn-..", is: false },
    { path: "/nix/store/h7n50bf7wgp88i1jxaikdz0pnsdf28cn-a\n", is: false },
    { path: "/nix/store/../etc", is: false },
    { path: "--option", is: false },
  ])("$path", ({ path, is }) => {
    expect(isStorePath(path)).toBe(is);
  });

  it("derivations and splitting", () => {
    expect(isDrvPath(`${P}.drv`)).toBe(true);
    expect(isDrvPath(P)).toBe(false);
    expect(splitStorePath(`${P}/lib/modules`)).toEqual({ root: P, rest: "lib/modules" });
    expect(splitStorePath(P)).toEqual({ root: P, rest: "" });
    expect(splitStorePath("/etc/passwd")).toBeUndefined();
  });
});

describe("texts name store paths", () => {
  it.each([
    { text: `cp ${P}/lib/modules/ x`, names: [`${P}/lib/modules`] },
    { text: `see ${P}.`, names: [P] },
    { text: `"${P}/lib/modules/*/kernel"`, names: [`${P}/lib/modules`] },
    { text: `${P}/a:${P}/b`, names: [`${P}/a`, `${P}/b`] },
    { text: `\${${P}}/lib`, names: [P] },
    { text: "/nix/store/short-x", names: [] },
  ])("$text", ({ text, names }) => {
    expect(storeMentions(text).map(({ path }) => path)).toEqual(names);
  });

  it("on their lines", () => {
    expect(storeMentions(`one\n\n${P}\n`)).toEqual([{ path: P, line: 3 }]);
  });

  it("quickly, whatever the text", () => {
    expectLinear((size) => storeMentions(`/nix/store/${"a".repeat(size)}`));
    expectLinear((size) => storeMentions(`${P}/`.repeat(size / (P.length + 1))));
  });
});

describe("a sealed file", () => {
  it("gives back what was written, and nothing once it is damaged", async () => {
    const directory = await mkdtemp(join(tmpdir(), "modprobot-sealed-"));
    const path = join(directory, "below", "x");
    await writeSealed(path, { a: [1, "é"] });
    expect(await readSealed(path)).toEqual({ a: [1, "é"] });
    expect(await readdir(join(directory, "below"))).toEqual(["x"]);

    const bytes = await readFile(path);
    for (const damaged of [
      bytes.subarray(0, 40),
      bytes.subarray(0, -1),
      Buffer.concat([bytes, Buffer.from("x")]),
      Buffer.alloc(0),
    ]) {
      await writeFile(path, damaged);
      expect(await readSealed(path)).toBeUndefined();
    }
    expect(await readSealed(join(directory, "none"))).toBeUndefined();
    await rm(directory, { recursive: true });
  });
});
