/**
 * A world without Nix, git or QEMU: every port answers from plain values, so that tests can say which part of the
 * machine fails. What a real world does is shown by the `*.real.test.ts`.
 */
import { parseConfig } from "../../src/config/config.ts";
import type { BuildOutcome } from "../../src/domain/build.ts";
import type { AttrResult, Evaluation, EvaluationOutcome } from "../../src/domain/evaluation.ts";
import { joinRows } from "../../src/domain/graph/rows.ts";
import type { OutputFacts } from "../../src/domain/output-facts.ts";
import type { VmOutcome } from "../../src/domain/vm.ts";
import type { Checkout, DerivationStore, EvaluatedTree, NixPort } from "../../src/workflow/ports.ts";
import type { CheckRequest, World } from "../../src/workflow/world.ts";

export const BASE = "a".repeat(40);
export const HEAD = "b".repeat(40);

export interface Side {
  readonly linux: AttrResult | undefined;
  /** What building it gives; throwing is the machine's refusal. */
  readonly build: () => Promise<BuildOutcome>;
}

export function drv(name: string): AttrResult {
  return {
    ok: true,
    drv: `/nix/store/${name.padEnd(32, "0")}-linux.drv`,
    outputs: { out: `/nix/store/${name.padEnd(32, "0")}-linux` },
    name: "linux",
    system: "x86_64-linux",
  };
}

export const built = (name: string): BuildOutcome => ({
  status: "built",
  outputs: { out: `/nix/store/${name.padEnd(32, "0")}-linux` },
  seconds: 1,
});

const passed: VmOutcome = {
  outcome: "passed",
  seconds: 1,
  accelerator: "tcg",
  problems: [],
  modules: [],
  splats: [],
  consoleTail: [],
};

export interface Scene {
  readonly base?: Partial<Side>;
  readonly head?: Partial<Side>;
  readonly evaluate?: (commit: string) => EvaluationOutcome | undefined;
  readonly boot?: () => Promise<VmOutcome>;
  readonly changed?: readonly string[];
  /** What a kernel's output holds. */
  readonly files?: readonly string[];
  readonly nix?: Partial<NixPort>;
}

export function request(more: Partial<CheckRequest> = {}): CheckRequest {
  const { config } = parseConfig("kernels: [linux]\nrecipes: ['kernel/**']\nvmTests: []\n", "test");
  return { base: BASE, head: HEAD, config, systems: ["x86_64-linux"], scope: "everything", ...more };
}

export function world(scene: Scene = {}): World {
  const side = (commit: string): Side => ({
    linux: drv(commit === BASE ? "base" : "head"),
    build: async () => built(commit === BASE ? "base" : "head"),
    ...(commit === BASE ? scene.base : scene.head),
  });
  return {
    git: {
      resolve: async (revision) => revision,
      checkout: async (commit) => ({ ...checkout(commit), async [Symbol.asyncDispose]() {} }),
      changedFiles: async () => scene.changed ?? ["kernel/build.nix"],
      contentChanges: async () => undefined,
      readFile: async () => "",
      sourceTree: async () => ({ files: [], read: () => undefined }),
      isAncestor: async () => true,
      history: async (commit) => [{ commit, tree: commit }],
    },
    nix: {
      probe: async () => ({ version: "2.8.0" }),
      evaluate: async ({ checkout: { commit } }): Promise<EvaluatedTree> => ({
        outcome: scene.evaluate?.(commit) ?? {
          status: "evaluated",
          attrs: attrsOf(side(commit)),
          warnings: [],
        },
        derivations: store(side(commit)),
        explain: async () => new Map(),
        graph: async () => joinRows([], []),
        newGraph: async () => joinRows([], []),
      }),
      lookAhead: async () => undefined,
      evaluated: async () => undefined,
      passthru: async () => ({}),
      measure: async (outputs) =>
        Object.fromEntries(Object.entries(outputs).map(([name, path]) => [name, facts(path, scene.files)])),
      modules: async () => [],
      readOutputFile: async () => undefined,
      contents: async () => {
        throw new Error("no consumer in this world");
      },
      ...scene.nix,
    },
    vm: { boot: scene.boot ?? (async () => passed) },
    progress: { stage() {}, detail() {} },
    clock: () => 0,
    cores: 2,
    buildSystem: "x86_64-linux",
  };
}

function checkout(commit: string): Checkout {
  return { commit, tree: commit, directory: "/nowhere" };
}

function attrsOf({ linux }: Side): Evaluation {
  return new Map(linux === undefined ? [] : [["linux", linux]]);
}

function store({ build }: Side): DerivationStore {
  return {
    closure: async () => new Map(),
    readAll: async () => new Map(),
    read: async () => {
      throw new Error("no derivation can be read in this world");
    },
    readSource: async () => undefined,
    realise: () => build(),
  };
}

const KERNEL_FILES = ["bzImage", "lib/modules/6.1/modules.dep"];

function facts(path: string, names: readonly string[] = KERNEL_FILES): OutputFacts {
  const files = names.map((name) => ({ path: name, type: "file" as const, size: 1 }));
  return { path, narSize: 1, closureSize: 1, files, references: [] };
}
