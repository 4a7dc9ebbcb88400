import { expect, it } from "vitest";
import type { BranchAdvice } from "../../src/domain/check-result.ts";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { checkResult } from "../harness/results.ts";

const advice: BranchAdvice = {
  base: "master",
  advice: "mass-rebuild",
  branches: ["staging"],
  rebuilds: 1234,
  predicted: false,
  missing: [],
};

const row = (some: Partial<BranchAdvice>) =>
  /^\| Branch \| (.*) \|$/m.exec(renderMarkdown(checkResult({ branch: { ...advice, ...some } })))?.[1];

it.each<[Partial<BranchAdvice>, string | undefined]>([
  [{}, "`staging` instead of `master`: a mass rebuild, 1 234 rebuilds"],
  [{ predicted: true }, "`staging` instead of `master`: a mass rebuild, 1 234 rebuilds, predicted"],
  [{ missing: ["darwin"] }, "`staging` instead of `master`: a mass rebuild, at least 1 234 rebuilds"],
  [{ base: null }, "`staging` instead of `master`: a mass rebuild, 1 234 rebuilds"],
  [
    { advice: "possible-mass-rebuild", rebuilds: 500, base: "release-26.05", branches: ["staging-26.05"] },
    "`staging-26.05` instead of `release-26.05`: perhaps a mass rebuild, 500 rebuilds",
  ],
  [
    { advice: "nixos-rebuild", rebuilds: 600, branches: ["staging-nixos", "staging"] },
    "`staging-nixos` or `staging` instead of `master`: all NixOS tests are rebuilt, 600 rebuilds",
  ],
  [
    { advice: "unknown", branches: [], missing: ["NixOS tests", "darwin"] },
    "no advice (not counted: NixOS tests, darwin)",
  ],
  [{ advice: "keep", branches: [] }, undefined],
])("%o", (some, words) => {
  expect(row(some)).toBe(words);
});

it("stands in the terminal as well, and nowhere without being asked for", () => {
  const shown = (result: Parameters<typeof renderTerminal>[0]) =>
    renderTerminal(result, { colour: false, width: 120 });

  expect(shown(checkResult({ branch: advice }))).toMatch(/Branch +staging instead of master: a mass rebuild/);
  expect(shown(checkResult())).not.toContain("Branch");
});
