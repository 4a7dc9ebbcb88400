import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/config/config.ts";
import type { StageName } from "../../src/domain/check-result.ts";
import { EnvironmentError } from "../../src/errors.ts";
import { createRecall } from "../../src/workflow/stage-memory.ts";
import { createStageLog } from "../../src/workflow/stages.ts";
import type { CheckRequest } from "../../src/workflow/world.ts";

const request: CheckRequest = {
  base: "b",
  head: "h",
  config: defaultConfig(),
  systems: ["x86_64-linux"],
  scope: "everything",
};

/** Values go through JSON, as they do in a database. */
function memory() {
  const kept = new Map<StageName, string>();
  return {
    kept,
    save: async (stage: StageName, value: unknown) => void kept.set(stage, JSON.stringify(value)),
    load: async (stage: StageName): Promise<unknown> => JSON.parse(kept.get(stage) ?? "null"),
  };
}

function attempt(kept: ReturnType<typeof memory> | undefined, differing: Partial<CheckRequest> = {}) {
  const stages = createStageLog({ stage() {}, detail() {} }, () => 0);
  return { stages, recall: createRecall({ ...request, ...differing }, stages, kept) };
}

async function firstTry(kept: ReturnType<typeof memory>) {
  const { stages, recall } = attempt(kept);
  await recall.remember(["build", "vm"], async () => {
    await stages.run("build", async () => {});
    return stages.run("vm", async () => ({ boots: 2 }));
  });
}

const never = () => Promise.reject(new Error("done again"));

describe("a stage that finished", () => {
  it("is taken up by the next try, with its results", async () => {
    const kept = memory();
    await firstTry(kept);

    const { stages, recall } = attempt(kept);
    expect(await recall.remember(["build", "vm"], never)).toEqual({ boots: 2 });
    expect(stages.results().map(({ stage, status }) => `${stage} ${status}`)).toEqual([
      "build done",
      "vm done",
    ]);
  });

  it.each<[string, Partial<CheckRequest>]>([
    ["the base moved", { base: "b2" }],
    ["the head is another one", { head: "h2" }],
    ["other systems are asked for", { systems: ["aarch64-linux"] }],
    ["the configuration is another one", { config: { ...defaultConfig(), kernels: ["linux_6_12"] } }],
    [
      "a key was written that was a default",
      { config: { ...defaultConfig(), written: new Set(["kernels"]) } },
    ],
  ])("is done again where %s", async (_, differing) => {
    const kept = memory();
    await firstTry(kept);
    const { recall } = attempt(kept, differing);
    await expect(recall.remember(["build", "vm"], never)).rejects.toThrow("done again");
  });

  it("is done again where nothing is kept, or something else lies there", async () => {
    await expect(attempt(undefined).recall.remember(["vm"], never)).rejects.toThrow("done again");
    const kept = memory();
    kept.kept.set("vm", JSON.stringify({ status: "done" }));
    await expect(attempt(kept).recall.remember(["vm"], never)).rejects.toThrow("done again");
  });
});

it("what the machine refused is not kept: it may run elsewhere", async () => {
  const kept = memory();
  const { stages, recall } = attempt(kept);
  const value = await recall.remember(["vm"], () =>
    stages.run("vm", () => Promise.reject(new EnvironmentError("qemu-missing", "no QEMU", "Install it."))),
  );
  expect(value).toBeUndefined();
  expect(kept.kept.size).toBe(0);
});
