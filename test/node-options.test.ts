import { expect, it } from "vitest";
import { nodeOptions } from "../src/node-options.ts";

const QUIET = "--disable-warning=ExperimentalWarning";
const STRIPS = { typescript: "strip" } as typeof process.features;
const DOES_NOT = { typescript: false } as typeof process.features;

it.each<[string, typeof process.features, string[], string[]]>([
  ["strips types", STRIPS, ["--import", "/strip-types.mjs"], [QUIET]],
  ["does not", DOES_NOT, [QUIET, "--import", "/strip-types.mjs"], [QUIET, "--import", "/strip-types.mjs"]],
  [
    "does not, limited",
    DOES_NOT,
    ["--max-old-space-size=9", "--import", "/s.mjs"],
    [QUIET, "--import", "/s.mjs"],
  ],
])("what a Node that %s hands on", (_, features, started, options) => {
  expect(nodeOptions(features, started)).toEqual(options);
});
