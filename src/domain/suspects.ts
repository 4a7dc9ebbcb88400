/**
 * Which consumers have to be built on both sides and compared, and why each.
 *
 * What trips people up: the derivation that names a lost path is often nobody's attr (a closure inside an initrd inside
 * an image). It is the nearest attrs that are built and reported. Attrs further up (`embeds`) break as well, and
 * are looked at when there is room. Attrs that share a derivation are one consumer.
 *
 * Pure: reading the texts (`scriptSources`) and building come before and after.
 */
import type { ConsumerReference } from "./consumer-references.ts";
import { attrsByDerivation } from "./derivation-graph.ts";
import type { AttrPath } from "./evaluation.ts";
import { evaluationSuspects } from "./evaluation-suspects.ts";
import type { Suspect, SuspectSearch } from "./suspect.ts";
import { collectEvidence, type Evidence, rank } from "./suspect-evidence.ts";

export interface Suspects {
  /** Strongest suspicion first, then by attr. */
  readonly suspects: readonly Suspect[];
  /** Over the limit: to be reported as not run. */
  readonly leftOut: readonly Suspect[];
}

export function findSuspects(search: SuspectSearch): Suspects {
  const attrs = attrsByDerivation(search.head.attrs);
  const evidence = collectEvidence(search, attrs);
  const wanted = isWanted(search);
  const broken = evaluationSuspects(search).filter(wanted);
  const built = [...evidence]
    .map(([drv, found]) => toSuspect(attrs.get(drv) ?? [], found, search))
    .filter((suspect): suspect is Suspect => suspect !== undefined && wanted(suspect))
    .sort(byRank);
  return { suspects: [...broken, ...built.slice(0, search.limit)], leftOut: built.slice(search.limit) };
}

/** By any of its names. */
function isWanted({ configured, onlyConfigured }: SuspectSearch): (suspect: Suspect) => boolean {
  if (onlyConfigured !== true) return () => true;
  const named = new Set(configured);
  return ({ attr, aliases }) => [attr, ...aliases].some((name) => named.has(name));
}

function toSuspect(
  attrs: readonly AttrPath[],
  found: Evidence,
  { base, head, excluded }: SuspectSearch,
): Suspect | undefined {
  const [attr, ...aliases] = attrs.toSorted(
    (a, b) => Number(isNew(a)) - Number(isNew(b)) || compareText(a, b),
  );
  if (attr === undefined || attrs.some((name) => excluded.has(name))) return undefined;
  return {
    attr,
    aliases: aliases.sort(),
    base: base.attrs.get(attr),
    head: head.attrs.get(attr),
    suspicion: found.suspicion,
    references: found.references.toSorted(byWeight),
    outputs: [...found.outputs].sort(),
    distance: found.distance,
    ...(found.inside === undefined ? {} : { inside: found.inside }),
  };

  /** The name that both sides know is the one that can be compared. */
  function isNew(name: AttrPath): boolean {
    return base.attrs.get(name)?.ok !== true;
  }
}

const WEIGHT = { lost: 0, opaque: 1, present: 2 } as const;
const compareText = (a: string, b: string) => (a === b ? 0 : a < b ? -1 : 1);

function byWeight(a: ConsumerReference, b: ConsumerReference): number {
  const weight = WEIGHT[a.status] - WEIGHT[b.status];
  return (
    weight || compareText(a.name, b.name) || (a.line ?? 0) - (b.line ?? 0) || compareText(a.path, b.path)
  );
}

function byRank(a: Suspect, b: Suspect): number {
  return rank(a) - rank(b) || a.distance - b.distance || compareText(a.attr, b.attr);
}
