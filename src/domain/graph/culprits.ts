/**
 * Culprits: the few derivations because of which everything else is rebuilt.
 *
 * A derivation is new at head when base has none of its outputs. One that is new while all its inputs are known differs in
 * what its own recipe says: a cause. People know packages and not the tarball or the configuration file inside one, so
 * what only one attr's derivation stands above is told as that derivation ("because of linux-6.12.36").
 *
 * Counts overlap: an attr that needs two culprits is counted with both.
 */
import type { AttrPath, DrvPath } from "../evaluation.ts";
import { type NodeSet, withDependents } from "./dependents.ts";
import { type DerivationGraph, type Node, rowOf } from "./graph.ts";

export interface NeededDerivation {
  readonly drv: DrvPath;
  /** Undefined where no attr names it. */
  readonly attr: AttrPath | undefined;
  /** How many of the rebuilt attrs need it, its own included. */
  readonly attrs: number;
}

export interface CulpritFacts {
  readonly graph: DerivationGraph;
  /** What base has not. */
  readonly isNew: NodeSet;
  /** Rebuilt attrs and their nodes. */
  readonly rebuilt: ReadonlyMap<AttrPath, Node>;
  /** Nodes that some attr names, rebuilt or not, with the name people know best. */
  readonly named: ReadonlyMap<Node, AttrPath>;
}

/** Each is a walk over the graph. A change with more causes than this has no culprit that could be named. */
const MOST_CANDIDATES = 200;

/** The ones that most attrs need, most first, then by name. */
export function findCulprits(facts: CulpritFacts, most: number): readonly NeededDerivation[] {
  const { graph, rebuilt } = facts;
  const perNode = new Uint32Array(graph.paths.length);
  for (const node of rebuilt.values()) perNode[node] = (perNode[node] ?? 0) + 1;
  const candidates = new Set(causes(facts).map((cause) => standingFor(cause, facts)));
  return [...candidates]
    .sort((a, b) => weight(b, facts) - weight(a, facts) || a - b)
    .slice(0, MOST_CANDIDATES)
    .map((node) => ({
      drv: graph.paths[node] as DrvPath,
      attr: facts.named.get(node),
      attrs: countNeeding(node, facts, perNode),
    }))
    .filter(({ attrs }) => attrs > 0)
    .sort((a, b) => b.attrs - a.attrs || (nameOf(a) < nameOf(b) ? -1 : 1))
    .slice(0, most);
}

function causes({ graph, isNew }: CulpritFacts): Node[] {
  const found: Node[] = [];
  for (const [node, mark] of isNew.entries())
    if (mark === 1 && rowOf(graph.inputs, node).every((input) => isNew[input] !== 1)) found.push(node);
  return found;
}

/** The one derivation above it that people have a name for, or itself. */
function standingFor(cause: Node, { graph, named, isNew }: CulpritFacts): Node {
  if (named.has(cause)) return cause;
  const seen = new Set([cause]);
  const owners = new Set<Node>();
  for (const node of seen) {
    if (named.has(node)) {
      owners.add(node);
      if (owners.size > 1) return cause;
      continue;
    }
    for (const next of rowOf(graph.dependents, node)) if (isNew[next] === 1) seen.add(next);
  }
  return owners.values().next().value ?? cause;
}

/** A first guess, for leaving the least promising ones out. */
function weight(node: Node, { graph }: CulpritFacts): number {
  return rowOf(graph.dependents, node).length;
}

function countNeeding(node: Node, { graph, isNew }: CulpritFacts, perNode: Uint32Array): number {
  let count = 0;
  for (const [at, reached] of withDependents(graph, [node], (next) => isNew[next] === 1).entries())
    if (reached === 1) count += perNode[at] ?? 0;
  return count;
}

/** What stays the same from one side to the other first: a prediction and the count name the same ones of many equals. */
function nameOf({ drv, attr = "" }: NeededDerivation): string {
  const at = drv.indexOf("-", drv.lastIndexOf("/"));
  return [drv.slice(at), attr, drv].join("\n");
}
