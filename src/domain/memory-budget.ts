/** How much memory evaluators may take together: so many bytes, or a share of what the machine has left. */

export type MemoryBudget =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "share"; readonly percent: number };

/** @param availableBytes what the machine has left now */
export function budgetBytes(budget: MemoryBudget, availableBytes: number): number {
  return budget.kind === "bytes" ? budget.bytes : Math.floor((availableBytes * budget.percent) / 100);
}
