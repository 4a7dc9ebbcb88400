/** The small form of the bench of rebuilds: its table is complete, and every count is the oracle's. Times are not judged. */
import { expect, it } from "vitest";
import { PROJECT, start } from "../harness/modprobot.ts";

const CELLS = {
  attrs: /^\d+$/,
  failing: /^\d+ %$/,
  cold: /^[\d.]+ s$/,
  "an attr": /^[\d.]+ ms$/,
  processor: /^[\d.]+ ms$/,
  "base cached": /^[\d.]+ s$/,
  predicted: /^[\d.]+ s$/,
  "one evaluator": /^[1-9]\d* MiB$/,
  "modprobot itself": /^[1-9]\d* MiB$/,
  rebuilt: /^[1-9]\d* \([1-9]\d*\)$/,
  counts: /^agree$/,
  prediction: /^exact$/,
};

it("prints a complete table whose counts are right", async () => {
  const { status, stdout, stderr } = await start(process.execPath, [
    `${PROJECT}/bench/main.ts`,
    "rebuilds",
    "--small",
  ]).ended;
  expect(status, stderr).toBe(0);
  expect(stdout).toMatch(
    /^\d+ cores, \d+ GiB of memory, load [\d.]+, \(Nix\) [\d.]+.*, modprobot [0-9a-f]{12}/,
  );
  const [titles = [], , ...rows] = stdout
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map(cellsOf);
  expect(new Set(titles)).toEqual(new Set(Object.keys(CELLS)));
  expect(rows.map(([attrs, failing]) => [attrs, failing])).toEqual([
    ["500", "1 %"],
    ["2000", "1 %"],
    ["500", "10 %"],
    ["2000", "10 %"],
  ]);
  for (const [index, title] of titles.entries())
    for (const row of rows) expect(row[index], title).toMatch(CELLS[title as keyof typeof CELLS]);
});

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
}
