/** Graphs of derivations in packs, read by threads, and kept beside them. */
import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DerivationGraph, nodeOf, rowOf } from "../../src/domain/graph/graph.ts";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { evaluationGraph } from "../../src/nix/evaluation-graph.ts";
import { indexFile, PACKS, packFile } from "../../src/nix/pack/pack-format.ts";
import { listFrames } from "../../src/nix/pack/pack-reader.ts";
import { PackWriter } from "../../src/nix/pack/pack-writer.ts";
import { readGraph } from "../../src/nix/read-graph.ts";
import { temporaryDirectory } from "../harness/modprobot.ts";

const signal = new AbortController().signal;
const hash = (number: number) => String(number).padStart(32, "0");
const fileName = (number: number) => `${hash(number)}-n${number}.drv`;
const path = (number: number) => `/nix/store/${fileName(number)}`;

function text(inputs: readonly number[], selects = '["out"]') {
  const all = inputs.map((number) => `("${path(number)}",${selects})`).join(",");
  return `Derive([("out","/nix/store/o","","")],[${all}],[],"x86_64-linux","/bin/sh",[],[("a","b")])`;
}

const root = temporaryDirectory();

async function evaluationOf(texts: Readonly<Record<number, string>>): Promise<string> {
  const directory = join(root, randomUUID());
  const pack = new PackWriter({ directory: join(directory, PACKS), number: 0 });
  for (const [number, content] of Object.entries(texts))
    pack.add(fileName(Number(number)), Buffer.from(content));
  await pack.end();
  return directory;
}

/** The graph of an evaluation in that directory, which has no attrs. */
async function graphOf(directory: string): Promise<DerivationGraph> {
  const frames = await listFrames(join(directory, PACKS));
  const evaluation = { attrs: [], warnings: [], derivations: "" };
  return evaluationGraph({ directory, frames: frames ?? [], evaluation }, signal);
}

const packsOf = async (texts: Readonly<Record<number, string>>) => join(await evaluationOf(texts), PACKS);
const read = async (packs: string) => readGraph((await listFrames(packs)) ?? [], signal);

function inputsOf(graph: DerivationGraph, number: number) {
  return [...rowOf(graph.inputs, nodeOf(graph, path(number)) ?? -1)].map((at) => graph.paths[at]);
}

describe("reading", () => {
  it("gives the same graph with threads as without", async () => {
    const many = 9_000;
    const texts = Object.fromEntries(
      Array.from({ length: many }, (_, at) => [at, text(at === 0 ? [] : [...new Set([at >> 1, at - 1])])]),
    );
    const graph = await read(await packsOf(texts));

    expect(graph.paths).toHaveLength(many);
    for (const at of [1, 2, 4_001, many - 1])
      expect(inputsOf(graph, at)).toEqual([...new Set([at >> 1, at - 1])].map(path));
    expect(graph.selections).toEqual([["out"]]);
  });

  it("takes what is rare as well: long files, dynamic derivations, several outputs", async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => at + 10);
    const directory = await packsOf({
      1: text(many, '["dev","out"]'),
      2: `DrvWithVersion("xp-dyn-drv",[],[("${path(3)}",(["out"],[("drv",["out"])]))],[],"s","b",[],[])`,
      3: text([]),
      ...Object.fromEntries(many.map((at) => [at, text([])])),
    });
    const graph = await read(directory);

    expect(inputsOf(graph, 1)).toEqual(many.map(path));
    expect(inputsOf(graph, 2)).toEqual([path(3)]);
    expect(graph.selections).toEqual([
      ["dev", "out"],
      ["out", "drv"],
    ]);
  });

  it.each<[string, Readonly<Record<number, string>>]>([
    ["an input is missing", { 1: text([2]) }],
    ["a file is cut", { 1: text([1]).slice(0, 60) }],
    ["a file is something else", { 1: "something else" }],
  ])("says so where %s", async (_, texts) => {
    await expect(read(await packsOf(texts))).rejects.toThrow(EnvironmentError);
    await expect(read(await packsOf(texts))).rejects.toThrow(/cannot be read/);
  });

  it.each<[string, (packs: string) => void]>([
    ["a pack is cut", (packs) => truncateSync(join(packs, packFile(0)), 20)],
    ["a pack is gone", (packs) => rmSync(join(packs, packFile(0)))],
  ])("says so where %s", async (_, damage) => {
    const directory = await evaluationOf({ 1: text([2]), 2: text([]) });
    const frames = (await listFrames(join(directory, PACKS))) ?? [];
    damage(join(directory, PACKS));
    const graph = readGraph(frames, signal);

    await expect(graph.then(({ paths }) => paths)).rejects.toThrow(/cannot be read/);
  });

  it("knows no frames where an index is gone, or cut", async () => {
    for (const damage of [rmSync, (file: string) => truncateSync(file, 70)]) {
      const directory = await packsOf({ 1: text([2]), 2: text([]) });
      damage(join(directory, indexFile(0)));

      expect(await listFrames(directory)).toBe(undefined);
    }
  });

  it("takes a derivation from the first pack that has it", async () => {
    const directory = await packsOf({ 1: text([2]), 2: text([]) });
    const second = new PackWriter({ directory, number: 1 });
    for (const [number, inputs] of [
      [3, [1]],
      [2, []],
    ] as const)
      second.add(fileName(number), Buffer.from(text(inputs)));
    await second.end();

    const graph = await read(directory);

    expect(graph.paths).toEqual([1, 2, 3].map(path));
    expect(inputsOf(graph, 3)).toEqual([path(1)]);
    expect(inputsOf(graph, 2)).toEqual([]);
  });

  it("stops when it is told to", async () => {
    const texts = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [at, text([])]));

    await expect(
      readGraph((await listFrames(await packsOf(texts))) ?? [], AbortSignal.abort(new Interrupted())),
    ).rejects.toThrow(Interrupted);
  });
});

describe("a graph beside its evaluation", () => {
  const made = async () => {
    const directory = await evaluationOf({ 1: text([2]), 2: text([]) });
    const graph = await graphOf(directory);
    return { directory, graph, file: join(directory, "graph.zst") };
  };

  it("is read and not made again", async () => {
    const { directory, graph } = await made();
    rmSync(join(directory, PACKS), { recursive: true });

    expect(await graphOf(directory)).toEqual(graph);
  });

  it.each<[string, (file: string) => void]>([
    ["cut", (file) => truncateSync(file, statSync(file).size - 1)],
    ["empty", (file) => truncateSync(file, 0)],
    [
      "changed",
      (file) => {
        const bytes = readFileSync(file);
        bytes.writeUInt8(bytes.readUInt8(bytes.length - 9) ^ 1, bytes.length - 9);
        writeFileSync(file, bytes);
      },
    ],
    ["gone", (file) => rmSync(file)],
  ])("is made anew where it is %s", async (_, damage) => {
    const { directory, graph, file } = await made();
    const whole = readFileSync(file);
    damage(file);

    expect(await graphOf(directory)).toEqual(graph);
    expect(readFileSync(file)).toEqual(whole);
  });
});
