/** What the report says of culprits and predictions; the rest of the section stands in the goldens. */
import { describe, expect, it } from "vitest";
import type { Prediction, SystemRebuilds } from "../../src/domain/check-result.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { checkResult, systemRebuilds } from "../harness/results.ts";

const GRAPH = "5".repeat(40);
const prediction = (differing: Partial<Prediction>): Prediction => ({
  status: "predicted",
  graph: GRAPH,
  attrs: 2,
  derivations: 2,
  missed: null,
  wrong: null,
  ...differing,
});
const rebuilt = { attrs: 2, derivations: 2, changed: ["linux", "zfs"] };

function shown(system: Partial<SystemRebuilds>): string {
  const systems = { "x86_64-linux": systemRebuilds({ ...rebuilt, ...system }) };
  const rebuilds = { systems, os: { linux: 2, darwin: null }, labels: [] };
  return renderTerminal(checkResult({ rebuilds }), { colour: false, width: 120 });
}

const culprit = (name: string, attrs: number, attr?: string) => ({
  name,
  drv: `/nix/store/x-${name}.drv`,
  attrs,
  ...(attr === undefined ? {} : { attr }),
});

describe("culprits", () => {
  it("are named with what is because of each", () => {
    expect(shown({ culprits: [culprit("linux-6.1", 2)] })).toContain("- Of 2: 2 because of linux-6.1\n");
  });

  it("overlap, which is said; those of one name are told apart", () => {
    const culprits = [
      culprit("linux-6.1", 2, "linux"),
      culprit("linux-6.1", 1, "linux_hardened"),
      culprit("perl", 1),
    ];
    expect(shown({ culprits }).replaceAll(/\s+/g, " ")).toContain(
      "Of 2: 2 because of linux-6.1 (linux), 1 because of linux-6.1 (linux_hardened), 1 because of perl (an attr may need several)",
    );
  });
});

describe("a prediction", () => {
  it("is shown as one, and what it does not know is not shown as none", () => {
    const text = shown({ status: "predicted", evaluated: null, prediction: prediction({}) });
    expect(text).toContain("x86_64-linux: predicted 2 attrs (2 derivations)");
    expect(text).toMatch(/x86_64-linux +2 +2 +\? +\? +2 +predicted/);
    expect(text).toContain("Predicted from 5555555: attrs that it does not have come with the evaluation");
    expect(text).toContain("- Rebuilt: linux, zfs");
  });

  it("that came true is not mentioned, nor one that was not made", () => {
    expect(shown({ prediction: prediction({ status: "confirmed", missed: 0, wrong: 0 }) })).not.toMatch(
      /predict/i,
    );
    const none = { graph: null, attrs: null, derivations: null };
    const reason = "lib/x.nix may change any attribute";
    expect(shown({ prediction: prediction({ status: "not-predicted", reason, ...none }) })).not.toMatch(
      /predict/i,
    );
  });

  it.each([
    [1, 0, "1 missed"],
    [0, 3, "3 wrong"],
    [1, 3, "1 missed, 3 wrong"],
  ])("that was corrected says by how much: %i missed, %i wrong", (missed, wrong, words) => {
    expect(shown({ prediction: prediction({ status: "corrected", missed, wrong }) })).toContain(
      `- Predicted were 2 from 5555555: ${words}\n`,
    );
  });
});
