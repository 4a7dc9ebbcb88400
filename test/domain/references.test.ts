import { describe, expect, it } from "vitest";
import type { Derivation } from "../../src/domain/derivation.ts";
import { readSuffix } from "../../src/domain/path-suffix.ts";
import { findReferences } from "../../src/domain/references.ts";
import { expectLinear } from "../harness/linear.ts";
import { derivation } from "./derivation-builders.ts";
import { storePath } from "./kernel-builders.ts";

const K = storePath("kout", "linux-6.1");
const DEV = storePath("kdev", "linux-6.1-dev");
const MODULES = storePath("kmodules", "linux-6.1-modules");
const KERNEL = { drv: "/nix/store/k.drv", outputs: { out: K, dev: DEV, modules: MODULES } };

/** What a consumer refers to, as `output/suffix`, sorted, each once. */
function named(
  more: Partial<Derivation>,
  scripts: readonly string[] = [],
  selected: readonly string[] = [],
): string[] {
  const consumer = derivation("consumer", { ...more, inputDrvs: new Map([[KERNEL.drv, selected]]) });
  const texts = new Map(scripts.map((text, index) => [`/nix/store/script-${index}`, text]));
  const places = findReferences(consumer, KERNEL, texts).map(({ output, suffix }) => `${output}/${suffix}`);
  return [...new Set(places)].sort();
}

describe("what follows a path", () => {
  it.each([
    { rest: "/lib/modules/6.1 -name x", suffix: "lib/modules/6.1" },
    { rest: '/lib/modules" -name x', suffix: "lib/modules" },
    { rest: '"/lib/modules/"$version"/kernel"', suffix: "lib/modules/*/kernel" },
    { rest: "/lib/modules/$(uname -r)/x", suffix: "lib/modules/*/x" },
    { rest: "/lib/modules/${V%-*}/x", suffix: "lib/modules/*/x" },
    { rest: "/lib/modules/*/kernel/fs/9p/*", suffix: "lib/modules/*/kernel/fs/9p/*" },
    { rest: "/lib/modules/x.{builtin,order} $out", suffix: "lib/modules/x.*" },
    { rest: "/bzImage:/other", suffix: "bzImage" },
    { rest: "/bzImage;rm", suffix: "bzImage" },
    { rest: "/lib/modules.", suffix: "lib/modules" },
    { rest: "/lib/", suffix: "lib" },
    { rest: "//lib/./modules", suffix: "lib/modules" },
    { rest: "'/lib/modules/fs/x.ko'", suffix: "lib/modules/fs/x.ko" },
    { rest: '\\"}', suffix: "" },
    { rest: " $out", suffix: "" },
    { rest: "", suffix: "" },
    { rest: "/$sub/x", suffix: "" },
    { rest: "/*", suffix: "" },
    { rest: "/lib/${", suffix: "lib/*" },
  ])("$rest is $suffix", ({ rest, suffix }) => {
    expect(readSuffix(rest, 0)).toBe(suffix);
  });
});

describe("forms of reference", () => {
  it.each<{ form: string; env?: Record<string, string>; scripts?: string[]; places: string[] }>([
    {
      form: "a path in a script",
      env: { buildCommand: `cp -r ${K}/lib/modules/6.1 $out` },
      places: ["out/lib/modules/6.1"],
    },
    {
      form: "a glob",
      env: { buildCommand: `cp ${K}/lib/modules/*/kernel/fs/9p/* .` },
      places: ["out/lib/modules/*/kernel/fs/9p/*"],
    },
    { form: "a short path", env: { buildCommand: `ln -s ${K}/lib $out/lib` }, places: ["out/lib"] },
    {
      form: "a quoted path",
      env: { buildCommand: `test -f '${K}/lib/modules/6.1/x.ko'` },
      places: ["out/lib/modules/6.1/x.ko"],
    },
    {
      form: "an attribute with a path",
      env: { KDIR: `${DEV}/lib/modules/6.1/build` },
      places: ["dev/lib/modules/6.1/build"],
    },
    {
      form: "a flag with a path",
      env: { makeFlags: `KDIR=${DEV}/lib/modules/6.1/build V=1` },
      places: ["dev/lib/modules/6.1/build"],
    },
    {
      form: "$kernel in a builder script",
      env: { kernel: K },
      scripts: ["test -d $kernel/lib/modules"],
      places: ["out/lib/modules"],
    },
    {
      form: "braces in a builder script",
      env: { kernel: K },
      scripts: ['cp "${kernel}/bzImage" .'],
      places: ["out/bzImage"],
    },
    {
      form: '"$kernel"/lib in a builder script',
      env: { kernel: K },
      scripts: ['ln -s "$kernel"/lib x'],
      places: ["out/lib"],
    },
    {
      form: "$kernel with and without a path",
      env: { kernel: K },
      scripts: ["x --dirname $kernel; ls $kernel/lib"],
      places: ["out/", "out/lib"],
    },
    {
      form: "an attribute with a path, used with more",
      env: { tree: `${K}/lib` },
      scripts: ["cp $tree/modules/x ."],
      places: ["out/lib", "out/lib/modules/x"],
    },
    {
      form: "@kernel@ in a template",
      env: { kernel: K },
      scripts: ["MODULE_DIR=@kernel@/lib/modules"],
      places: ["out/lib/modules"],
    },
    {
      form: "a variable of the script",
      env: { buildCommand: `KERNEL=${K}\nfind "$KERNEL/lib/modules" || true` },
      places: ["out/lib/modules"],
    },
    {
      form: "a variable of a variable",
      env: { kernel: K },
      scripts: ["k=$kernel\nlocal m=$k/lib\ncp $m/modules ."],
      places: ["out/lib", "out/lib/modules"],
    },
    { form: "a variable never used", env: { buildCommand: `export KERNEL=${K}; make` }, places: ["out/"] },
    {
      form: "an exported path",
      env: { text: `export MODULE_DIR=${K}/lib/modules/` },
      places: ["out/lib/modules"],
    },
    { form: "a list", env: { paths: `${K} ${MODULES} /nix/store/zfs` }, places: ["modules/", "out/"] },
    {
      form: "a list in a loop",
      env: { paths: `${K} /nix/store/zfs` },
      scripts: ["for p in $paths; do ls $p/lib; done"],
      places: ["out/"],
    },
    { form: "an attribute nobody is seen using", env: { kernel: K }, scripts: ["make"], places: ["out/"] },
    { form: "a link to the whole", env: { buildCommand: `ln -s ${K} $out` }, places: ["out/"] },
    { form: "a longer store path", env: { x: `echo ${K}-dev/lib ${K}.drv` }, places: [] },
    {
      form: "a comment",
      env: { text: `#!/bin/sh\n# modules are in ${K}/lib/modules\ntrue # or ${K}/lib` },
      places: [],
    },
    { form: "a hash sign that is no comment", env: { text: `echo "#" $# ${K}/lib` }, places: ["out/lib"] },
    {
      form: "a comment with an apostrophe",
      env: { text: `# don't use ${K}/lib\n: '# ${K}/bzImage'` },
      places: ["out/bzImage"],
    },
    { form: "a sentence", env: { text: `Modules are in ${K}.` }, places: ["out/"] },
  ])("$form names $places", ({ env = {}, scripts = [], places }) => {
    expect(named({ env }, scripts)).toEqual(places);
  });

  it("finds structured attributes, nested ones too", () => {
    const structuredAttrs = { paths: [K, "/nix/store/zfs"], a: { b: [{ c: `${K}/lib` }] }, kernel: DEV };

    const found = findReferences(
      derivation("x", { structuredAttrs }),
      KERNEL,
      new Map([["s", "ls $kernel/lib"]]),
    );

    expect(found.map(({ output, suffix, name, place }) => ({ output, suffix, name, place }))).toEqual([
      { output: "dev", suffix: "lib", name: "s", place: "script" },
      { output: "out", suffix: "", name: "paths.0", place: "attribute" },
      { output: "out", suffix: "lib", name: "a.b.0.c", place: "attribute" },
    ]);
  });

  it("says where", () => {
    const env = { kernel: K };

    const [reference] = findReferences(
      derivation("x", { env }),
      KERNEL,
      new Map([["/nix/store/x.sh", "set -e\n\n  ls $kernel/lib\n"]]),
    );

    expect(reference).toEqual({
      output: "out",
      suffix: "lib",
      place: "script",
      name: "/nix/store/x.sh",
      line: 3,
      text: "ls $kernel/lib",
      variable: "kernel",
    });
  });

  it("counts a selected output that is found nowhere as used whole", () => {
    expect(named({ env: { a: DEV } }, [], ["dev", "modules"])).toEqual(["dev/", "modules/"]);
  });

  it("takes an output without a path for one that is found nowhere", () => {
    const kernel = { drv: "/nix/store/k.drv", outputs: { out: "" } };
    const consumer = derivation("x", { env: { a: "" }, inputDrvs: new Map([[kernel.drv, ["out"]]]) });

    expect(findReferences(consumer, kernel)).toEqual([
      { output: "out", suffix: "", place: "input", name: kernel.drv },
    ]);
  });
});

describe("hostile texts", () => {
  it.each<{ unit: string; env?: Record<string, string>; after?: string }>([
    { unit: `${K}/lib ` },
    { unit: "#", after: K },
    { unit: "${kernel", env: { kernel: K } },
    { unit: "$kernel/", env: { kernel: K } },
    { unit: "'\"\\", env: { kernel: K } },
  ])("of $unit cost time in their length only", ({ unit, env = {}, after = "" }) => {
    expectLinear((size) => {
      const text = unit.repeat(size / unit.length) + after;
      return env["kernel"] === undefined ? named({ env: { text } }) : named({ env }, [text]);
    });
  });

  it.each(["a/", "{"])("of %s below an output cost time in their length only", (unit) => {
    expectLinear((size) => named({ env: { text: `${K}/${unit.repeat(size / unit.length)}` } }));
  });

  it("do not exhaust the stack", () => {
    const deep = JSON.parse(`${"[".repeat(50_000)}"${K}"${"]".repeat(50_000)}`);

    expect(findReferences(derivation("x", { structuredAttrs: { deep } }), KERNEL)).toHaveLength(1);
  });
});
