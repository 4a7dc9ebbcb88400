/**
 * Changed kernels: which of all kernels in the package set a change really alters, found by evaluating and not by names.
 *
 * A kernel is new where head has a derivation that no kernel had at base, and gone where no attr leads to it any more. An
 * alias that moves to another kernel changes none. Attrs that are one derivation at base and one at head are one kernel.
 */

import { parseAttrPath } from "./attr-path.ts";
import type { AttrPath, AttrResult, DrvPath, Evaluation, System } from "./evaluation.ts";
import { compareVersions } from "./kernel-version.ts";
import { comparable, type EvaluationPair, findAttr } from "./rebuilds.ts";

export interface ChangedKernel {
  readonly system: System;
  /** All its names, the one people use first. */
  readonly attrs: readonly [AttrPath, ...AttrPath[]];
  /** The same for every attr that is this kernel (`changeKey`). */
  readonly key: string;
}

interface Candidate {
  readonly attr: AttrPath;
  readonly base: AttrResult | undefined;
  readonly head: AttrResult | undefined;
}

/**
 * The order in which they are worth building: what can be compared, then what is there at head, then what is broken or gone;
 * among these the newest first, which people move to, and release candidates after releases.
 */
export function changedKernels(systems: ReadonlyMap<System, EvaluationPair>): ChangedKernel[] {
  return [...systems]
    .flatMap(([system, pair]) => onSystem(pair).map((group) => ({ system, ...group })))
    .sort(
      (a, b) => compareWorth(a, b) || compareText(a.attrs[0], b.attrs[0]) || compareText(a.system, b.system),
    )
    .map(({ system, attrs, key }) => ({ system, attrs, key }));
}

/** How many kernels the tree has that has most; 0 where the package set does not tell (`AttrDerivation.kernel`). */
export function countKernels(systems: ReadonlyMap<System, EvaluationPair>): number {
  return Math.max(0, ...treesOf(systems).map((tree) => kernelsOf(tree).size));
}

/** Whether either side says so; undefined where the attr evaluates on neither, or no kernel of the package set says it is one. */
export function isKernel(attr: AttrPath, systems: ReadonlyMap<System, EvaluationPair>): boolean | undefined {
  const trees = treesOf(systems);
  const results = trees.flatMap((tree) => tree.get(attr) ?? []).filter(({ ok }) => ok);
  if (results.some(saysKernel)) return true;
  const isTold = results.length > 0 && trees.some((tree) => kernelsOf(tree).size > 0);
  return isTold ? false : undefined;
}

/** Equal for two attrs exactly where both are one derivation at base and one at head. */
export function changeKey(
  attr: AttrPath,
  base: AttrResult | undefined,
  head: AttrResult | undefined,
): string {
  const [before, after] = [resultKey(base), resultKey(head)];
  // Without a derivation on either side nothing says that two attrs are one thing.
  return base?.ok === true || head?.ok === true ? `${before} ${after}` : `${before} ${after} ${attr}`;
}

/** Errors are one: failing before and after, in whatever words, leaves nothing to build on either side. */
export function resultKey(result: AttrResult | undefined): string {
  if (result === undefined) return "absent";
  return result.ok ? result.drv : "error";
}

type Group = Pick<ChangedKernel, "attrs" | "key"> & Omit<Candidate, "attr">;

function onSystem(pair: EvaluationPair): Group[] {
  const trees = comparable(pair);
  if (trees === undefined) return [];
  const [before, after] = [kernelsOf(trees.base), kernelsOf(trees.head)];
  const names = new Set([...before.values(), ...after.values()].flat());
  const candidates = [...names]
    .map((attr): Candidate => ({ attr, base: findAttr(trees.base, attr), head: findAttr(trees.head, attr) }))
    .filter(({ base, head }) =>
      head?.ok ? !before.has(head.drv) : base?.ok === true && !after.has(base.drv),
    );
  const groups = Map.groupBy(candidates, ({ attr, base, head }) => changeKey(attr, base, head));
  return [...groups].flatMap(([key, members]) => {
    const [first, ...others] = members.map(({ attr }) => attr).sort(compareTelling);
    const [member] = members;
    return first === undefined || member === undefined ? [] : [{ ...member, key, attrs: [first, ...others] }];
  });
}

/** Of each system where both could be evaluated. */
export function treesOf(systems: ReadonlyMap<System, EvaluationPair>): Evaluation[] {
  return [...systems.values()].flatMap((pair) => Object.values(comparable(pair) ?? {}));
}

/** Attrs of each kernel. */
function kernelsOf(tree: Evaluation): ReadonlyMap<DrvPath, readonly AttrPath[]> {
  const kernels = new Map<DrvPath, AttrPath[]>();
  for (const [attr, result] of tree) {
    if (!result.ok || !saysKernel(result)) continue;
    const attrs = kernels.get(result.drv);
    if (attrs === undefined) kernels.set(result.drv, [attr]);
    else attrs.push(attr);
  }
  return kernels;
}

function saysKernel(result: AttrResult): boolean {
  return result.ok && result.kernel === true;
}

/** `linux_6_12` before `linuxPackages_6_12.kernel` before `linuxKernel.kernels.linux_6_12`. */
function compareTelling(a: AttrPath, b: AttrPath): number {
  const depth = (attr: AttrPath) => parseAttrPath(attr)?.length ?? 0;
  return depth(a) - depth(b) || a.length - b.length || compareText(a, b);
}

function compareWorth(a: Group, b: Group): number {
  return sidesRank(a) - sidesRank(b) || compareVersions(nameOf(a), nameOf(b));
}

function sidesRank({ base, head }: Group): number {
  if (!head?.ok) return 2;
  return base?.ok ? 0 : 1;
}

function nameOf({ base, head }: Group): string {
  if (head?.ok) return head.name;
  return base?.ok ? base.name : "";
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
