/**
 * Plan: what of a change is worth building, or why nothing is.
 *
 * Two questions in order. Does it touch a recipe at all? And if so, does any kernel differ: a comment in a
 * recipe, or one kernel's patch among ten, costs only what it changes. What exists and does not evaluate is
 * planned too, since that is something to report.
 */
import { countKernels, isKernel } from "./changed-kernels.ts";
import type { KernelNotBuilt } from "./check-result.ts";
import type { AttrPath } from "./evaluation.ts";
import { type KernelFacts, type PlannedKernel, planKernels } from "./plan-kernels.ts";
import { allEvaluated, existsAnywhere, type NamedAttrs, refuseUnknown } from "./plan-names.ts";
import { differing, type PlannedAttr, type WantedAttrs } from "./planned-attrs.ts";
import { plural } from "./size-words.ts";

export interface PlanFacts extends NamedAttrs, KernelFacts {
  /** Changed files that are recipes (`touchedRecipes`). */
  readonly recipes: readonly string[];
  /** Attrs that somebody wants built, kernels or not. */
  readonly build: readonly AttrPath[];
}

interface NoBuilds {
  readonly kernels: readonly [];
  readonly vmTests: readonly [];
  readonly consumers: readonly [];
  /** Kernels that differ all the same. */
  readonly notBuilt: readonly KernelNotBuilt[];
  /** Why nothing is built. */
  readonly reason: string;
}

interface Builds {
  readonly kernels: readonly [PlannedKernel, ...PlannedKernel[]];
  readonly vmTests: readonly PlannedAttr[];
  /** Named by somebody, so compared whether they differ or not. */
  readonly consumers: readonly AttrPath[];
  /** Further kernels that differ. */
  readonly notBuilt: readonly KernelNotBuilt[];
  readonly reason?: undefined;
}

export type Plan = Builds | NoBuilds;

/** @throws UserError attr-unknown, naming every unknown attr with what was probably meant */
export function planCheck(asked: PlanFacts): Plan {
  const facts = sortBuilds(asked);
  refuseUnknown(facts);
  if (facts.recipes.length === 0)
    return planNothing("nothing to check here: no changed file is a recipe (configuration: recipes)");
  const { kernels, notBuilt } = planKernels(facts);
  const [first, ...rest] = kernels;
  if (first === undefined) return planNothing(whyNoKernel(facts, notBuilt), notBuilt);
  return {
    kernels: [first, ...rest],
    vmTests: differing(facts.vmTests, facts.systems).map(({ attr, system }) => ({ attr, system })),
    consumers: facts.consumers.attrs,
    notBuilt,
  };
}

export function planNothing(reason: string, notBuilt: readonly KernelNotBuilt[] = []): Plan {
  return { kernels: [], vmTests: [], consumers: [], notBuilt, reason };
}

/** What a kernel is called where the package set does not say which attrs are kernels: `linux_6_12`, `linuxPackages.kernel`. */
const KERNEL_NAME = /^linux(?!Packages)[^.]*$|\.kernel$/;

/** Kernels are built, measured and booted; any other attr is compared the way a consumer is. */
function sortBuilds(facts: PlanFacts): PlanFacts {
  const { build, kernels, consumers, systems } = facts;
  const [ours, others] = [true, false].map((wanted) =>
    build.filter((attr) => (isKernel(attr, systems) ?? KERNEL_NAME.test(attr)) === wanted),
  );
  return { ...facts, kernels: withMore(kernels, ours), consumers: withMore(consumers, others) };
}

function withMore({ attrs, written }: WantedAttrs, more: readonly AttrPath[] = []): WantedAttrs {
  return { attrs: [...new Set([...attrs, ...more])], written };
}

function whyNoKernel({ kernels, systems }: PlanFacts, notBuilt: readonly KernelNotBuilt[]): string {
  if (!allEvaluated(systems)) return "kernels unknown: the package set could not be evaluated";
  const [other] = notBuilt;
  if (other !== undefined)
    return `nothing to build: ${plural(notBuilt.length, "kernel")} ${notBuilt.length === 1 ? "differs" : "differ"}, ${other.reason}`;
  const there = kernels.attrs.filter((attr) => existsAnywhere(attr, systems));
  const count = countKernels(systems);
  const same =
    kernels.written || count <= there.length
      ? `${there.join(", ")} ${there.length === 1 ? "is" : "are"}`
      : `all ${plural(count, "kernel")} are`;
  return `nothing to build: ${same} the same at base and head`;
}
