/**
 * Plan: what of a change is worth building, or why nothing is.
 *
 * Two questions in order. Does it touch a recipe at all? And if so, does any kernel differ: a comment in a
 * recipe, or one kernel's patch among ten, costs only what it changes. What exists and does not evaluate is
 * planned too, since that is something to report. A name that no tree has is the caller's mistake, but only
 * where somebody wrote it and both trees could say so.
 */

import { UserError } from "../errors.ts";
import type { AttrPath, AttrResult, Evaluation, System } from "./evaluation.ts";
import { didYouMean } from "./near-misses.ts";
import { comparable, type EvaluationPair, findAttr } from "./rebuilds.ts";

/** Attrs of one key of the configuration. */
export interface WantedAttrs {
  readonly attrs: readonly AttrPath[];
  /** Somebody wrote them; defaults that a repository does not have are dropped. */
  readonly written: boolean;
}

export interface PlanFacts {
  /** Changed files that are recipes (`touchedRecipes`). */
  readonly recipes: readonly string[];
  readonly systems: ReadonlyMap<System, EvaluationPair>;
  readonly kernels: WantedAttrs;
  readonly vmTests: WantedAttrs;
  readonly consumers: WantedAttrs;
}

export interface PlannedAttr {
  readonly attr: AttrPath;
  readonly system: System;
}

/** With no kernels, `reason` says why and nothing is built. */
export type Plan =
  | {
      readonly kernels: readonly [];
      readonly vmTests: readonly [];
      readonly consumers: readonly [];
      readonly reason: string;
    }
  | {
      readonly kernels: readonly [PlannedAttr, ...PlannedAttr[]];
      readonly vmTests: readonly PlannedAttr[];
      /** Consumers named in the configuration that differ. */
      readonly consumers: readonly PlannedAttr[];
      readonly reason?: undefined;
    };

/** @throws UserError attr-unknown, naming every unknown attr with what was probably meant */
export function planCheck(facts: PlanFacts): Plan {
  refuseUnknown(facts);
  if (facts.recipes.length === 0)
    return nothing("nothing to check here: no changed file is a recipe (configuration: recipes)");
  const [first, ...rest] = differing(facts.kernels, facts.systems);
  if (first === undefined) return nothing(whyNoKernel(facts));
  return {
    kernels: [first, ...rest],
    vmTests: differing(facts.vmTests, facts.systems),
    consumers: differing(facts.consumers, facts.systems),
  };
}

function nothing(reason: string): Plan {
  return { kernels: [], vmTests: [], consumers: [], reason };
}

function whyNoKernel({ kernels, systems }: PlanFacts): string {
  if (!allEvaluated(systems)) return "kernels unknown: the package set could not be evaluated";
  const there = kernels.attrs.filter((attr) => existsAnywhere(attr, systems));
  return `nothing to build: ${there.join(", ")} ${there.length === 1 ? "is" : "are"} the same at base and head`;
}

/** Attrs whose result differs between base and head, by attr and system. */
function differing({ attrs }: WantedAttrs, systems: PlanFacts["systems"]): PlannedAttr[] {
  return [...new Set(attrs)].sort().flatMap((attr) =>
    [...systems]
      .filter(([, pair]) => differs(attr, pair))
      .map(([system]) => ({ attr, system }))
      .sort((a, b) => (a.system < b.system ? -1 : 1)),
  );
}

function differs(attr: AttrPath, pair: EvaluationPair): boolean {
  const trees = comparable(pair);
  if (trees === undefined) return false;
  return resultKey(findAttr(trees.base, attr)) !== resultKey(findAttr(trees.head, attr));
}

/** Errors are one: failing before and after, in whatever words, leaves nothing to build on either side. */
function resultKey(result: AttrResult | undefined): string {
  if (result === undefined) return "absent";
  return result.ok ? result.drv : "error";
}

function refuseUnknown(facts: PlanFacts): void {
  if (!allEvaluated(facts.systems)) return;
  const wanted = { kernels: facts.kernels, vmTests: facts.vmTests, "consumers.attrs": facts.consumers };
  const unknown = Object.entries(wanted).flatMap(([key, { attrs, written }]) =>
    written
      ? attrs.filter((attr) => !existsAnywhere(attr, facts.systems)).map((attr) => ({ key, attr }))
      : [],
  );
  const noKernel = !facts.kernels.attrs.some((attr) => existsAnywhere(attr, facts.systems));
  if (unknown.length > 0) throw unknownAttrs(unknown, facts);
  if (noKernel && facts.recipes.length > 0) throw noDefaultKernel(facts);
}

function unknownAttrs(
  unknown: readonly { key: string; attr: AttrPath }[],
  { systems }: PlanFacts,
): UserError {
  const names = knownNames(systems);
  const lines = unknown.map(({ key, attr }) => `${key}: ${JSON.stringify(attr)}${didYouMean(attr, names)}`);
  const what = unknown.length === 1 ? "an attribute" : `${unknown.length} attributes`;
  return new UserError(
    "attr-unknown",
    `the configuration names ${what} that neither base nor head has`,
    [...lines, "Correct or remove the names in the configuration."].join("\n"),
  );
}

function noDefaultKernel({ kernels, systems }: PlanFacts): UserError {
  const kernelLike = knownNames(systems).filter((name) => /^linux[^.]*$|\.kernel$/.test(name));
  const seen = kernelLike.length === 0 ? [] : [`The package set has: ${kernelLike.slice(0, 10).join(", ")}`];
  return new UserError(
    "attr-unknown",
    `the package set has none of the kernels looked for by default (${kernels.attrs.join(", ")})`,
    [...seen, "Name the kernels to check in the configuration: `kernels: [attr, …]`."].join("\n"),
  );
}

function trees(systems: PlanFacts["systems"]): Evaluation[] {
  return [...systems.values()].flatMap((pair) => {
    const known = comparable(pair);
    return known === undefined ? [] : [known.base, known.head];
  });
}

/** Only then is a name that was not met one that does not exist. */
function allEvaluated(systems: PlanFacts["systems"]): boolean {
  return [...systems.values()].every((pair) => comparable(pair) !== undefined);
}

function existsAnywhere(attr: AttrPath, systems: PlanFacts["systems"]): boolean {
  return trees(systems).some((tree) => findAttr(tree, attr) !== undefined);
}

function knownNames(systems: PlanFacts["systems"]): AttrPath[] {
  return [...new Set(trees(systems).flatMap((tree) => [...tree.keys()]))].sort();
}
