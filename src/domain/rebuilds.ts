/**
 * Rebuilds: what a change makes Nix build again.
 *
 * An attr is rebuilt when head gives it an output path that no attr had at base: nixpkgs' own definition
 * (ci/eval/diff.nix), so that the labels agree. A renamed attr and a moved alias differ and are no rebuild.
 * Aliases share a derivation, so attrs and distinct derivations are two numbers, always kept apart.
 *
 * An evaluation that did not happen gives no numbers here, never zero. Nothing is predicted either (`graph/predict.ts`): both
 * trees have been evaluated.
 */
import { formatAttrPath, parseAttrPath, ROOT_ATTR } from "./attr-path.ts";
import type { Rebuilds, SystemRebuilds } from "./check-result.ts";
import type {
  AttrDerivation,
  AttrPath,
  AttrResult,
  Evaluation,
  EvaluationOutcome,
  System,
} from "./evaluation.ts";
import { rebuildLabels } from "./labels.ts";

export interface EvaluationPair {
  readonly base: EvaluationOutcome;
  readonly head: EvaluationOutcome;
}

/** What is known of one system. */
export interface CountedSystem {
  readonly counts: SystemRebuilds;
  /** Rebuilt attrs; `null` where not known. */
  readonly rebuilt: ReadonlySet<AttrPath> | null;
}

/** All systems, joined per operating system, with nixpkgs' labels. */
export function joinSystems(systems: ReadonlyMap<System, CountedSystem>): Rebuilds {
  const sorted = [...systems].sort(([a], [b]) => (a < b ? -1 : 1));
  const linux = rebuiltOnOs("linux", sorted);
  const darwin = rebuiltOnOs("darwin", sorted);
  return {
    systems: Object.fromEntries(sorted.map(([system, { counts }]) => [system, counts])),
    os: { linux: linux.attrs?.size ?? null, darwin: darwin.attrs?.size ?? null },
    labels: rebuildLabels({
      linux: linux.complete ? linux.attrs : null,
      darwin: darwin.complete ? darwin.attrs : null,
    }),
  };
}

/** `x86_64-linux` → `linux`: the last part of the system's name, as nixpkgs groups its counts. */
export function osOf(system: System): string {
  return system.slice(system.lastIndexOf("-") + 1);
}

interface OsRebuilds {
  /** Attrs rebuilt on any architecture, each once; `null` where none was evaluated. */
  readonly attrs: ReadonlySet<AttrPath> | null;
  /** Every architecture asked for was evaluated; else `attrs` is a lower bound, and too little for a label. */
  readonly complete: boolean;
}

function rebuiltOnOs(os: string, systems: readonly (readonly [System, CountedSystem])[]): OsRebuilds {
  const asked = systems.filter(([system]) => osOf(system) === os);
  const known = asked.flatMap(([, { rebuilt }]) => rebuilt ?? []);
  if (known.length === 0) return { attrs: null, complete: false };
  return { attrs: new Set(known.flatMap((attrs) => [...attrs])), complete: known.length === asked.length };
}

/** One system. `not-run` where either side was not evaluated, or nothing at all in it could be. */
export function countRebuilds(pair: EvaluationPair): CountedSystem {
  const trees = comparable(pair);
  if (trees === undefined) return { counts: notCounted(pair), rebuilt: null };
  const { base, head } = trees;
  const rebuilt = rebuiltAttrs(base, head);
  const counts = {
    status: "evaluated" as const,
    evaluated: head.size,
    attrs: rebuilt.length,
    derivations: new Set(rebuilt.map(([, { drv }]) => drv)).size,
    ...differingAttrs(base, head),
    warnings: newWarnings(pair),
  };
  return { counts, rebuilt: new Set(rebuilt.map(([attr]) => attr)) };
}

type DifferenceLists = Pick<SystemRebuilds, "added" | "removed" | "changed" | "broken" | "fixed">;

/** Every attr that differs, sorted. */
export function differingAttrs(base: Evaluation, head: Evaluation): DifferenceLists {
  const differences = attrDifferences(base, head);
  const named = (kind: DifferenceKind) =>
    differences.flatMap((difference) => (difference.kind === kind ? [difference.attr] : []));
  return {
    added: named("added"),
    removed: named("removed"),
    changed: named("changed"),
    broken: differences.flatMap(({ kind, attr, error = "" }) => (kind === "broken" ? [{ attr, error }] : [])),
    fixed: named("fixed"),
  };
}

/** Both attr sets, where both trees gave one; undefined where one was not evaluated or nothing in it could be. */
export function comparable({
  base,
  head,
}: EvaluationPair): { readonly base: Evaluation; readonly head: Evaluation } | undefined {
  if (base.status !== "evaluated" || head.status !== "evaluated") return undefined;
  if (rootError(base) !== undefined || rootError(head) !== undefined) return undefined;
  return { base: base.attrs, head: head.attrs };
}

/** Why the package set itself could not be evaluated: then its attrs are unknown, and not gone. */
function rootError(outcome: EvaluationOutcome): string | undefined {
  const root = outcome.status === "evaluated" ? outcome.attrs.get(ROOT_ATTR) : undefined;
  return root?.ok === false ? root.error : undefined;
}

function notCounted({ base, head }: EvaluationPair): SystemRebuilds {
  const reasons = [
    base.status === "not-run" ? `base: ${base.reason}` : undefined,
    head.status === "not-run" ? `head: ${head.reason}` : undefined,
  ];
  const [baseError, headError] = [rootError(base), rootError(head)];
  if (baseError !== undefined) reasons.push(`base does not evaluate: ${baseError}`);
  if (headError !== undefined) reasons.push(`head does not evaluate: ${headError}`);
  const breaks = headError !== undefined && baseError === undefined && base.status === "evaluated";
  const mends = baseError !== undefined && headError === undefined && head.status === "evaluated";
  return {
    ...unknownCounts(reasons.filter((reason) => reason !== undefined).join("; ")),
    broken: breaks ? [{ attr: ROOT_ATTR, error: headError }] : [],
    fixed: mends ? [ROOT_ATTR] : [],
  };
}

/** Of a system about which nothing is known. */
export function unknownCounts(reason: string): SystemRebuilds {
  return {
    status: "not-run",
    reason,
    evaluated: null,
    attrs: null,
    derivations: null,
    added: [],
    removed: [],
    changed: [],
    broken: [],
    fixed: [],
    warnings: [],
  };
}

/** Attrs at head with an output path that no attr had at base, sorted. */
export function rebuiltAttrs(base: Evaluation, head: Evaluation): (readonly [AttrPath, AttrDerivation])[] {
  const known = new Set([...base.values()].flatMap((result) => (result.ok ? outputKeys(result) : [])));
  return [...head]
    .flatMap(([attr, result]) =>
      result.ok && outputKeys(result).some((output) => !known.has(output)) ? [[attr, result] as const] : [],
    )
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** A floating content-addressed output has no path before it is built; its derivation and name stand for it. */
function outputKeys({ drv, outputs }: AttrDerivation): string[] {
  return Object.entries(outputs).map(([name, path]) => (path === "" ? `${drv}!${name}` : path));
}

type DifferenceKind = "added" | "removed" | "changed" | "broken" | "fixed";

interface AttrDifference {
  readonly attr: AttrPath;
  readonly kind: DifferenceKind;
  readonly error?: string;
}

/** How each attr differs, sorted by attr; unchanged ones have no entry. */
function attrDifferences(base: Evaluation, head: Evaluation): AttrDifference[] {
  const attrs = [...new Set([...base.keys(), ...head.keys()])].sort();
  return attrs.flatMap((attr) => {
    const own = head.get(attr);
    // An error inherited from the set around it is reported there.
    if (own === undefined && findAttr(head, attr) !== undefined) return [];
    const kind = differenceKind(findAttr(base, attr), own);
    if (kind === undefined) return [];
    return [{ attr, kind, ...(own?.ok === false ? { error: own.error } : {}) }];
  });
}

/**
 * Broken before and after is somebody else's bug. An attr below a set that fails is neither gone nor new: the
 * set itself is what broke or was mended.
 */
function differenceKind(
  base: AttrResult | undefined,
  head: AttrResult | undefined,
): DifferenceKind | undefined {
  if (head === undefined) return base?.ok === true ? "removed" : undefined;
  if (!head.ok) return base?.ok === false ? undefined : "broken";
  if (base === undefined) return "added";
  if (!base.ok) return "fixed";
  return sameOutputs(base, head) ? undefined : "changed";
}

/**
 * What a tree says about an attr: its own result, else the error of the nearest set around it; undefined where
 * the tree has no such attr.
 */
export function findAttr(evaluation: Evaluation, attr: AttrPath): AttrResult | undefined {
  const own = evaluation.get(attr);
  if (own !== undefined) return own;
  const components = parseAttrPath(attr) ?? [];
  for (let length = components.length - 1; length >= 0; length -= 1) {
    const around = evaluation.get(formatAttrPath(components.slice(0, length)));
    if (around?.ok === false) return around;
  }
  return undefined;
}

function sameOutputs(a: AttrDerivation, b: AttrDerivation): boolean {
  const [ours, theirs] = [Object.entries(a.outputs), new Map(Object.entries(b.outputs))];
  if (ours.length !== theirs.size) return false;
  return ours.every(([name, path]) => theirs.get(name) === path && (path !== "" || a.drv === b.drv));
}

function newWarnings({ base, head }: EvaluationPair): string[] {
  if (base.status !== "evaluated" || head.status !== "evaluated") return [];
  const known = new Set(base.warnings);
  return [...new Set(head.warnings)].filter((warning) => !known.has(warning)).sort();
}
