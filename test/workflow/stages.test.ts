import { describe, expect, it } from "vitest";
import { EnvironmentError, Interrupted, UserError } from "../../src/errors.ts";
import { createStageLog } from "../../src/workflow/stages.ts";

function log() {
  const shown: string[] = [];
  let now = 0;
  const progress = {
    stage: (stage: string, status: string, detail?: string) =>
      shown.push([stage, status, detail].filter(Boolean).join(" ")),
    detail: () => {},
  };
  return { shown, stages: createStageLog(progress, () => (now += 1_000)) };
}

describe("a stage", () => {
  it("that ends is done, with its time", async () => {
    const { stages, shown } = log();

    const value = await stages.run("build", async () => 7);

    expect(value).toBe(7);
    expect(stages.results()).toEqual([{ stage: "build", status: "done", seconds: 1 }]);
    expect(shown).toEqual(["build running", "build done"]);
  });

  it("that the machine refuses is not-run, with the reason, and costs only itself", async () => {
    const { stages } = log();

    const value = await stages.run("vm", async () => {
      throw new EnvironmentError("qemu-missing", "QEMU is not installed", "Install it.");
    });

    expect(value).toBeUndefined();
    expect(stages.results()).toEqual([
      { stage: "vm", status: "not-run", reason: "QEMU is not installed", seconds: 1 },
    ]);
  });

  it("of which a part could not run is not-run too, each reason once, and keeps its value", async () => {
    const { stages } = log();

    const value = await stages.run("build", async (stage) => {
      stage.notRun("b");
      stage.notRun("a");
      stage.notRun("b");
      return 7;
    });

    expect(value).toBe(7);
    expect(stages.results()[0]).toMatchObject({ status: "not-run", reason: "a; b" });
  });

  it.each([new UserError("x", "m", "d"), new Interrupted(), new Error("a bug")])(
    "lets %s through",
    async (error) => {
      const { stages } = log();
      await expect(stages.run("plan", () => Promise.reject(error))).rejects.toBe(error);
    },
  );

  it("without which there is no report lets the machine's refusal through as well", async () => {
    const { stages } = log();
    const refusal = new EnvironmentError("disk-full", "full", "d");

    await expect(stages.require("checkout", () => Promise.reject(refusal))).rejects.toBe(refusal);
    expect(stages.results()[0]?.status).toBe("not-run");
  });
});

it("lists stages in their fixed order, whatever ran first", async () => {
  const { stages } = log();
  stages.skip("vm", "no kernel differs");
  await stages.run("checkout", async () => {});

  expect(stages.results().map(({ stage, status }) => `${stage} ${status}`)).toEqual([
    "checkout done",
    "vm skipped",
  ]);
});
