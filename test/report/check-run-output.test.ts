import { describe, expect, it } from "vitest";
import { annotationsOf } from "../../src/domain/annotations.ts";
import type { CheckState } from "../../src/domain/check-record.ts";
import { checkRunOf } from "../../src/report/check-run-output.ts";
import {
  checkResult,
  consumerResult,
  foundingCase,
  HOSTILE,
  hostile,
  nothingToSay,
  notRun,
  STORIES,
} from "../harness/results.ts";
import { checkRecord } from "./check-records.ts";

describe("every state", () => {
  it.each<[CheckState, string, string | undefined, string]>([
    ["queued", "queued", undefined, "Waiting for a machine"],
    ["running", "in_progress", undefined, "Evaluating"],
    ["waiting", "completed", "action_required", "Builds and boots wait for an approval"],
    ["done", "completed", "neutral", "No kernel recipe is touched"],
    ["failed", "completed", "neutral", "Could not be checked: why"],
    ["cancelled", "completed", "cancelled", "Cancelled: why"],
    ["superseded", "completed", "cancelled", "Superseded: why"],
  ])("%s without a result: %s, %s", (state, status, conclusion, title) => {
    const reason = ["queued", "running"].includes(state) ? null : "why";
    const run = checkRunOf(checkRecord({ state, reason }), null);

    expect(run).toMatchObject({ status, title });
    expect(run.conclusion).toBe(conclusion);
    expect(run.actions.map(({ identifier }) => identifier)).toEqual(["rerun", "vm", "cancel"]);
    expect(run.annotations).toBeUndefined();
  });

  it.each([
    [foundingCase(), "failure"],
    [nothingToSay(), "success"],
    [notRun(), "neutral"],
  ])("done with a verdict", (result, conclusion) => {
    expect(checkRunOf(checkRecord({ result }), null).conclusion).toBe(conclusion);
  });

  it("shows what is known so far while it runs", () => {
    const result = checkResult({ headline: "⏳ 43 rebuilds on `x86_64-linux`" });

    expect(checkRunOf(checkRecord({ state: "running", result }), null)).toMatchObject({
      status: "in_progress",
      title: "⏳ 43 rebuilds on x86_64-linux",
    });
  });
});

it.each(Object.entries(STORIES))("fits GitHub's fields: %s", (_, story) => {
  const run = checkRunOf(checkRecord({ result: story() }), "https://modprobot.example/checks/1");

  expect(run.title.length).toBeLessThanOrEqual(200);
  expect(run.summary.length).toBeLessThanOrEqual(65_535);
  expect(Buffer.byteLength(run.text ?? "")).toBeLessThanOrEqual(65_535);
  expect(run.detailsUrl).toBe("https://modprobot.example/checks/1");
  for (const { label, description, identifier } of run.actions) {
    expect(label.length).toBeLessThanOrEqual(20);
    expect(description.length).toBeLessThanOrEqual(40);
    expect(identifier.length).toBeLessThanOrEqual(20);
  }
});

describe("annotations", () => {
  it("stand on the lines that break, and say what to write instead", () => {
    const annotations = annotationsOf(foundingCase());

    expect(annotations).toHaveLength(13);
    expect(annotations.find(({ path }) => path.includes("R08"))).toEqual({
      path: "pkgs/consumers/R08-stage2-script.nix",
      line: 7,
      level: "failure",
      title: "consumers.R08-stage2-script builds, and names a path that is gone",
      message: expect.stringContaining('Write instead: ${lib.getOutput "modules" kernel}/lib/modules/'),
    });
  });

  it.each([["/etc/passwd"], ["../../x"], ["a/../../x"], ["a\nb"], [""]])("never name %j", (file) => {
    const consumers = [consumerResult("a", { comparison: "regressed", effect: "build", file })];

    expect(annotationsOf(checkResult({ consumers }))).toEqual([]);
  });

  it("leave out other repositories, and what does not break", () => {
    const consumers = [
      consumerResult("o/r", { kind: "repository", comparison: "regressed", effect: "build", file: "a.nix" }),
      consumerResult("b", { comparison: "same-pass", effect: "none", file: "b.nix" }),
      consumerResult("c", { comparison: "regressed", effect: "size", file: "c.nix" }),
    ];

    expect(annotationsOf(checkResult({ consumers }))).toEqual([]);
  });

  it("are at most two hundred, each small, and the same each time", () => {
    const consumers = Array.from({ length: 300 }, (_, n) =>
      consumerResult(`a${n}`, {
        comparison: "regressed",
        effect: "build",
        file: `f${n}`,
        advice: "x".repeat(9_000),
      }),
    );
    const annotations = annotationsOf(checkResult({ consumers }));

    expect(annotations).toHaveLength(200);
    expect(Math.max(...annotations.map(({ message }) => message.length))).toBeLessThanOrEqual(2_000);
    expect(annotationsOf(checkResult({ consumers: [...consumers].reverse() }))).toEqual(annotations);
  });

  it("hide nothing and play no tricks", () => {
    const text = JSON.stringify(
      annotationsOf({
        ...hostile(),
        consumers: [
          consumerResult(HOSTILE, {
            comparison: "regressed",
            effect: "build",
            file: "a.nix",
            reference: HOSTILE,
          }),
        ],
      }),
    );

    expect(text).not.toMatch(/\\u001b|\u202e|\\u0000/);
  });
});
