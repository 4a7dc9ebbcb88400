/** What evaluators are asked to look at. */
import { expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { componentsOfAttr, wantedAttrs } from "../../src/nix/wanted-attrs.ts";

it("joins attrs that lie in the same set", () => {
  expect(JSON.stringify(wantedAttrs(["a.b", "a.c", "d", "a"]))).toBe('{"a":{"b":{},"c":{}},"d":{}}');
});

it("has everything below some, whatever else is wanted there", () => {
  expect(JSON.stringify(wantedAttrs(["a.b.c", "d"], ["a.b", "a.b.e", "f"]))).toBe(
    '{"a":{"b":null},"d":{},"f":null}',
  );
});

it("takes any name for a name", () => {
  expect(Object.keys(wantedAttrs(["__proto__.constructor", '"a b".c']))).toEqual(["__proto__", "a b"]);
});

it("refuses what is no attribute path", () => {
  expect(() => wantedAttrs(["a..b"])).toThrow(UserError);
  expect(componentsOfAttr('a."b.c"')).toEqual(["a", "b.c"]);
});
