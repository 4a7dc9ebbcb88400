/**
 * Names in a plan that no tree has: refused all at once, each with what was probably meant.
 *
 * They are the caller's mistake, but only where somebody wrote them and both trees could say so.
 */
import { UserError } from "../errors.ts";
import { countKernels, treesOf } from "./changed-kernels.ts";
import type { AttrPath, System } from "./evaluation.ts";
import { didYouMean } from "./near-misses.ts";
import type { WantedAttrs } from "./planned-attrs.ts";
import { comparable, type EvaluationPair, findAttr } from "./rebuilds.ts";

type Systems = ReadonlyMap<System, EvaluationPair>;

export interface NamedAttrs {
  readonly recipes: readonly string[];
  readonly systems: Systems;
  readonly kernels: WantedAttrs;
  readonly vmTests: WantedAttrs;
  readonly consumers: WantedAttrs;
}

/** @throws UserError attr-unknown */
export function refuseUnknown(facts: NamedAttrs): void {
  if (!allEvaluated(facts.systems)) return;
  const wanted = { kernels: facts.kernels, vmTests: facts.vmTests, "consumers.attrs": facts.consumers };
  const unknown = Object.entries(wanted).flatMap(([key, { attrs, written }]) =>
    written
      ? attrs.filter((attr) => !existsAnywhere(attr, facts.systems)).map((attr) => ({ key, attr }))
      : [],
  );
  const noKernel =
    countKernels(facts.systems) === 0 &&
    !facts.kernels.attrs.some((attr) => existsAnywhere(attr, facts.systems));
  if (unknown.length > 0) throw unknownAttrs(unknown, facts);
  if (noKernel && facts.recipes.length > 0) throw noDefaultKernel(facts);
}

function unknownAttrs(
  unknown: readonly { key: string; attr: AttrPath }[],
  { systems }: NamedAttrs,
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

function noDefaultKernel({ kernels, systems }: NamedAttrs): UserError {
  const kernelLike = knownNames(systems).filter((name) => /^linux[^.]*$|\.kernel$/.test(name));
  const seen = kernelLike.length === 0 ? [] : [`The package set has: ${kernelLike.slice(0, 10).join(", ")}`];
  return new UserError(
    "attr-unknown",
    `the package set has none of the kernels looked for by default (${kernels.attrs.join(", ")})`,
    [...seen, "Name the kernels to check in the configuration: `kernels: [attr, …]`."].join("\n"),
  );
}

/** Only then is a name that was not met one that does not exist. */
export function allEvaluated(systems: Systems): boolean {
  return [...systems.values()].every((pair) => comparable(pair) !== undefined);
}

export function existsAnywhere(attr: AttrPath, systems: Systems): boolean {
  return treesOf(systems).some((tree) => findAttr(tree, attr) !== undefined);
}

function knownNames(systems: Systems): AttrPath[] {
  return [...new Set(treesOf(systems).flatMap((tree) => [...tree.keys()]))].sort();
}
