import { describe, expect, it } from "vitest";
import { isOurLabel, labelStyle, labelsToSet, OWN_LABELS } from "../../src/domain/labels-to-set.ts";
import { foundingCase, nothingToSay, notRun } from "../harness/results.ts";

const linux = { rebuilds: true, systems: ["x86_64-linux"] };
const none = { rebuilds: false, systems: ["x86_64-linux"] };

describe("labels of a result", () => {
  it("says what breaks, and the rebuilds where configured", () => {
    const labels = labelsToSet(foundingCase(), linux);

    expect(labels).toContain("modprobot: breaks-consumers");
    expect(labels).toContain("10.rebuild-linux: 11-100");
    expect(labels).toEqual([...labels].sort());
  });

  it("leaves nixpkgs' labels alone unless configured", () => {
    expect(labelsToSet(foundingCase(), none).filter((label) => label.startsWith("10."))).toEqual([]);
  });

  it("gives nothing to a result that has nothing to say", () => {
    expect(labelsToSet(nothingToSay(), none)).toEqual([]);
  });

  it("says that something was not checked, or that it waits, never both", () => {
    expect(labelsToSet(notRun(), none)).toContain("modprobot: not-checked");
    expect(labelsToSet(notRun(), none, true)).toContain("modprobot: needs-approval");
    expect(labelsToSet(notRun(), none, true)).not.toContain("modprobot: not-checked");
  });
});

describe("which labels are ours", () => {
  it.each([
    ["modprobot: boot-fails", none, true],
    ["Modprobot: boot-fails", none, true],
    ["modprobot: from an older version", none, true],
    ["modprobot", none, false],
    ["bug", linux, false],
    ["10.rebuild-linux: 1-10", linux, true],
    ["10.rebuild-linux: 501+", linux, true],
    ["10.rebuild-linux-stdenv", linux, true],
    ["10.rebuild-nixos-tests", linux, true],
    ["10.rebuild-linux: 1-10", none, false],
    ["10.rebuild-darwin: 0", linux, false],
    ["10.rebuild-darwin: 0", { rebuilds: true, systems: ["aarch64-darwin"] }, true],
    ["10.rebuild-linux: lots", linux, false],
  ])("%s: %j", (label, settings, ours) => {
    expect(isOurLabel(label, settings)).toBe(ours);
  });
});

it("keeps to GitHub's limits", () => {
  for (const [name, { color, description }] of Object.entries(OWN_LABELS)) {
    expect(name.length).toBeLessThanOrEqual(50);
    expect(description.length).toBeLessThanOrEqual(100);
    expect(color).toMatch(/^[0-9a-f]{6}$/);
    expect(labelStyle(name)).toEqual({ color, description });
  }
  expect(labelStyle("constructor").description).toBe("Set by modprobot");
});
