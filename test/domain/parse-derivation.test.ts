import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { DerivationSyntaxError } from "../../src/domain/aterm-reader.ts";
import { parseDerivation } from "../../src/domain/parse-derivation.ts";

/** Written by nix-instantiate 2.8.0. */
const recorded = (name: string) => {
  const text = readFileSync(new URL(`fixtures/derivations/${name}.drv`, import.meta.url), "utf8");
  return parseDerivation(`/nix/store/00000000000000000000000000000000-${name}.drv`, text);
};
const parse = (text: string) => parseDerivation("/nix/store/00000000000000000000000000000000-x.drv", text);

describe("derivations as Nix writes them", () => {
  it("reads escapes in strings", () => {
    const { name, env, args } = recorded("escapes");

    expect(name).toBe("escapes");
    expect(env["text"]).toBe(`a"b\\c\nd\te\r\${x} ü`);
    expect(args).toEqual(["-c", 'echo "\\"']);
  });

  it("reads a fixed output with its hash", () => {
    const { outputs } = recorded("source.tar.gz");

    expect(outputs["out"]).toEqual({
      path: "/nix/store/iki6vnzb4r3c2093rh9ra64ga15q6zfp-source.tar.gz",
      hashAlgo: "sha256",
      hash: "dc70c30d37dc70c30d37dc70c30d37dc70c30d37dc70e30d9f2b6881713a75af",
    });
  });

  it("reads a floating content-addressed output as one without a path", () => {
    expect(recorded("floating").outputs["out"]).toEqual({ path: "", hashAlgo: "r:sha256", hash: "" });
  });

  it("reads which outputs are selected", () => {
    expect([...recorded("multiple").inputDrvs]).toEqual([
      ["/nix/store/8609fzmmwff1yim97vym44rw88nfb9gx-linux-6.1.drv", ["dev", "out"]],
    ]);
  });

  it("reads structured attributes", () => {
    const { structuredAttrs } = recorded("structured");

    expect(structuredAttrs?.["paths"]).toEqual([
      "/nix/store/zi6i127v86wmzks5v2n5q8hkd5px7x1h-linux-6.1",
      "/nix/store/2rjrf0ysw9sh1kgcvzvcqgbll60x5dhc-linux-6.1-modules",
    ]);
    expect(structuredAttrs?.["flag"]).toBe(true);
  });

  it("reads dynamic derivations", () => {
    const { inputDrvs } = parse(
      'DrvWithVersion("xp-dyn-drv",[("out","","r:sha256","")],' +
        '[("/nix/store/a.drv",["out"]),("/nix/store/b.drv",(["dev"],[("out",(["bin"],[("x",["y"])]))]))],' +
        '[],"s","b",[],[])',
    );

    expect([...inputDrvs]).toEqual([
      ["/nix/store/a.drv", ["out"]],
      ["/nix/store/b.drv", ["dev", "out"]],
    ]);
  });
});

describe("names chosen by a recipe", () => {
  it("are not looked up on a prototype", () => {
    const { env, outputs } = parse(
      'Derive([("constructor","/nix/store/c","","")],[],[],"s","b",[],[("__proto__","p")])',
    );

    expect(Object.entries(env)).toEqual([["__proto__", "p"]]);
    expect(Object.keys(outputs)).toEqual(["constructor"]);
    expect(env["toString"]).toBeUndefined();
  });

  it("leave broken structured attributes to Nix", () => {
    const { structuredAttrs, env } = parse('Derive([],[],[],"s","b",[],[("__json","{")])');

    expect(structuredAttrs).toBeUndefined();
    expect(env["__json"]).toBe("{");
  });
});

describe("text that is no derivation", () => {
  it.each([
    { text: "", offset: 0 },
    { text: 'Derive([],[],[],"s","b",[],[]', offset: 29 },
    { text: 'Derive([],[],[],"s', offset: 17 },
    { text: 'Derive([],[],[],"s\\', offset: 17 },
    { text: "Derive([[],[],[]", offset: 8 },
    { text: 'DrvWithVersion("next",[]', offset: 21 },
    { text: 'DrvWithVersion("xp-dyn-drv",[],[("a",([],[("o",[[', offset: 49 },
  ])("$text fails at $offset, naming the file", ({ text, offset }) => {
    const attempt = () => parse(text);

    expect(attempt).toThrow(DerivationSyntaxError);
    expect(attempt).toThrow(`-x.drv is not a derivation`);
    expect(attempt).toThrow(`at offset ${offset}`);
  });
});

it("reads a long text with many escapes in linear time", () => {
  const value = '\\"\\n'.repeat(500_000);

  const { env } = parse(`Derive([],[],[],"s","b",[],[("text","${value}")])`);

  expect(env["text"]).toHaveLength(1_000_000);
});
