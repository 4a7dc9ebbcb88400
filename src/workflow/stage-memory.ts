/**
 * Stage memory: what finished stages found out, kept where another process finds it after a crash.
 *
 * What is kept goes by what is compared and how, so a base branch that moved in between is a miss. Evaluations are
 * not kept here: their derivations lie in a store on one machine, which has a cache of its own. Stages whose values
 * name built outputs are kept together with the boots that need those outputs, so that taking them up again
 * never asks a machine for something that another one built.
 */
import { createHash } from "node:crypto";
import type { StageName, StageResult } from "../domain/check-result.ts";
import type { StageMemory } from "./ports.ts";
import type { StageLog } from "./stages.ts";
import type { CheckRequest } from "./world.ts";

export interface Recall {
  /** The value of the last of these stages, if all of them finished in an earlier try; else what `work` finds out. */
  remember<T>(
    stages: readonly [...StageName[], StageName],
    work: () => Promise<T | undefined>,
  ): Promise<T | undefined>;
}

/** Raised when a kept value changes its shape: what older versions kept is then a miss. */
const FORMAT = 2;

interface Kept {
  readonly key: string;
  readonly results: readonly StageResult[];
  readonly value: unknown;
}

export function createRecall(request: CheckRequest, log: StageLog, memory: StageMemory | undefined): Recall {
  const key = keyOf(request);
  return {
    async remember<T>(
      stages: readonly [...StageName[], StageName],
      work: () => Promise<T | undefined>,
    ): Promise<T | undefined> {
      if (memory === undefined) return work();
      const last = stages[stages.length - 1] ?? stages[0];
      if (last === undefined) return work();
      const kept = await memory.load(last);
      if (isKept(kept) && kept.key === key) {
        for (const result of kept.results) log.restore(result);
        // Written by this very function, under the same format and for the same request.
        return kept.value as T;
      }
      const value = await work();
      const results = log.results().filter(({ stage }) => stages.includes(stage));
      // A stage that did not run for want of something may run elsewhere.
      const finished = results.length === stages.length && results.every(({ status }) => status === "done");
      if (finished) await memory.save(last, { key, results, value } satisfies Kept);
      return value;
    },
  };
}

function keyOf({ base, head, systems, scope, config, build = [] }: CheckRequest): string {
  const { written, ...rest } = config;
  const asked = JSON.stringify([FORMAT, base, head, systems, scope, build, rest, [...written].sort()]);
  return createHash("sha256").update(asked).digest("hex");
}

function isKept(value: unknown): value is Kept {
  return (
    typeof value === "object" &&
    value !== null &&
    "key" in value &&
    "results" in value &&
    Array.isArray(value.results)
  );
}
