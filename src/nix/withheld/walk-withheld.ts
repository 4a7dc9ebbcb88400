/**
 * A walk over a tree with some of its files withheld: says which attributes need one of them, and what all others are, which is
 * the same whatever is in those files. Then those that need one are looked at with all files there.
 *
 * For the same tree it comes to what a walk with all files there comes to. For a tree that differs in the contents of those files
 * only, it says of most attributes what they are (`domain/withholding.ts`).
 */
import { formatAttrPath, ROOT_ATTR } from "../../domain/attr-path.ts";
import type { AttrPath } from "../../domain/evaluation.ts";
import type { CollectedAttrs } from "../collect-attrs.ts";
import type { WantedAttrs } from "../evaluator.ts";
import { warningLines } from "../evaluator-message.ts";
import type { WalkEnd } from "../walk.ts";
import type { AttrComponents } from "../walk-output.ts";
import { wantedAttrs } from "../wanted-attrs.ts";

/** What an evaluation with files withheld has found out. */
export interface Withheld {
  readonly files: readonly string[];
  /** Attrs that need one of them, each with all that is below it; of any other attr it was seen that it needs none. */
  readonly needing: readonly AttrPath[];
  /** Said by what needs none. */
  readonly warnings: readonly string[];
}

/** More than any place of a name. */
const AFTER = 2 ** 40;
/** Each ended an evaluator. */
const MOST_ENDED = 40;

export interface WithheldWalk {
  readonly withheld?: readonly string[];
  readonly wanted?: WantedAttrs;
}

type Walk = (
  listener: CollectedAttrs["listener"],
  how: WithheldWalk,
  signal: AbortSignal,
) => Promise<WalkEnd>;

export interface WithheldEnd {
  readonly end: WalkEnd;
  /** Undefined where so much needs them that nothing is known. */
  readonly withheld?: Withheld;
}

/** @throws what `walk` throws */
export async function walkWithheld(
  files: readonly string[],
  collected: CollectedAttrs,
  walk: Walk,
  signal: AbortSignal,
): Promise<WithheldEnd> {
  const needing = new Set<AttrPath>();
  const unfit = new AbortController();
  let ended = 0;
  const listener = {
    ...collected.listener,
    needs(path: AttrComponents) {
      const attr = formatAttrPath(path);
      needing.add(attr);
      if (attr === ROOT_ATTR) unfit.abort();
    },
    // It may have been because of a file, and it may not.
    lost(path: AttrComponents) {
      listener.needs(path);
      ended += 1;
      if (ended > MOST_ENDED) unfit.abort();
    },
  };
  let first: WalkEnd | undefined;
  try {
    first = await walk(listener, { withheld: files }, AbortSignal.any([signal, unfit.signal]));
  } catch (error) {
    if (signal.aborted || !unfit.signal.aborted) throw error;
  }
  if (first === undefined || unfit.signal.aborted) return { end: await walk(collected.listener, {}, signal) };
  if (!first.complete) return { end: first };
  const withheld = { files, needing: [...needing].sort(), warnings: warningLines(collected.otherLines()) };
  if (needing.size === 0) return { end: first, withheld };
  const wanted = wantedAttrs([], withheld.needing);
  const second = {
    ...collected.listener,
    // Places are among those that are wanted now, and come after all that was said before.
    otherLine: (line: string, at: number) => collected.listener.otherLine(line, AFTER + at),
  };
  return { end: await walk(second, { wanted }, signal), withheld };
}
