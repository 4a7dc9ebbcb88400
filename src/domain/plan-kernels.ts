/**
 * Kernels to build: those that somebody named, always; then, where the configuration leaves it to us, others that differ,
 * up to a limit, as each is a build of hours. What differs and is not built is said, with the reason.
 */
import { changedKernels, changeKey } from "./changed-kernels.ts";
import type { KernelNotBuilt } from "./check-result.ts";
import type { AttrPath, System } from "./evaluation.ts";
import { differing, type PlannedAttr, type WantedAttrs } from "./planned-attrs.ts";
import type { EvaluationPair } from "./rebuilds.ts";
import { plural } from "./size-words.ts";

export interface KernelFacts {
  readonly systems: ReadonlyMap<System, EvaluationPair>;
  readonly kernels: WantedAttrs;
  /** How many are built at most; those that are named are built all the same. */
  readonly kernelLimit: number;
  /** What this machine builds for. */
  readonly buildSystem: System;
}

export interface PlannedKernel extends PlannedAttr {
  /** Other attrs that somebody named and that are this very kernel on both sides. */
  readonly aliases: readonly AttrPath[];
}

export interface KernelPlan {
  readonly kernels: readonly PlannedKernel[];
  /** The most worth building first. */
  readonly notBuilt: readonly KernelNotBuilt[];
}

export function planKernels(facts: KernelFacts): KernelPlan {
  const { kernels, systems, kernelLimit, buildSystem } = facts;
  const named = namedKernels(facts);
  const identities = new Set(named.map(identity));
  const others = changedKernels(systems)
    .filter((kernel) => !identities.has(identity(kernel)))
    .map(({ system, attrs: [attr] }) => ({ attr, system, aliases: [] }));
  if (kernels.written) return plan(named, [leave(others, "not named in the configuration (kernels)")]);

  const isHere = ({ system }: PlannedAttr) => system === buildSystem;
  const [here, elsewhere] = [others.filter(isHere), others.filter((kernel) => !isHere(kernel))];
  // Where none can be built, it is for the builds to say so: without any, the check would be a success.
  const found = named.length + here.length === 0 ? elsewhere : here;
  const room = Math.max(0, kernelLimit - named.filter(isHere).length);
  return plan(
    [...named, ...found.slice(0, room)],
    [
      leave(
        found.slice(room),
        `over the limit of ${plural(kernelLimit, "kernel")} (configuration: limits.kernels)`,
      ),
      leave(found === here ? elsewhere : [], `this machine builds for ${buildSystem}`),
    ],
  );
}

interface NamedKernel extends PlannedKernel {
  readonly key: string;
}

/** Each kernel once, however many of its names were given. */
function namedKernels({ kernels, systems }: KernelFacts): NamedKernel[] {
  const named = differing(kernels, systems).map(({ attr, system, base, head }) => ({
    attr,
    system,
    key: changeKey(attr, base, head),
  }));
  return [...Map.groupBy(named, identity).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, aliases: others.map(({ attr }) => attr) }],
  );
}

function identity({ system, key }: { readonly system: System; readonly key: string }): string {
  return `${system} ${key}`;
}

function plan(
  kernels: readonly PlannedKernel[],
  notBuilt: readonly (readonly KernelNotBuilt[])[],
): KernelPlan {
  return {
    kernels: kernels.map(({ attr, system, aliases }) => ({ attr, system, aliases })),
    notBuilt: notBuilt.flat(),
  };
}

function leave(kernels: readonly PlannedAttr[], reason: string): readonly KernelNotBuilt[] {
  return kernels.map(({ attr, system }) => ({ attr, system, reason }));
}
