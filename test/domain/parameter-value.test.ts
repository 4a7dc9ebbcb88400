import { expect, it } from "vitest";
import { isSameParameterValue } from "../../src/domain/parameter-value.ts";

it.each([
  ["4", "4", true],
  ["4", "4\n", true],
  ["4", "8", false],
  ["0x10", "16", true],
  ["010", "8", true],
  ["-1", "-1", true],
  ["-1", "4294967295", false],
  ["1", "Y", true],
  ["0", "Y", false],
  ["off", "N", true],
  ["maybe", "N", false],
  ["1,0x2", "1,2", true],
  ["1,2", "1", false],
  ["1", "1,2", false],
  ["eth0", "eth0", true],
  ["eth0", "eth1", false],
  ["", "", true],
  ["", "0", false],
])("%j read back as %j: %s", (given, seen, same) => {
  expect(isSameParameterValue(given, seen)).toBe(same);
});
