/**
 * Questions about many derivations at once: who needs this one, and by which attribute would a person name it.
 *
 * What trips people up: most derivations have no attribute. The initrd inside an image is nobody's attr, so what is
 * said about it is said about the nearest attrs that need it (`ownersOf`); an attr further up is not an owner,
 * since the nearer one stands between.
 *
 * Breadth first throughout, each derivation once: a nixpkgs closure has tens of thousands.
 */
import type { Derivation } from "./derivation.ts";
import type { AttrPath, DrvPath, Evaluation } from "./evaluation.ts";

/** Derivation → derivations that select outputs of it directly, sorted. */
export type Dependents = ReadonlyMap<DrvPath, readonly DrvPath[]>;
export type AttrsByDrv = ReadonlyMap<DrvPath, readonly AttrPath[]>;

export function directDependents(derivations: ReadonlyMap<DrvPath, Derivation>): Dependents {
  const dependents = new Map<DrvPath, DrvPath[]>();
  for (const path of [...derivations.keys()].sort()) {
    for (const input of derivations.get(path)?.inputDrvs.keys() ?? []) {
      const known = dependents.get(input);
      if (known === undefined) dependents.set(input, [path]);
      else known.push(path);
    }
  }
  return dependents;
}

/** How a derivation needs one of several roots. */
export interface Way {
  /** The nearest root; of several as near, the one given first. */
  readonly root: DrvPath;
  readonly steps: number;
}

/** Everything that needs one of `roots`, directly or not. Roots themselves are left out. */
export function transitiveDependents(
  dependents: Dependents,
  roots: Iterable<DrvPath>,
): ReadonlyMap<DrvPath, Way> {
  const start = new Set(roots);
  const ways = new Map<DrvPath, Way>();
  const queue = [...start].map((drv) => ({ drv, way: { root: drv, steps: 0 } }));
  for (const { drv, way } of queue) {
    for (const dependent of dependents.get(drv) ?? []) {
      if (ways.has(dependent) || start.has(dependent)) continue;
      const next = { root: way.root, steps: way.steps + 1 };
      ways.set(dependent, next);
      queue.push({ drv: dependent, way: next });
    }
  }
  return ways;
}

/** From one derivation up to another that needs it, both included; undefined when it does not. */
export function shortestPath(
  dependents: Dependents,
  from: DrvPath,
  to: DrvPath,
): readonly DrvPath[] | undefined {
  const cameFrom = new Map<DrvPath, DrvPath | undefined>([[from, undefined]]);
  const queue = [from];
  for (const drv of queue) {
    if (drv === to) return pathTo(to, cameFrom);
    for (const dependent of dependents.get(drv) ?? []) {
      if (cameFrom.has(dependent)) continue;
      cameFrom.set(dependent, drv);
      queue.push(dependent);
    }
  }
  return undefined;
}

function pathTo(end: DrvPath, cameFrom: ReadonlyMap<DrvPath, DrvPath | undefined>): DrvPath[] {
  const path: DrvPath[] = [];
  for (let at: DrvPath | undefined = end; at !== undefined; at = cameFrom.get(at)) path.push(at);
  return path.reverse();
}

/** Attrs of each derivation, sorted. Several attrs of one derivation are aliases. */
export function attrsByDerivation(evaluation: Evaluation): AttrsByDrv {
  const byDrv = new Map<DrvPath, AttrPath[]>();
  for (const attr of [...evaluation.keys()].sort()) {
    const result = evaluation.get(attr);
    if (result?.ok !== true) continue;
    const known = byDrv.get(result.drv);
    if (known === undefined) byDrv.set(result.drv, [attr]);
    else known.push(attr);
  }
  return byDrv;
}

/** A derivation with attrs that needs the one asked about. */
export interface Owner {
  readonly drv: DrvPath;
  /** How many steps above; 0 when the derivation asked about has attrs itself. */
  readonly distance: number;
}

/** The nearest derivations with attrs on every way up, nearest first, then by path. */
export function ownersOf(drv: DrvPath, attrs: AttrsByDrv, dependents: Dependents): readonly Owner[] {
  const owners: Owner[] = [];
  const seen = new Set([drv]);
  let frontier: readonly DrvPath[] = [drv];
  for (let distance = 0; frontier.length > 0; distance += 1) {
    const next: DrvPath[] = [];
    for (const at of [...frontier].sort()) {
      if (attrs.has(at)) {
        owners.push({ drv: at, distance });
        continue;
      }
      for (const dependent of dependents.get(at) ?? []) {
        if (seen.has(dependent)) continue;
        seen.add(dependent);
        next.push(dependent);
      }
    }
    frontier = next;
  }
  return owners;
}
