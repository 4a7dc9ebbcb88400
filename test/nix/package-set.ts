/**
 * Tiny package sets for tests with a real Nix: files in a new directory, called with an adapter whose data lies beside them.
 */
import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AttrPath, AttrResult, DrvPath } from "../../src/domain/evaluation.ts";
import { withMessages } from "../../src/domain/thrown-attrs.ts";
import { createNix, type NixOptions } from "../../src/nix/adapter.ts";
import type { EvaluatedTree, EvaluationRequest, NixPort } from "../../src/workflow/ports.ts";

export const signal = new AbortController().signal;

export const limits = { timeoutSeconds: 60, silentSeconds: 60, logBytes: 1_000_000 };

export interface Workplace extends AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly temporaryDirectory: string;
  readonly nix: NixPort;
  /** Logs that were kept, by name. */
  readonly logs: ReadonlyMap<string, readonly string[]>;
}

export async function workplace(options: Partial<NixOptions> = {}): Promise<Workplace> {
  const directory = await mkdtemp(join(tmpdir(), "modprobot-nix-test-"));
  const dataDirectory = join(directory, "data");
  const temporaryDirectory = join(directory, "tmp");
  await mkdir(temporaryDirectory, { recursive: true });
  await mkdir(dataDirectory, { recursive: true });
  const logs = new Map<string, readonly string[]>();
  const keep = async (name: string, lines: readonly string[]) => void logs.set(name, lines);
  return {
    directory,
    dataDirectory,
    temporaryDirectory,
    logs,
    nix: createNix({ dataDirectory, temporaryDirectory, logs: { keep }, ...options }),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

/** Whether this Nix keeps what it has parsed, so that files can be withheld from it (`src/nix/withheld/`). */
export async function keepsParsed(): Promise<boolean> {
  await using place = await workplace();
  const [major = 0, minor = 0] = (await place.nix.probe(signal)).version.split(".").map(Number);
  return major === 2 && minor < 32;
}

/** Writes a package set and returns the request to evaluate it. The tree hash is that of the files. */
export async function packageSet(
  place: Workplace,
  files: Readonly<Record<string, string>>,
  changes: Partial<EvaluationRequest> = {},
): Promise<EvaluationRequest> {
  const tree = createHash("sha256").update(JSON.stringify(files)).digest("hex");
  const directory = join(place.directory, `tree-${tree.slice(0, 12)}`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, name)), { recursive: true });
    await writeFile(join(directory, name), text);
  }
  return {
    checkout: { commit: "0".repeat(40), tree, directory },
    system: "x86_64-linux",
    entry: "default.nix",
    config: {},
    timeoutSeconds: 60,
    memory: { kind: "bytes", bytes: 4 * 1024 ** 3 },
    ...changes,
  };
}

/** A package set with a shell at hand: `sh name script more`. */
export const withShell = (attrs: string) => `
{ system, config }:
let
  sh = name: script: more: derivation ({ inherit name system; builder = "/bin/sh"; args = [ "-ec" script ]; PATH = "/usr/bin:/bin"; } // more);
in rec {
${attrs}
}
`;

export const evaluate = (place: Workplace, request: EvaluationRequest) =>
  place.nix.evaluate(request, () => undefined, signal);

/** Everything that throws says why. */
export async function evaluateExplained(
  place: Workplace,
  request: EvaluationRequest,
): Promise<EvaluatedTree> {
  const tree = await evaluate(place, request);
  const thrown = Object.entries(attrsOf(tree)).flatMap(([attr, result]) =>
    !result.ok && result.cause === "throw" ? [attr] : [],
  );
  return {
    ...tree,
    outcome: withMessages(tree.outcome, await tree.explain(thrown, request.checkout, signal)),
  };
}

export function attrsOf(tree: EvaluatedTree): Record<AttrPath, AttrResult> {
  if (tree.outcome.status !== "evaluated") throw new Error(tree.outcome.reason);
  return Object.fromEntries(tree.outcome.attrs);
}

export function drvOf(tree: EvaluatedTree, attr: AttrPath): DrvPath {
  const result = attrsOf(tree)[attr];
  if (result?.ok !== true) throw new Error(`${attr}: ${result?.error ?? "no such attribute"}`);
  return result.drv;
}
