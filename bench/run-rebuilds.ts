/** `modprobot rebuilds` as a user runs it, and what it said. */
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CheckResult, StageResult, SystemRebuilds } from "../src/domain/check-result.ts";
import { type MeasuredProcess, measureProcess } from "./measure-process.ts";

const PROGRAM = join(import.meta.dirname, "../bin/modprobot");
export const SYSTEM = "x86_64-linux";

export interface RebuildsQuestion {
  /** A working tree of the repository. */
  readonly repository: string;
  readonly base: string;
  readonly head: string;
  /** `.github/modprobot.yml` as an object. */
  readonly config: object;
  /** Where evaluations are kept. */
  readonly data: string;
  readonly scratch: string;
  readonly predictOnly?: boolean;
}

export interface RebuildsAnswer {
  readonly rebuilds: SystemRebuilds;
  readonly stages: readonly StageResult[];
  readonly cost: MeasuredProcess;
}

/** @throws where it gave no report */
export async function runRebuilds(question: RebuildsQuestion): Promise<RebuildsAnswer> {
  const { repository, base, head, data, scratch, predictOnly = false } = question;
  const [config, report] = [join(scratch, "modprobot.yml"), join(scratch, "report.json")];
  await writeFile(config, JSON.stringify(question.config));
  // An earlier run's must not be taken for this one's.
  await rm(report, { force: true });
  const revisions = ["--repo", repository, "--base", base, "--head", head];
  const files = ["--config", config, "--data", data, "--json", report];
  const cost = await measureProcess(
    [
      PROGRAM,
      "rebuilds",
      ...revisions,
      ...files,
      "--system",
      SYSTEM,
      ...(predictOnly ? ["--predict-only"] : []),
    ],
    { directory: scratch, scratch },
  );
  const trouble = () =>
    new Error(`modprobot rebuilds ended with ${cost.status}:\n${cost.stderr.slice(-4000)}`);
  // 2: wrong usage. 3 has a report as well, where a stage could not be done.
  if (cost.status === null || cost.status === 2) throw trouble();
  const result = JSON.parse(await readFile(report, "utf8").catch(() => "{}")) as Partial<CheckResult>;
  const rebuilds = result.rebuilds?.systems[SYSTEM];
  if (rebuilds === undefined) throw trouble();
  return { rebuilds, stages: result.stages ?? [], cost };
}
