/** Graphs of `.drv` files on disk, read by threads, and kept beside them. */
import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DerivationGraph, nodeOf, rowOf } from "../../src/domain/graph/graph.ts";
import { EnvironmentError, Interrupted } from "../../src/errors.ts";
import { evaluationGraph } from "../../src/nix/evaluation-graph.ts";
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

function storeOf(texts: Readonly<Record<number, string>>): string {
  const directory = join(root, randomUUID(), "store", "nix", "store");
  mkdirSync(directory, { recursive: true });
  for (const [number, content] of Object.entries(texts))
    writeFileSync(join(directory, fileName(Number(number))), content);
  return directory;
}

function inputsOf(graph: DerivationGraph, number: number) {
  return [...rowOf(graph.inputs, nodeOf(graph, path(number)) ?? -1)].map((at) => graph.paths[at]);
}

describe("reading", () => {
  it("gives the same graph with threads as without", async () => {
    const many = 9_000;
    const texts = Object.fromEntries(
      Array.from({ length: many }, (_, at) => [at, text(at === 0 ? [] : [...new Set([at >> 1, at - 1])])]),
    );
    const graph = await readGraph(storeOf(texts), signal);

    expect(graph.paths).toHaveLength(many);
    for (const at of [1, 2, 4_001, many - 1])
      expect(inputsOf(graph, at)).toEqual([...new Set([at >> 1, at - 1])].map(path));
    expect(graph.selections).toEqual([["out"]]);
  });

  it("takes what is rare as well: long files, dynamic derivations, several outputs", async () => {
    const many = Array.from({ length: 1_000 }, (_, at) => at + 10);
    const directory = storeOf({
      1: text(many, '["dev","out"]'),
      2: `DrvWithVersion("xp-dyn-drv",[],[("${path(3)}",(["out"],[("drv",["out"])]))],[],"s","b",[],[])`,
      3: text([]),
      ...Object.fromEntries(many.map((at) => [at, text([])])),
    });
    writeFileSync(join(directory, "README"), "not a derivation");

    const graph = await readGraph(directory, signal);

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
    await expect(readGraph(storeOf(texts), signal)).rejects.toThrow(EnvironmentError);
    await expect(readGraph(storeOf(texts), signal)).rejects.toThrow(/cannot be read/);
  });

  it("stops when it is told to", async () => {
    const texts = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [at, text([])]));

    await expect(readGraph(storeOf(texts), AbortSignal.abort(new Interrupted()))).rejects.toThrow(
      Interrupted,
    );
  });
});

describe("a graph beside its evaluation", () => {
  const made = async () => {
    const directory = storeOf({ 1: text([2]), 2: text([]) });
    const store = join(directory, "..", "..");
    const graph = await evaluationGraph(store, signal);
    return { directory, store, graph, file: join(store, "..", "graph.zst") };
  };

  it("is read and not made again", async () => {
    const { directory, store, graph } = await made();
    rmSync(directory, { recursive: true });

    expect(await evaluationGraph(store, signal)).toEqual(graph);
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
    const { store, graph, file } = await made();
    const whole = readFileSync(file);
    damage(file);

    expect(await evaluationGraph(store, signal)).toEqual(graph);
    expect(readFileSync(file)).toEqual(whole);
  });
});
