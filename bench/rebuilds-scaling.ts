/** Package sets of growing size: time and memory for each attribute should stay the same. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { disagreements, predictionVerdict, refuseWrongCounts } from "./agreement.ts";
import { generatePackageSet, type PackageSetPlan, writePackageSet } from "./generate-package-set.ts";
import { evaluatorPeak, nodePeak } from "./measure-process.ts";
import { askOracle, countRebuilds, type OracleCounts } from "./oracle.ts";
import { git } from "./revisions.ts";
import { type RebuildsAnswer, runRebuilds, SYSTEM } from "./run-rebuilds.ts";
import { withScratch } from "./scratch.ts";
import { type Column, mebibytes, printTable, seconds } from "./table.ts";

const SIZES = { small: [500, 2_000], full: [1_000, 10_000, 100_000] };
const FAILING = [0.01, 0.1];
const CONFIG = { nixpkgsConfig: {}, kernels: ["linux_6_1"] };

interface Row extends PackageSetPlan {
  /** From the first release of the kernel to the second, nothing cached. */
  readonly cold: Counted;
  /** From the second to the third, the second cached. */
  readonly warm: Counted;
  /** The same before it was counted. */
  readonly predicted: RebuildsAnswer;
}

interface Counted extends RebuildsAnswer {
  readonly oracle: OracleCounts;
}

export async function benchScaling(size: keyof typeof SIZES): Promise<void> {
  const plans = FAILING.flatMap((failing) => SIZES[size].map((attrs) => ({ attrs, failing, seed: 1 })));
  const rows: Row[] = [];
  for (const plan of plans) {
    rows.push(await withScratch((scratch) => measure(plan, scratch)));
    process.stderr.write(`bench: package set ${rows.length} of ${plans.length}\n`);
  }
  printTable(COLUMNS, rows);
  refuseWrongCounts(rows.flatMap((row) => wrongCounts(row).map((what) => `${row.attrs} attrs: ${what}`)));
}

async function measure(plan: PackageSetPlan, scratch: string): Promise<Row> {
  const set = generatePackageSet(plan);
  const repository = join(scratch, "repository");
  const trees = ["first", "second", "third"].map((name) => join(scratch, name));
  await mkdir(repository);
  git(repository, ["init", "--quiet"]);
  await writePackageSet(repository, set.files);
  const commits: string[] = [];
  for (const [index, tree] of trees.entries()) {
    await writePackageSet(repository, set.withRelease(index + 1));
    git(repository, ["add", "--all"]);
    git(repository, ["commit", "--quiet", "--message", `release ${index + 1}`]);
    commits.push(git(repository, ["rev-parse", "HEAD"]));
    git(repository, ["worktree", "add", "--quiet", "--detach", tree]);
  }
  const [first = [], second = [], third = []] = await askOracle({
    trees,
    arguments: { system: SYSTEM, config: CONFIG.nixpkgsConfig },
    skip: set.uncatchable,
    scratch,
  });
  const [from = "", to = "", next = ""] = commits;
  const places = { repository, config: CONFIG, data: join(scratch, "data"), scratch };
  const cold = await runRebuilds({ ...places, base: from, head: to });
  const pair = { ...places, base: to, head: next };
  const predicted = await runRebuilds({ ...pair, predictOnly: true });
  const warm = await runRebuilds(pair);
  return {
    ...plan,
    cold: { ...cold, oracle: countRebuilds(first, second) },
    warm: { ...warm, oracle: countRebuilds(second, third) },
    predicted,
  };
}

function wrongCounts({ cold, warm }: Row): string[] {
  return [cold, warm].flatMap(({ rebuilds, oracle }) => disagreements(rebuilds, oracle));
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "attrs", of: ({ attrs }) => String(attrs), number: true },
  { title: "failing", of: ({ failing }) => `${failing * 100} %`, number: true },
  { title: "cold", of: ({ cold }) => seconds(cold.cost.seconds), number: true },
  // Two trees are evaluated.
  { title: "an attr", of: ({ cold, attrs }) => perAttr(cold.cost.seconds, 2 * attrs), number: true },
  {
    title: "processor",
    of: ({ cold, attrs }) => perAttr(cold.cost.processorSeconds, 2 * attrs),
    number: true,
  },
  { title: "base cached", of: ({ warm }) => seconds(warm.cost.seconds), number: true },
  { title: "an attr", of: ({ warm, attrs }) => perAttr(warm.cost.seconds, attrs), number: true },
  { title: "processor", of: ({ warm, attrs }) => perAttr(warm.cost.processorSeconds, attrs), number: true },
  {
    title: "predicted",
    of: ({ predicted }) => seconds(predicted.cost.seconds),
    number: true,
  },
  { title: "one evaluator", of: ({ cold }) => mebibytes(evaluatorPeak(cold.cost)), number: true },
  { title: "modprobot itself", of: ({ cold }) => mebibytes(nodePeak(cold.cost)), number: true },
  {
    title: "rebuilt",
    of: ({ warm: { rebuilds } }) => `${rebuilds.attrs} (${rebuilds.derivations})`,
    number: true,
  },
  { title: "counts", of: (row) => (wrongCounts(row).length === 0 ? "agree" : "WRONG") },
  {
    title: "prediction",
    of: ({ predicted, warm }) => predictionVerdict(predicted.rebuilds, warm.oracle),
  },
];

function perAttr(time: number, attrs: number): string {
  return `${((time * 1000) / attrs).toFixed(2)} ms`;
}
