/**
 * Which consumers a change breaks, in the order a reader should meet them: those that nobody would notice
 * first. A consumer that merely grew works as before; it is a warning and not counted here.
 */
import type { ConsumerEffect, ConsumerResult } from "./check-result.ts";

/** Silent before loud, and among the loud the late before the early: evaluation fails in everybody's CI. */
const ORDER: Readonly<Record<ConsumerEffect, number>> = {
  empty: 0,
  boot: 1,
  build: 2,
  eval: 3,
  size: 4,
  none: 5,
};

export function isBroken(consumer: ConsumerResult): boolean {
  return consumer.comparison === "regressed" && consumer.effect !== "size";
}

/** Silent ones first, then by effect, name and system. */
export function brokenConsumers(consumers: readonly ConsumerResult[]): readonly ConsumerResult[] {
  return consumers
    .filter(isBroken)
    .sort(
      (a, b) =>
        Number(b.silent) - Number(a.silent) ||
        ORDER[a.effect] - ORDER[b.effect] ||
        compareText(a.name, b.name) ||
        compareText(a.system ?? "", b.system ?? ""),
    );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
