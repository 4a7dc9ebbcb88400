/** Attrs that are asked for, and which of them a change makes different. */
import { resultKey } from "./changed-kernels.ts";
import type { AttrPath, AttrResult, System } from "./evaluation.ts";
import { comparable, type EvaluationPair, findAttr } from "./rebuilds.ts";

/** Attrs of one key of the configuration. */
export interface WantedAttrs {
  readonly attrs: readonly AttrPath[];
  /** Somebody wrote them; defaults that a repository does not have are dropped. */
  readonly written: boolean;
}

export interface PlannedAttr {
  readonly attr: AttrPath;
  readonly system: System;
}

export interface DifferingAttr extends PlannedAttr {
  readonly base: AttrResult | undefined;
  readonly head: AttrResult | undefined;
}

/** Attrs whose result differs between base and head, by attr and system. */
export function differing(
  { attrs }: WantedAttrs,
  systems: ReadonlyMap<System, EvaluationPair>,
): DifferingAttr[] {
  const sorted = [...systems].sort(([a], [b]) => (a < b ? -1 : 1));
  return [...new Set(attrs)].sort().flatMap((attr) =>
    sorted.flatMap(([system, pair]) => {
      const trees = comparable(pair);
      if (trees === undefined) return [];
      const [base, head] = [findAttr(trees.base, attr), findAttr(trees.head, attr)];
      return resultKey(base) === resultKey(head) ? [] : [{ attr, system, base, head }];
    }),
  );
}
