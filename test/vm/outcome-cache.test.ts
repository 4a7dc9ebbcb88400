import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { VmOutcome } from "../../src/domain/vm.ts";
import { cacheKey, createOutcomeCache } from "../../src/vm/outcome-cache.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "outcome-cache-"));
});
afterEach(() => rm(directory, { recursive: true }));

const passed: VmOutcome = {
  outcome: "passed",
  seconds: 5,
  accelerator: "tcg",
  problems: [],
  kernelRelease: "6.1",
  modules: [{ module: "loop", loaded: "loaded", parameters: { max_loop: null }, unloaded: true }],
  splats: [],
  consoleTail: ["bye"],
};

it("keeps a clean pass as it was", async () => {
  await createOutcomeCache(directory).write("k", passed);

  expect(await createOutcomeCache(directory).read("k")).toEqual(passed);
  expect(await createOutcomeCache(directory).read("other")).toBeUndefined();
});

it.each([
  { name: "a failure", outcome: { ...passed, outcome: "failed", problems: ["x"] } as VmOutcome },
  { name: "a pass at the second try", outcome: { ...passed, firstTry: ["x"] } as VmOutcome },
  {
    name: "a timeout",
    outcome: { outcome: "timeout", seconds: 1, accelerator: "tcg", consoleTail: [] } as VmOutcome,
  },
  { name: "a boot that was not run", outcome: { outcome: "not-run", reason: "x" } as VmOutcome },
])("does not keep $name", async ({ outcome }) => {
  await createOutcomeCache(directory).write("k", outcome);

  expect(await readdir(directory)).toEqual([]);
});

it.each(["", "{", "[]", '{"outcome":"passed"}', '{"outcome":"failed"}'])(
  "does not believe %j",
  async (text) => {
    await writeFile(join(directory, "k.json"), text);

    expect(await createOutcomeCache(directory).read("k")).toBeUndefined();
  },
);

it("survives two writers of one key", async () => {
  const cache = createOutcomeCache(directory);

  await Promise.all(Array.from({ length: 8 }, () => cache.write("k", passed)));

  expect(await readdir(directory)).toEqual(["k.json"]);
});

it("has another key for every other value", () => {
  expect(new Set([cacheKey({ a: 1 }), cacheKey({ a: 2 }), cacheKey({ b: 1 })]).size).toBe(3);
});
