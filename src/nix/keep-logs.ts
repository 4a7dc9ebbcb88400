/** What people want to read beyond a report: the log of a build that failed, and why attributes do not evaluate. */
import type { BuildOutcome } from "../domain/build.ts";
import type { DrvPath, EvaluationOutcome } from "../domain/evaluation.ts";
import type { EvaluationQuery, LogPort } from "../workflow/ports.ts";
import { readLog } from "./realise.ts";
import { baseName } from "./store-path.ts";

const BUILD_LOG_BYTES = 1024 * 1024;

export async function keepBuildLog(
  logs: LogPort,
  drv: DrvPath,
  outcome: BuildOutcome,
  signal: AbortSignal,
): Promise<void> {
  if (outcome.status === "flaky") return logs.keep(`build-${nameOf(drv)}`, outcome.logTail);
  if (outcome.status !== "failed") return;
  const failing = outcome.failedDrv ?? drv;
  const lines = await readLog(failing, BUILD_LOG_BYTES, signal);
  await logs.keep(`build-${nameOf(failing)}`, lines.length > 0 ? lines : outcome.logTail);
}

export async function keepEvaluationErrors(
  logs: LogPort,
  { system, checkout, attrs }: EvaluationQuery,
  outcome: EvaluationOutcome,
): Promise<void> {
  // A few attrs are looked at beforehand; the whole evaluation says it all again.
  if (attrs !== undefined || checkout.commit === undefined) return;
  const name = `evaluation-${system}-${checkout.commit.slice(0, 12)}`;
  if (outcome.status === "not-run") return logs.keep(name, [outcome.reason]);
  const errors = [...outcome.attrs].flatMap(([attr, result]) =>
    result.ok ? [] : [`${attr === "" ? "(the whole tree)" : attr}: ${result.error}`],
  );
  const lines = [...errors, ...outcome.warnings.map((line) => `warning: ${line}`)];
  if (lines.length > 0) await logs.keep(name, lines);
}

/** `<hash>-linux-6.12.drv` → `linux-6.12-<beginning of the hash>`: names come first, and tell two of them apart. */
function nameOf(drv: DrvPath): string {
  const [, hash = "", name = ""] = /^(\w+)-(.*?)(?:\.drv)?$/.exec(baseName(drv)) ?? [];
  return `${name}-${hash.slice(0, 8)}`;
}
