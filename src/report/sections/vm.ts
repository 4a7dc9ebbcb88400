/** Boots and VM tests: outcome and time on both sides, and what differed. */
import type { VmResult, VmSide } from "../../domain/check-result.ts";
import { singleLine } from "../../domain/plain-text.ts";
import { formatSeconds } from "../../domain/size-words.ts";
import { type Block, code, cutItems, cutRows, type Phrase, type SectionMaker } from "../document.ts";
import { comparisonWords } from "../words.ts";

export const vmSection: SectionMaker = (result, listed) => {
  if (result.vm.length === 0) return undefined;
  const table: Block = {
    kind: "table",
    head: [["test"], ["system"], ["result"], ["base"], ["head"]],
    rows: cutRows(result.vm.map(runRow), listed),
  };
  const details = result.vm.flatMap((run) =>
    run.details.map((line): Phrase => [code(nameOf(run)), ": ", code(singleLine(line))]),
  );
  const list: readonly Block[] =
    details.length === 0 ? [] : [{ kind: "list", items: cutItems(details, listed) }];
  const regressed = result.vm.some((run) => run.comparison === "regressed");
  return { id: "vm", title: "Boots and VM tests", folded: !regressed, blocks: [table, ...list] };
};

function runRow(run: VmResult): readonly Phrase[] {
  const system = run.accelerator === null ? run.system : `${run.system}, ${run.accelerator.toUpperCase()}`;
  return [
    [code(nameOf(run))],
    [system],
    [comparisonWords(run.comparison)],
    sideWords(run.base),
    sideWords(run.head),
  ];
}

/** The built-in boot test is told apart by its kernel, the repository's own tests by their names. */
function nameOf(run: VmResult): string {
  return run.kernel === null ? run.test : `${run.test} ${run.kernel}`;
}

const OUTCOMES = {
  passed: "passed",
  failed: "failed",
  timeout: "timed out",
  "not-run": "not run",
} as const satisfies Record<VmSide["outcome"], string>;

function sideWords({ outcome, seconds }: VmSide): Phrase {
  // A test whose result lies in the store already took no time.
  const isTimed = outcome !== "not-run" && seconds > 0;
  return [isTimed ? `${OUTCOMES[outcome]}, ${formatSeconds(seconds)}` : OUTCOMES[outcome]];
}
