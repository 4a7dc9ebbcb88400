/**
 * Stages: running one, timing it, and saying honestly how it ended.
 *
 * The machine's trouble inside a stage costs that stage, not the check: it becomes `not-run` with the
 * reason, and whatever was found out before is still reported. The caller's mistakes and Ctrl-C go through.
 */
import type { StageName, StageResult } from "../domain/check-result.ts";
import { EnvironmentError } from "../errors.ts";
import type { ProgressPort } from "./ports.ts";

export interface StageLog {
  /**
   * Runs `work` as a stage. Returns undefined, and remembers why, where the machine refused.
   */
  run<T>(stage: StageName, work: (stage: StageContext) => Promise<T>): Promise<T | undefined>;
  /** The same for a stage without which there is no report at all. @throws EnvironmentError */
  require<T>(stage: StageName, work: (stage: StageContext) => Promise<T>): Promise<T>;
  skip(stage: StageName, reason: string): void;
  /** A stage that ended in an earlier try, as it ended there. */
  restore(result: StageResult): void;
  /** In the order of DESIGN.md's list. */
  results(): readonly StageResult[];
}

export interface StageContext {
  /** Shown while it runs. */
  detail(text: string): void;
  /** A part of the stage that should have run and could not. */
  notRun(reason: string): void;
}

const ORDER: readonly StageName[] = [
  "checkout",
  "plan",
  "evaluate",
  "rebuilds",
  "build",
  "sizes",
  "vm",
  "consumers",
  "report",
];

/** What there is nothing for where nothing is planned. */
export const AFTER_PLAN = ["build", "sizes", "vm", "consumers"] as const satisfies readonly StageName[];

export function createStageLog(progress: ProgressPort, clock: () => number): StageLog {
  const results = new Map<StageName, StageResult>();

  const end = (result: StageResult) => {
    results.set(result.stage, result);
    progress.stage(result.stage, result.status, result.reason);
  };

  const require = async <T>(stage: StageName, work: (stage: StageContext) => Promise<T>): Promise<T> => {
    const started = clock();
    const seconds = () => Math.round((clock() - started) / 100) / 10;
    const reasons = new Set<string>();
    progress.stage(stage, "running");
    try {
      const value = await work({
        detail: (text) => progress.detail(stage, text),
        notRun: (reason) => reasons.add(reason),
      });
      if (reasons.size === 0) end({ stage, status: "done", seconds: seconds() });
      else end({ stage, status: "not-run", reason: [...reasons].sort().join("; "), seconds: seconds() });
      return value;
    } catch (error) {
      if (error instanceof EnvironmentError)
        end({ stage, status: "not-run", reason: error.message, seconds: seconds() });
      throw error;
    }
  };

  return {
    require,
    async run(stage, work) {
      try {
        return await require(stage, work);
      } catch (error) {
        if (error instanceof EnvironmentError) return undefined;
        throw error;
      }
    },
    skip(stage, reason) {
      end({ stage, status: "skipped", reason, seconds: 0 });
    },
    restore: end,
    results() {
      return ORDER.flatMap((stage) => results.get(stage) ?? []);
    },
  };
}
