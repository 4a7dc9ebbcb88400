import { expect, it } from "vitest";
import { parseTokenSettings } from "../../src/config/token-settings.ts";
import { UserError } from "../../src/errors.ts";

it.each([
  [{ GITHUB_TOKEN: "a" }, "a"],
  [{ GH_TOKEN: "b" }, "b"],
  [{ GITHUB_TOKEN: "a", GH_TOKEN: "b" }, "a"],
  [{ GITHUB_TOKEN: " ", GH_TOKEN: "b\n" }, "b"],
])("takes the token from %j", (variables, token) => {
  expect(parseTokenSettings(variables)).toEqual({ token, host: undefined, apiUrl: undefined });
});

it("knows where the token is good for", () => {
  expect(parseTokenSettings({ GH_TOKEN: "b", GHE_HOST: "ghe.example.org" }).host).toBe("ghe.example.org");
});

it("says how to get a token", () => {
  expect(() => parseTokenSettings({})).toThrow(UserError);
  expect(() => parseTokenSettings({ GITHUB_TOKEN: "" })).toThrow(/no token/);
});
