import { describe, expect, it } from "vitest";
import { attrDerivation, readStatement, withAbout } from "../../src/nix/walk-output.ts";

const NONCE = "5f3c";
const said = (rest: string) => readStatement(NONCE, `trace: ${NONCE} ${rest}`);
const drv = (drvPath: string, outputs: [string, string][]) => ({
  drvPath,
  name: "a",
  system: "x86_64-linux",
  outputs,
});
const HASH = "h7n50bf7wgp88i1jxaikdz0pnsdf28cn";

describe("only lines with the nonce are the walker's", () => {
  it.each([
    'trace: 5f3d begin {"at":0,"path":[]}',
    ' trace: 5f3c begin {"at":0,"path":[]}',
    'trace: trace: 5f3c begin {"at":0,"path":[]}',
    '5f3c begin {"at":0,"path":[]}',
    "warning: something",
    "",
  ])("not %j", (line) => {
    expect(readStatement(NONCE, line)).toBeUndefined();
  });

  const value = '{"drvPath":"d","name":"n","system":"s","outputs":[["out","o"]]}';
  const described = { drvPath: "d", name: "n", system: "s", outputs: [["out", "o"]] };
  const placed = { at: 7, path: ["a"] };
  it.each([
    { line: 'begin {"at":7,"path":["a"]}', statement: { kind: "begin", ...placed } },
    { line: "end {}", statement: { kind: "end" } },
    { line: 'names {"count":2,"digest":"x"}', statement: { kind: "names", count: 2, digest: "x" } },
    { line: 'set {"at":7,"path":["a"],"size":3}', statement: { kind: "set", ...placed, size: 3 } },
    {
      line: 'type {"at":7,"path":["a"],"type":"lambda"}',
      statement: { kind: "type", ...placed, type: "lambda" },
    },
    {
      line: `derivation {"at":7,"path":["a"],"value":${value}}`,
      statement: { kind: "derivation", ...placed, value: described },
    },
    {
      line: `derivation {"at":7,"path":["a"],"value":${value},"position":null,"maintainers":["m"],"kernel":true}`,
      statement: {
        kind: "derivation",
        ...placed,
        value: described,
        about: { position: null, maintainers: ["m"], kernel: true },
      },
    },
    {
      line: 'about {"at":7,"path":["a"],"position":"p:1","maintainers":[]}',
      statement: { kind: "about", ...placed, about: { position: "p:1", maintainers: [] } },
    },
  ])("$line", ({ line, statement }) => {
    expect(said(line)).toEqual(statement);
  });

  it.each([
    'begin {"at":0,"path":["',
    "begin {}",
    'begin {"at":-1,"path":[]}',
    'begin {"at":0.5,"path":[]}',
    'begin {"at":0,"path":"a"}',
    'begin {"at":0,"path":[1]}',
    "begin null",
    'constructor {"at":0,"path":[]}',
    "toString {}",
    "begin",
    'names {"count":"1","digest":"x"}',
    'set {"at":0,"path":[]}',
    'about {"at":0,"path":[],"position":1,"maintainers":[]}',
    'derivation {"at":0,"path":[],"value":{}}',
    'derivation {"at":0,"path":[],"value":{"drvPath":"d","name":"n","system":"s","outputs":[["out"]]}}',
    'derivation {"at":0,"path":[],"value":{"drvPath":"d","name":"n","system":null,"outputs":[]}}',
  ])("%j is ours and cannot be read", (line) => {
    expect(said(line)).toEqual({ kind: "unreadable" });
  });
});

describe("paths are believed when they are store paths", () => {
  const good = `/nix/store/${HASH}-a`;
  it.each([
    { what: "all well", value: drv(`${good}.drv`, [["out", good]]), ok: true },
    { what: "no .drv", value: drv(good, [["out", good]]), ok: false },
    { what: "elsewhere", value: drv("/etc/passwd.drv", [["out", good]]), ok: false },
    { what: "a way out", value: drv(`/nix/store/${HASH}-a/../../x.drv`, [["out", good]]), ok: false },
    { what: "an option", value: drv(`${good}.drv`, [["out", "--option"]]), ok: false },
    { what: "a line end", value: drv(`${good}\n.drv`, [["out", good]]), ok: false },
    { what: "no outputs", value: drv(`${good}.drv`, []), ok: false },
  ])("$what", ({ value, ok }) => {
    expect(attrDerivation(value).ok).toBe(ok);
  });

  it("keeps the order of outputs, and names objects have", () => {
    const result = attrDerivation(
      drv(`${good}.drv`, [
        ["__proto__", good],
        ["dev", good],
        ["constructor", good],
      ]),
    );

    expect(result.ok && Object.keys(result.outputs)).toEqual(["__proto__", "dev", "constructor"]);
  });
});

describe("positions are files of the checkout", () => {
  const attr = { ok: true, drv: "d", outputs: {}, name: "a", system: "s" } as const;
  it.each([
    { position: "/src/pkgs/a.nix:12", expected: { file: "pkgs/a.nix", line: 12 } },
    { position: "/src/a:b.nix:1", expected: { file: "a:b.nix", line: 1 } },
    { position: "/src/../etc/passwd:1", expected: undefined },
    { position: "/srcx/a.nix:1", expected: undefined },
    { position: "/nix/store/x:1", expected: undefined },
    { position: "/src/a.nix:0", expected: undefined },
    { position: "/src/a.nix", expected: undefined },
    { position: null, expected: undefined },
  ])("$position", ({ position, expected }) => {
    const result = withAbout(attr, { position, maintainers: ["b", "a", "b"] });

    expect(result.position).toEqual(expected);
    expect(result.maintainers).toEqual(["a", "b"]);
    expect(result).not.toHaveProperty("kernel");
  });

  it("and kernels say so", () => {
    expect(withAbout(attr, { position: null, maintainers: [], kernel: true })).toEqual({
      ...attr,
      kernel: true,
    });
  });
});
