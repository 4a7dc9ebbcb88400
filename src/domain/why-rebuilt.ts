/** Why is this rebuilt, in lines that people read: the way to the cause (`graph/find-cause.ts`) and what differs there. */
import type { Derivation } from "./derivation.ts";
import { derivationDifferences } from "./derivation-differences.ts";
import type { AttrResult, DrvPath } from "./evaluation.ts";
import type { Step } from "./graph/dependents.ts";
import type { Cause } from "./graph/find-cause.ts";
import { sentence, singleLine } from "./plain-text.ts";

const MOST_STEPS = 20;

/** Where there is no cause to look for. Undefined: one has to be looked for, since both are derivations and not the same. */
export function whyWithoutCause(
  base: AttrResult | undefined,
  head: AttrResult | undefined,
): string[] | undefined {
  if (head === undefined) return base === undefined ? [] : ["it is not there any more"];
  if (!head.ok) return [`it does not evaluate: ${sentence(head.error, 200)}`];
  if (base?.ok === true && base.drv === head.drv) return [];
  return undefined;
}

/** One line a step, from the attr to the cause. Empty: it is not rebuilt. @param before undefined where base has nothing like it */
export function whyRebuilt(
  cause: Cause | undefined,
  base: AttrResult | undefined,
  before: Derivation | undefined,
  after: Derivation | undefined,
): string[] {
  if (cause === undefined) return [];
  const isNew = base === undefined ? ["base has no such attribute"] : [];
  const mended = base?.ok === false ? ["it did not evaluate at base"] : [];
  return [...isNew, ...mended, ...steps(cause.way), ...differences(before, after).map((line) => `  ${line}`)];
}

function steps(way: readonly Step[]): string[] {
  const lines = way.map(({ drv }, at) => {
    if (at === 0) return nameOf(drv);
    const selects = way[at - 1]?.selects ?? [];
    const outputs = selects.join(", ");
    return `needs ${nameOf(drv)}${outputs === "out" || outputs === "" ? "" : ` (${singleLine(outputs, 60)})`}`;
  });
  const left = lines.length - MOST_STEPS;
  return left > 0 ? [...lines.slice(0, MOST_STEPS - 1), `… ${left} steps`, ...lines.slice(-1)] : lines;
}

function differences(before: Derivation | undefined, after: Derivation | undefined): string[] {
  if (after === undefined) return [];
  if (before === undefined) return ["base has nothing of this name"];
  const all = derivationDifferences(before, after);
  return all.length === 0 ? ["nothing that a derivation says differs"] : all;
}

/** `/nix/store/<hash>-linux-6.1.drv` → `linux-6.1`. */
function nameOf(drv: DrvPath): string {
  return singleLine(drv.slice(drv.indexOf("-", drv.lastIndexOf("/")) + 1).replace(/\.drv$/, ""), 120);
}
