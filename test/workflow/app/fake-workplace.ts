/** Git, Nix and VM in memory: a repository with one kernel, whose recipe may differ at head. */
import { join } from "node:path";
import type { Derivation } from "../../../src/domain/derivation.ts";
import type { DrvPath, Evaluation } from "../../../src/domain/evaluation.ts";
import type { DerivationGraph } from "../../../src/domain/graph/graph.ts";
import { createRowCollector, joinRows } from "../../../src/domain/graph/rows.ts";
import { Interrupted } from "../../../src/errors.ts";
import type { Workplace } from "../../../src/workflow/app/app-world.ts";
import { createWorkplace } from "../../../src/workflow/app/workplace.ts";
import type { EvaluatedTree, GitPort } from "../../../src/workflow/ports.ts";

export interface FakeRepository {
  changedFiles: string[];
  /** `.github/modprobot.yml` at base. */
  config: string | undefined;
  isBase: (commit: string) => boolean;
  /** Awaited before each evaluation and each build: where tests let things happen. */
  onEvaluate: () => Promise<void>;
  onBuild: () => Promise<void>;
  builds: number;
  /** Whether each boot was wanted also where it had passed before. */
  bootsAgain: boolean[];
}

export function createFakeRepository(): FakeRepository {
  return {
    changedFiles: ["pkgs/os-specific/linux/kernel/build.nix"],
    config: "kernels: [linux]\nvmTests: []\n",
    isBase: (commit) => commit.startsWith(Buffer.from("b").toString("hex")),
    onEvaluate: async () => {},
    onBuild: async () => {},
    builds: 0,
    bootsAgain: [],
  };
}

/** One derivation, without inputs. */
function graph(drv: DrvPath, outputs: number): DerivationGraph {
  const rows = createRowCollector();
  rows.begin();
  rows.end(0, outputs, false);
  return joinRows([drv], [rows.part()]);
}

const FILES: Readonly<Record<string, string>> = { "default.nix": "{ }" };

export function createFakeWorkplace(repository: FakeRepository): Workplace {
  const tree = (side: "base" | "head"): EvaluatedTree => {
    const drv = `/nix/store/${side}-linux.drv`;
    const outputs = { out: `/nix/store/${side}-linux` };
    const attrs: Evaluation = new Map([
      ["linux", { ok: true, drv, outputs, name: "linux", system: "x86_64-linux" }],
      [
        "hello",
        {
          ok: true,
          drv: "/nix/store/hello.drv",
          outputs: { out: "/nix/store/hello" },
          name: "hello",
          system: "x86_64-linux",
        },
      ],
    ]);
    const derivation: Derivation = {
      path: drv,
      name: "linux-6.1",
      outputs: { out: { path: outputs.out, hashAlgo: "", hash: "" } },
      inputDrvs: new Map(),
      inputSrcs: [],
      system: "x86_64-linux",
      builder: "/bin/sh",
      args: [],
      env: { side },
    };
    return {
      outcome: { status: "evaluated", attrs, warnings: [] },
      explain: async () => new Map(),
      derivations: {
        read: async () => derivation,
        closure: async (roots) => new Map([...roots].includes(drv) ? [[drv, derivation]] : []),
        readAll: async (drvs) => new Map([...drvs].includes(drv) ? [[drv, derivation]] : []),
        readSource: async () => undefined,
        async realise(_drv, _limits, signal) {
          await repository.onBuild();
          if (signal.aborted) throw new Interrupted();
          repository.builds += 1;
          return { status: "built", outputs, seconds: 1 };
        },
      },
      graph: async () => graph(drv, side === "base" ? 1 : 2),
      newGraph: async () => graph(drv, side === "base" ? 1 : 2),
    };
  };
  const git = {
    resolve: async (revision: string) => revision,
    checkout: async (commit: string) => ({
      commit,
      tree: commit,
      directory: join("/nonexistent", commit),
      async [Symbol.asyncDispose]() {},
    }),
    changedFiles: async () => repository.changedFiles,
    contentChanges: async () => undefined,
    readFile: async (_commit: string, path: string) =>
      path === ".github/modprobot.yml" ? repository.config : FILES[path],
    isAncestor: async () => true,
    sourceTree: async () => ({ files: [], read: () => undefined }),
    history: async (commit: string) => [{ commit, tree: commit }],
  };
  return createWorkplace({
    clock: () => performance.now(),
    cores: 2,
    buildSystem: "x86_64-linux",
    git: git as GitPort,
    nix: {
      probe: async () => ({ version: "2.34.0" }),
      async evaluate({ checkout }, _onProgress, signal) {
        await repository.onEvaluate();
        if (signal.aborted) throw new Interrupted();
        return tree(repository.isBase(checkout.commit) ? "base" : "head");
      },
      lookAhead: async () => undefined,
      evaluated: async () => undefined,
      passthru: async () => ({}),
      measure: async (outputs) =>
        Object.fromEntries(
          Object.entries(outputs).map(([name, path]) => [
            name,
            {
              path,
              narSize: 10,
              closureSize: 10,
              files: [{ path: "bzImage", type: "file" as const, size: 10 }],
              references: [],
            },
          ]),
        ),
      modules: async () => [],
      readOutputFile: async () => undefined,
      contents: async (path) => ({
        path,
        modules: [],
        dangling: [],
        named: [],
        listing: [],
        narSize: 1,
        closureSize: 1,
      }),
    },
    vm: {
      async boot({ again = false }) {
        repository.bootsAgain.push(again);
        return {
          outcome: "passed",
          seconds: 1,
          accelerator: "tcg",
          problems: [],
          modules: [],
          splats: [],
          consoleTail: [],
        };
      },
    },
  });
}
