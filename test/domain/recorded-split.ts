/**
 * The fixture package set as nix-instantiate 2.8.0 wrote it on `main` (base) and `split-modules` (head): derivations,
 * the texts they use, file lists of `linux` (a few of its modules), and the sources they come from.
 */
import { readFileSync } from "node:fs";
import type { Derivation } from "../../src/domain/derivation.ts";
import type { AttrDerivation, AttrResult, Evaluation } from "../../src/domain/evaluation.ts";
import { type KernelChange, kernelChange } from "../../src/domain/kernel-change.ts";
import { parseDerivation } from "../../src/domain/parse-derivation.ts";
import type { SourceTree } from "../../src/domain/source-tree.ts";
import type { EvaluatedView } from "../../src/domain/suspect.ts";
import { kernelFacts, moduleFacts, outputFacts } from "./kernel-builders.ts";

interface Recording {
  readonly attrs: Readonly<Record<string, AttrResult>>;
  readonly derivations: Readonly<Record<string, string>>;
  readonly texts: Readonly<Record<string, string>>;
  readonly kernel: { readonly files: Readonly<Record<string, readonly string[]>> };
}

const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`fixtures/split-modules/${name}.json`, import.meta.url), "utf8")) as T;

const VERSION = "6.1.0-55-cloud-amd64";

const base = read<Recording>("base");
const head = read<Recording>("head");
const sources = read<Readonly<Record<string, string>>>("tree");

export const baseView = viewOf(base);
export const headView = viewOf(head);
export const change: KernelChange = kernelChange("linux", sideOf(base), sideOf(head));
export const tree: SourceTree = { files: Object.keys(sources).sort(), read: (file) => sources[file] };

function viewOf({ attrs, derivations, texts }: Recording): EvaluatedView {
  const parsed = Object.entries(derivations).map(([path, text]): [string, Derivation] => [
    path,
    parseDerivation(path, text),
  ]);
  const evaluation: Evaluation = new Map(Object.entries(attrs));
  return { attrs: evaluation, derivations: new Map(parsed), texts: new Map(Object.entries(texts)) };
}

function sideOf({ attrs, kernel }: Recording) {
  const derivation = attrs["linux"] as AttrDerivation;
  const outputs = Object.entries(kernel.files).map(([name, files]) => [
    name,
    outputFacts(derivation.outputs[name] ?? "", files),
  ]);
  const modules = Object.values(kernel.files)
    .flat()
    .filter((file) => file.endsWith(".ko"));
  const facts = kernelFacts(VERSION, Object.fromEntries(outputs));
  return { derivation, facts: { ...facts, modules: modules.map((file) => moduleFacts(file)) } };
}
