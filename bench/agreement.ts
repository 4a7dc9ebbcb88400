/** Does modprobot say what the oracle says? */
import type { SystemRebuilds } from "../src/domain/check-result.ts";
import type { OracleCounts } from "./oracle.ts";

const NAMED = 10;

/** What differs, in words; nothing: they agree. */
export function disagreements(rebuilds: SystemRebuilds, oracle: OracleCounts): string[] {
  if (rebuilds.status === "not-run") return [`not counted: ${rebuilds.reason}`];
  if (rebuilds.status === "predicted") return ["only predicted"];
  const counts = (["evaluated", "attrs", "derivations"] as const).flatMap((count) =>
    rebuilds[count] === oracle[count]
      ? []
      : [`${count}: ${rebuilds[count]}, and the oracle says ${oracle[count]}`],
  );
  // The report lists what differs, rebuilt or not: so two mistakes that make up for each other are seen as well.
  const different = new Set([...rebuilds.added, ...rebuilds.changed, ...rebuilds.fixed]);
  const missing = oracle.rebuilt.filter((attr) => !different.has(attr));
  if (missing.length === 0) return counts;
  return [...counts, `not listed as different: ${missing.slice(0, NAMED).join(", ")}`];
}

/** How far a prediction is from what the oracle counts, in words for a table. */
export function predictionVerdict(predicted: SystemRebuilds, oracle: OracleCounts): string {
  if (predicted.status !== "predicted") {
    const reason = predicted.prediction?.reason ?? predicted.reason ?? predicted.status;
    return `not predicted: ${reason}`;
  }
  const [said, right] = [new Set(predicted.changed), new Set(oracle.rebuilt)];
  const named = new Set([...said, ...predicted.added, ...predicted.fixed]);
  const [missed, wrong] = [right.difference(named).size, said.difference(right).size];
  if (missed + wrong > 0) return `corrected by +${missed} −${wrong}`;
  const derivations = oracle.derivations - (predicted.derivations ?? Number.NaN);
  return derivations === 0
    ? "exact"
    : `exact, and ${oracle.derivations} derivations, not ${predicted.derivations}`;
}

/** @throws where something is wrong */
export function refuseWrongCounts(wrong: readonly string[]): void {
  if (wrong.length > 0) throw new Error(`wrong counts:\n${wrong.map((line) => `- ${line}`).join("\n")}`);
}
