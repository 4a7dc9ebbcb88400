/**
 * Which package sets do well without some of their files. Where too much needs one, a walk without them is a waste of time, and
 * it is not tried again for the same files.
 */
import { ROOT_ATTR } from "../../domain/attr-path.ts";
import type { AttrPath, AttrResult } from "../../domain/evaluation.ts";
import type { EvaluationQuery } from "../../workflow/ports.ts";
import type { FactCache } from "../fact-cache.ts";
import type { Withheld } from "./walk-withheld.ts";

export interface Withholding {
  /** Whether files can be withheld from this Nix. */
  readonly withholds: boolean;
  readonly facts: FactCache;
}

type Asked = Pick<EvaluationQuery, "entry" | "system" | "withhold" | "attrs">;

const keyOf = ({ entry, system, withhold = [] }: Asked) => [entry, system, ...withhold];

/** What is withheld in this evaluation; empty where nothing is. */
export async function fitToWithhold(
  { withholds, facts }: Withholding,
  asked: Asked,
): Promise<readonly string[]> {
  const { withhold = [], attrs } = asked;
  // Of a few attrs there is little to save.
  if (!withholds || withhold.length === 0 || attrs !== undefined) return [];
  return (await facts.recall<true>("withholding-unfit", keyOf(asked))) === true ? [] : withhold;
}

/**
 * Remembers where too much needs them.
 * @param known what a walk without them has found out
 * @param attrs what the tree has: one that does not evaluate at all says nothing of others
 */
export async function rememberFitness(
  { facts }: Withholding,
  asked: Asked,
  known: Withheld | undefined,
  attrs: ReadonlyMap<AttrPath, AttrResult>,
): Promise<void> {
  if (known === undefined && !attrs.has(ROOT_ATTR))
    await facts.record("withholding-unfit", keyOf(asked), true);
}
