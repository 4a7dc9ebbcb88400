/** Reading derivations into the graph: those of a real evaluation, then ten times as many that are made up. */
import { readdirSync, statSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { median } from "d3-array";
import { generateDerivations } from "./generate-derivations.ts";
import { measureProcess, nodePeak } from "./measure-process.ts";
import { type Column, mebibytes, printTable, seconds } from "./table.ts";

const MADE_UP = 300_000;
const REAL_AIM_SECONDS = 0.5;
const MOST_BYTES = 10 ** 9;
/** A list ten times as long does not fit into the processor's caches any more. */
const LINEAR = 1.25;

interface Reading {
  readonly name: string;
  readonly derivations: number;
  readonly edges: number;
  readonly seconds: number;
  /** Of the whole process, its start included. */
  readonly processorSeconds: number;
  readonly bytes: number;
  readonly aim: string;
  readonly reached: boolean;
}

/** @param data a data directory with at least one evaluation */
export async function benchGraph(data: string, rounds: number, scratch: string): Promise<void> {
  const real = await readRepeatedly(largestStore(data), rounds, scratch);
  const directory = join(scratch, "derivations");
  await generateDerivations(directory, MADE_UP, 1);
  const madeUp = await readRepeatedly(directory, rounds, scratch);
  await rm(directory, { recursive: true });
  const linear = LINEAR * real.seconds * (madeUp.derivations / real.derivations);
  printTable(COLUMNS, [
    {
      ...real,
      name: "of the evaluation",
      aim: `${REAL_AIM_SECONDS} s`,
      reached: real.seconds <= REAL_AIM_SECONDS,
    },
    {
      ...madeUp,
      name: "made up",
      aim: `${seconds(linear)}, ${mebibytes(MOST_BYTES)}`,
      reached: madeUp.seconds <= linear && madeUp.bytes <= MOST_BYTES,
    },
  ]);
}

async function readRepeatedly(
  directory: string,
  rounds: number,
  scratch: string,
): Promise<Omit<Reading, "name" | "aim" | "reached">> {
  const program = join(import.meta.dirname, "read-graph-process.ts");
  const readings: (Said & Cost)[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const cost = await measureProcess([process.execPath, program, directory], {
      directory: scratch,
      scratch,
    });
    if (cost.status !== 0) throw new Error(`reading ${directory} ended with ${cost.status}: ${cost.stderr}`);
    const said = JSON.parse(await readFile(cost.stdoutFile, "utf8")) as Said;
    readings.push({ ...said, bytes: nodePeak(cost), processorSeconds: cost.processorSeconds });
  }
  const [{ derivations, edges } = { derivations: 0, edges: 0 }] = readings;
  const middle = (of: (reading: Said & Cost) => number) => median(readings, of) ?? Number.NaN;
  return {
    derivations,
    edges,
    seconds: middle((one) => one.seconds),
    processorSeconds: middle((one) => one.processorSeconds),
    bytes: middle((one) => one.bytes),
  };
}

type Said = Pick<Reading, "seconds" | "derivations" | "edges">;
type Cost = Pick<Reading, "bytes" | "processorSeconds">;

/** Where it is kept is the product's business; the directory with the largest pack is a whole evaluation's. */
function largestStore(data: string): string {
  const packs = readdirSync(data, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".pack"))
    .map((file) => join(data, file))
    .sort((a, b) => statSync(b).size - statSync(a).size);
  if (packs[0] === undefined) throw new Error(`no derivations below ${data}`);
  return dirname(packs[0]);
}

const COLUMNS: readonly Column<Reading>[] = [
  { title: "derivations", of: ({ name }) => name },
  { title: "how many", of: ({ derivations }) => String(derivations), number: true },
  { title: "edges", of: ({ edges }) => String(edges), number: true },
  { title: "read in", of: (reading) => seconds(reading.seconds), number: true },
  { title: "processor", of: ({ processorSeconds }) => seconds(processorSeconds), number: true },
  { title: "memory", of: ({ bytes }) => mebibytes(bytes), number: true },
  { title: "at most", of: ({ aim }) => aim, number: true },
  { title: "aim", of: ({ reached }) => (reached ? "reached" : "missed") },
];
