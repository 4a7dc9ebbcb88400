import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scanHead } from "../../../src/domain/graph/scan-head.ts";
import { parseDerivation } from "../../../src/domain/parse-derivation.ts";

/** What was said of outputs and inputs, or undefined where the text was not understood. */
function scanned(text: Buffer) {
  const outputs: (readonly [path: string, isFixed: boolean])[] = [];
  const inputs: (readonly [string, readonly string[]])[] = [];
  const ok = scanHead(text, {
    output: (from, to, isFixed) => outputs.push([text.toString("utf8", from, to), isFixed]),
    input(nameAt, from, to) {
      const name = text.toString("latin1", nameAt, text.indexOf('"', nameAt));
      inputs.push([`/nix/store/${name}`, JSON.parse(`[${text.toString("utf8", from, to)}]`)]);
    },
  });
  return ok ? { outputs, inputs } : undefined;
}

const OUT = '("out","/nix/store/o-x","","")';
const INPUT = '("/nix/store/i-a.drv",["dev","out"])';
const WHOLE = `Derive([${OUT}],[${INPUT},("/nix/store/j-b.drv",["out"])],["/nix/store/s"],"x","/bin/sh",[],[])`;

describe("outputs and inputs", () => {
  const fixtures = new URL("../fixtures/derivations/", import.meta.url);
  it.each(readdirSync(fixtures))("are what the parser says: %s", (name) => {
    const text = readFileSync(new URL(name, fixtures));
    const { outputs, inputDrvs } = parseDerivation("/nix/store/x-a.drv", text.toString("utf8"));

    expect(scanned(text)).toEqual({
      outputs: Object.values(outputs).map(({ path, hash }) => [path, hash !== ""]),
      inputs: [...inputDrvs],
    });
  });

  it("need nothing of what follows them", () => {
    const cut = WHOLE.slice(0, WHOLE.indexOf(',["/nix/store/s"]'));

    expect(scanned(Buffer.from(cut))).toEqual(scanned(Buffer.from(WHOLE)));
    expect(scanned(Buffer.from(WHOLE))?.inputs).toHaveLength(2);
  });

  it("are not guessed where the text ends within them", () => {
    const end = WHOLE.indexOf(',["/nix/store/s"]');
    for (let length = 0; length < end; length += 1)
      expect(scanned(Buffer.from(WHOLE.slice(0, length))), `${length}`).toBeUndefined();
  });

  it("may be none", () => {
    expect(scanned(Buffer.from(`Derive([${OUT}],[],[],"x","b",[],[])`))?.inputs).toEqual([]);
    expect(scanned(Buffer.from(`Derive([],[],[],"x","b",[],[])`))).toEqual({ outputs: [], inputs: [] });
  });
});

describe("what is left to the parser", () => {
  it.each([
    ["a dynamic derivation", `DrvWithVersion("xp-dyn-drv",[${OUT}],[${INPUT}],`],
    ["outputs of outputs", `Derive([${OUT}],[("/nix/store/i-a.drv",(["out"],[("out",["out"])]))],`],
    ["an escaped character in an output", `Derive([("o\\"ut","/nix/store/o","","")],[${INPUT}],`],
    ["an escaped character in an input", `Derive([${OUT}],[("/nix/store/i-\\"a.drv",["out"])],`],
    ["an escaped character in what is selected", `Derive([${OUT}],[("/nix/store/i-a.drv",["o\\\\ut"])],`],
    ["something else", `Derive([${OUT}]`],
    ["another bracket", `Derive([${OUT}],[["/nix/store/i-a.drv",["out"]]],`],
    ["a number", `Derive([${OUT}],[("/nix/store/i-a.drv",[1])],`],
    ["an output without a hash", `Derive([("out","/nix/store/o","")],[${INPUT}],`],
    ["outputs without a comma", `Derive([${OUT}${OUT}],[${INPUT}],`],
    ["no comma", `Derive([${OUT}],[${INPUT}${INPUT}],`],
    ["nothing", ""],
  ])("%s", (_, text) => {
    expect(scanned(Buffer.from(text))).toBeUndefined();
  });
});
