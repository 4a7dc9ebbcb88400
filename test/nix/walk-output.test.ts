import { describe, expect, it } from "vitest";
import { attrDerivation, componentsOf, readStatement, withAbout } from "../../src/nix/walk-output.ts";

const NONCE = "5f3c";
const said = (rest: string) => readStatement(NONCE, `trace: ${NONCE} ${rest}`);
const drv = (drvPath: string, outputs: [string, string][]) => ({
  kind: "derivation" as const,
  id: '["a"]',
  value: { drvPath, name: "a", system: "x86_64-linux", outputs },
});
const HASH = "h7n50bf7wgp88i1jxaikdz0pnsdf28cn";

describe("only lines with the nonce are the walker's", () => {
  it.each([
    'trace: 5f3d begin {"id":"[]"}',
    ' trace: 5f3c begin {"id":"[]"}',
    'trace: trace: 5f3c begin {"id":"[]"}',
    '5f3c begin {"id":"[]"}',
    "warning: something",
    "",
  ])("not %j", (line) => {
    expect(readStatement(NONCE, line)).toBeUndefined();
  });

  it.each([
    { line: 'begin {"id":"[\\"a\\"]"}', statement: { kind: "begin", id: '["a"]' } },
    { line: "end {}", statement: { kind: "end" } },
    {
      line: 'type {"id":"[\\"a\\"]","type":"lambda"}',
      statement: { kind: "type", id: '["a"]', type: "lambda" },
    },
  ])("$line", ({ line, statement }) => {
    expect(said(line)).toEqual(statement);
  });

  it.each([
    'begin {"id":"[',
    "begin {}",
    'constructor {"id":"x"}',
    "toString {}",
    "begin",
    'derivation {"id":"x","value":{}}',
  ])("%j is ours and cannot be read", (line) => {
    expect(said(line)).toEqual({ kind: "unreadable" });
  });
});

it("takes identities that are lists of names only", () => {
  expect(componentsOf('["a","b c"]')).toEqual(["a", "b c"]);
  expect(componentsOf('{"a":1}')).toBeUndefined();
  expect(componentsOf("[1]")).toBeUndefined();
  expect(componentsOf("[")).toBeUndefined();
});

describe("paths are believed when they are store paths", () => {
  const good = `/nix/store/${HASH}-a`;
  it.each([
    { what: "all well", statement: drv(`${good}.drv`, [["out", good]]), ok: true },
    { what: "no .drv", statement: drv(good, [["out", good]]), ok: false },
    { what: "elsewhere", statement: drv("/etc/passwd.drv", [["out", good]]), ok: false },
    { what: "a way out", statement: drv(`/nix/store/${HASH}-a/../../x.drv`, [["out", good]]), ok: false },
    { what: "an option", statement: drv(`${good}.drv`, [["out", "--option"]]), ok: false },
    { what: "a line end", statement: drv(`${good}\n.drv`, [["out", good]]), ok: false },
    { what: "no outputs", statement: drv(`${good}.drv`, []), ok: false },
  ])("$what", ({ statement, ok }) => {
    expect(attrDerivation(statement).ok).toBe(ok);
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
    const result = withAbout(attr, { kind: "about", id: "[]", position, maintainers: ["b", "a", "b"] });

    expect(result.position).toEqual(expected);
    expect(result.maintainers).toEqual(["a", "b"]);
  });
});
