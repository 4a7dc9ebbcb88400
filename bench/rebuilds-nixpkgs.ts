/**
 * A real nixpkgs, compared in one run with the two evaluations that people do by hand (as nixpkgs-review does): base, then head.
 *
 * Rounds are interleaved, so that whatever else the machine does meets all of them alike; each figure is the median. The base is
 * made ready twice: by checking another change of the same recipe, a comment, which is what another pull request is like; and by
 * checking a commit that adds a file, from which less is known. Every round asks for another head, which no earlier one has seen:
 * the same change and a comment.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { median } from "d3-array";
import { disagreements, predictionVerdict, refuseWrongCounts } from "./agreement.ts";
import { evaluatorPeak, type MeasuredProcess, measureProcess } from "./measure-process.ts";
import { askOracle, countRebuilds, type OracleCounts } from "./oracle.ts";
import { benchGraph } from "./rebuilds-graph.ts";
import { borrowRevisions } from "./revisions.ts";
import { type RebuildsAnswer, runRebuilds, SYSTEM } from "./run-rebuilds.ts";
import { type Column, mebibytes, printTable, seconds } from "./table.ts";

export interface NixpkgsOptions {
  readonly base: string;
  readonly head: string;
  readonly rounds: number;
}

/** What nixpkgs-review sets, so that nothing is left out for its license. */
export const NIXPKGS_CONFIG = { allowUnfree: true, allowBroken: true };

/** One round. */
interface Round {
  /** Base, then head. */
  readonly byHand: readonly MeasuredProcess[];
  readonly predicted: RebuildsAnswer;
  readonly baseCached: RebuildsAnswer;
  /** The same, where files were not withheld from base. */
  readonly baseSeen: RebuildsAnswer;
  readonly cold: RebuildsAnswer;
}

export async function benchNixpkgs(clone: string, options: NixpkgsOptions, scratch: string): Promise<void> {
  const revisions = borrowRevisions(clone, scratch);
  const [base, head] = [revisions.resolve(options.base), revisions.resolve(options.head)];
  const trees = [base, head].map(revisions.checkOut);
  const [repository = ""] = trees;
  const places = { repository, config: { nixpkgsConfig: NIXPKGS_CONFIG }, scratch };

  const [atBase = [], atHead = []] = await askOracle({
    trees,
    arguments: { system: SYSTEM, config: NIXPKGS_CONFIG },
    scratch,
  });
  const oracle = countRebuilds(atBase, atHead);
  const recipe = revisions.changedFile(base, head);
  const [primed, seen] = [join(scratch, "base-cached"), join(scratch, "base-seen")];
  const commented = revisions.withComment(base, recipe, "Changes nothing.");
  await runRebuilds({ ...places, base, head: commented, data: primed });
  const noted = revisions.withFile(base, "bench-note", "Changes nothing.\n");
  await runRebuilds({ ...places, base, head: noted, data: seen });

  const say = (what: string, { seconds: time }: MeasuredProcess) =>
    process.stderr.write(`bench: ${what}: ${seconds(time)}\n`);
  const measure = async (name: string, data: string, predictOnly: boolean) => {
    const fresh = revisions.withComment(head, recipe, `for ${name}`);
    const answer = await runRebuilds({ ...places, base, head: fresh, data, predictOnly });
    say(name, answer.cost);
    return answer;
  };
  const rounds: Round[] = [];
  for (let index = 1; index <= options.rounds; index += 1) {
    const byHand = [];
    for (const tree of trees) byHand.push(await evaluateByHand(tree, scratch));
    for (const cost of byHand) say(`round ${index}, by hand`, cost);
    rounds.push({
      byHand,
      predicted: await measure(`round ${index}, predicted`, primed, true),
      baseCached: await measure(`round ${index}, base cached`, primed, false),
      baseSeen: await measure(`round ${index}, base cached, other files`, seen, false),
      cold: await measure(`round ${index}, cold`, await emptyData(scratch, index), false),
    });
  }
  print(rounds, oracle);
  await benchGraph(primed, options.rounds, scratch);
}

async function evaluateByHand(tree: string, scratch: string): Promise<MeasuredProcess> {
  const config = `{ ${Object.entries(NIXPKGS_CONFIG)
    .map(([name, value]) => `${name} = ${value};`)
    .join(" ")} }`;
  const command = ["nix-env", "-f", ".", "-qaP", "--json", "--out-path"].concat([
    "--arg",
    "config",
    config,
    "--argstr",
    "system",
    SYSTEM,
  ]);
  const measured = await measureProcess(command, { directory: tree, scratch });
  if (measured.status !== 0) throw new Error(`nix-env ended with ${measured.status}: ${measured.stderr}`);
  return measured;
}

/**
 * Gone at the end with all the others: for minutes after many files were deleted, ext4 takes several times as long to create new
 * ones nearby, and whoever evaluates for the first time has deleted none.
 */
async function emptyData(scratch: string, round: number): Promise<string> {
  const data = join(scratch, `data-${round}`);
  await mkdir(data);
  return data;
}

/** One line of the table: what was measured, against what. */
interface Figure {
  readonly name: string;
  /** At most; undefined: what the others are compared with. */
  readonly aim: number | undefined;
  readonly ratio: number;
  readonly value: string;
  /** User and system time of all processes, which other load changes less than the time on the clock. */
  readonly processor: string;
  readonly counts: string;
}

function print(rounds: readonly Round[], oracle: OracleCounts): void {
  const byHand = rounds.map((round) => sum(round.byHand));
  const clock = middle(byHand.map((cost) => cost.seconds));
  const timed = (name: string, aim: number | undefined, costs: readonly Cost[], counts: string): Figure => {
    const value = middle(costs.map((cost) => cost.seconds));
    const processor = seconds(middle(costs.map((cost) => cost.processorSeconds)));
    return { name, aim, ratio: value / clock, value: seconds(value), processor, counts };
  };
  const costs = (answers: readonly RebuildsAnswer[]) => answers.map(({ cost }) => cost);
  const [predicted, baseCached, baseSeen, cold] = [
    rounds.map((round) => round.predicted),
    rounds.map((round) => round.baseCached),
    rounds.map((round) => round.baseSeen),
    rounds.map((round) => round.cold),
  ];
  const wrong = [...baseCached, ...baseSeen, ...cold].flatMap(({ rebuilds }) =>
    disagreements(rebuilds, oracle),
  );
  const verdicts = new Set(predicted.map(({ rebuilds }) => predictionVerdict(rebuilds, oracle)));
  const agreed = wrong.length === 0 ? `${oracle.attrs} (${oracle.derivations})` : "WRONG";
  const evaluator = middle(cold.map(({ cost }) => evaluatorPeak(cost)));
  const nixEnv = middle(rounds.map((round) => Math.max(...round.byHand.map(evaluatorPeak))));
  printTable(COLUMNS, [
    timed("both evaluations by hand", undefined, byHand, ""),
    timed("predicted, base graph cached", 0.15, costs(predicted), [...verdicts].join("; ")),
    timed("exact, base cached", 0.5, costs(baseCached), agreed),
    timed("the same, nothing withheld from base", undefined, costs(baseSeen), agreed),
    timed("exact, cold, graph included", 1.2, costs(cold), agreed),
    {
      name: `memory of one evaluator (by hand: ${mebibytes(nixEnv)})`,
      aim: 0.75,
      ratio: evaluator / nixEnv,
      value: mebibytes(evaluator),
      processor: "",
      counts: "",
    },
  ]);
  printStages({ predicted, "base cached": baseCached, "nothing withheld": baseSeen, cold });
  refuseWrongCounts(wrong);
}

/** Where the time goes by the report's own account; what is missing is the program's start and end. */
function printStages(cases: Readonly<Record<string, readonly RebuildsAnswer[]>>): void {
  const answers = Object.values(cases).flat();
  const names = new Set(
    answers.flatMap(({ stages }) =>
      stages.flatMap(({ stage, status }) => (status === "done" ? [stage] : [])),
    ),
  );
  const timeOf = (of: readonly RebuildsAnswer[], name: string) => {
    const time = median(
      of.flatMap(({ stages }) => stages.find(({ stage }) => stage === name)?.seconds ?? []),
    );
    return time === undefined ? "" : seconds(time);
  };
  printTable(
    [
      { title: "stage", of: (name: string) => name },
      ...Object.entries(cases).map(([title, of]) => ({
        title,
        of: (name: string) => timeOf(of, name),
        number: true as const,
      })),
    ],
    [...names],
  );
}

const COLUMNS: readonly Column<Figure>[] = [
  { title: "case", of: ({ name }) => name },
  { title: "at most", of: ({ aim }) => aim?.toFixed(2) ?? "", number: true },
  { title: "ratio", of: ({ ratio }) => ratio.toFixed(2), number: true },
  { title: "measured", of: ({ value }) => value, number: true },
  { title: "processor", of: ({ processor }) => processor, number: true },
  { title: "aim", of: ({ aim, ratio }) => (aim === undefined ? "" : ratio <= aim ? "reached" : "missed") },
  { title: "counts", of: ({ counts }) => counts },
];

type Cost = Pick<MeasuredProcess, "seconds" | "processorSeconds">;

function sum(costs: readonly Cost[]): Cost {
  const total = (of: (cost: Cost) => number) => costs.reduce((before, cost) => before + of(cost), 0);
  return { seconds: total((cost) => cost.seconds), processorSeconds: total((cost) => cost.processorSeconds) };
}

function middle(values: readonly number[]): number {
  return median(values) ?? Number.NaN;
}
