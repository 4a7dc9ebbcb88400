/** Attrs that a change leaves as they are: nothing of theirs is built, and no report names them. */
import type { CheckResult } from "./check-result.ts";
import type { AttrPath } from "./evaluation.ts";

/** Of the given ones, in their order. Empty where a tree was not evaluated: then nobody knows. */
export function unchangedAmong(
  attrs: readonly AttrPath[],
  { rebuilds }: Pick<CheckResult, "rebuilds">,
): AttrPath[] {
  const systems = Object.values(rebuilds.systems);
  if (systems.length === 0 || systems.some(({ status }) => status !== "evaluated")) return [];
  const differing = new Set(
    systems.flatMap(({ added, removed, changed, broken, fixed }) => [
      ...added,
      ...removed,
      ...changed,
      ...broken.map(({ attr }) => attr),
      ...fixed,
    ]),
  );
  return attrs.filter((attr) => !differing.has(attr));
}
