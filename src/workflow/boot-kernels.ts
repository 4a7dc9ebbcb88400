/** Stage 7: every kernel booted with its own modules, base and head; then the repository's own VM tests. */
import type { BuildOutcome } from "../domain/build.ts";
import type { AttrPath, System } from "../domain/evaluation.ts";
import type { KernelFacts } from "../domain/kernel-facts.ts";
import { findImage, findModulesTree } from "../domain/kernel-files.ts";
import type { ModprobeRequest, VmOutcome } from "../domain/vm.ts";
import { buildLimits } from "./build-kernels.ts";
import type { EvaluatedSystems } from "./evaluate-trees.ts";
import type { Lanes } from "./lanes.ts";
import type { MeasuredKernel } from "./measure-kernels.ts";
import type { BootRequest, EvaluatedTree } from "./ports.ts";
import type { StageContext } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

export interface KernelBoot {
  readonly kernel: AttrPath;
  readonly system: System;
  /** Undefined: that side has no such kernel at all. */
  readonly base: VmOutcome | undefined;
  readonly head: VmOutcome | undefined;
}

/** A VM test of the repository: a derivation whose build is the test. */
export interface RepositoryTest {
  readonly test: AttrPath;
  readonly system: System;
  readonly base: BuildOutcome | undefined;
  readonly head: BuildOutcome | undefined;
}

export async function bootKernels(
  kernels: readonly MeasuredKernel[],
  request: CheckRequest,
  world: World,
  lanes: Lanes,
  stage: StageContext,
  signal: AbortSignal,
): Promise<KernelBoot[]> {
  const { modprobe, limits } = request.config;
  const boot = async (kernel: MeasuredKernel, side: "base" | "head"): Promise<VmOutcome | undefined> => {
    if (kernel[side].attr === undefined && kernel[side].build === undefined) return undefined;
    const facts = kernel.facts[side];
    if (facts === undefined) return { outcome: "not-run", reason: `${kernel.attr} was not built at ${side}` };
    const bootRequest = requestFor(facts, modprobe, {
      timeoutSeconds: limits.vmSeconds,
      memoryMegabytes: limits.vmMemory,
      again: request.bootAgain ?? false,
    });
    if (bootRequest === undefined) return withoutImage(kernel.attr, side, stage);
    const outcome = await lanes.vms.add(() => world.vm.boot(bootRequest, signal));
    if (outcome.outcome === "not-run") stage.notRun(outcome.reason);
    stage.detail(`${kernel.attr} at ${side}: ${outcome.outcome}`);
    return outcome;
  };
  return Promise.all(
    kernels.map(async (kernel) => {
      const [base, head] = await Promise.all([boot(kernel, "base"), boot(kernel, "head")]);
      // A kernel that only the change fails to build is told as that. One that base fails to build is not known to boot.
      if (base?.outcome === "not-run" && head?.outcome === "not-run") stage.notRun(base.reason);
      return { kernel: kernel.attr, system: kernel.system, base, head };
    }),
  );
}

function withoutImage(attr: AttrPath, side: "base" | "head", stage: StageContext): VmOutcome {
  const reason = `${attr} has no boot image at ${side}`;
  stage.notRun(reason);
  return { outcome: "not-run", reason };
}

function requestFor(
  facts: KernelFacts,
  load: readonly ModprobeRequest[],
  how: Pick<BootRequest, "timeoutSeconds" | "memoryMegabytes" | "again">,
): BootRequest | undefined {
  const image = findImage(facts.outputs);
  const imageRoot = image === undefined ? undefined : facts.outputs[image.output];
  if (image === undefined || imageRoot === undefined) return undefined;
  const tree = findModulesTree(facts.outputs);
  // A kernel without modules still boots; whatever is to be loaded must then be builtin.
  const modulesRoot =
    tree === undefined ? imageRoot.path : (facts.outputs[tree.output]?.path ?? imageRoot.path);
  return {
    system: facts.system,
    image: `${imageRoot.path}/${image.path}`,
    modulesRoot,
    modDirVersion: facts.modDirVersion ?? "none",
    load,
    ...how,
  };
}

export async function runRepositoryTests(
  tests: readonly { readonly attr: AttrPath; readonly system: System }[],
  systems: EvaluatedSystems,
  request: CheckRequest,
  lanes: Lanes,
  stage: StageContext,
  signal: AbortSignal,
): Promise<RepositoryTest[]> {
  const limits = { ...buildLimits(request), timeoutSeconds: request.config.limits.vmTestSeconds };
  const runSide = async (attr: AttrPath, tree: EvaluatedTree): Promise<BuildOutcome | undefined> => {
    if (tree.outcome.status === "not-run") return tree.outcome;
    const result = tree.outcome.attrs.get(attr);
    if (result === undefined) return undefined;
    if (!result.ok) {
      return {
        status: "failed",
        cause: "builder",
        logTail: [result.error],
        explanation: "it does not evaluate",
        seconds: 0,
      };
    }
    const outcome = await lanes.vms.add(() => tree.derivations.realise(result.drv, limits, signal));
    if (outcome.status === "not-run") stage.notRun(outcome.reason);
    stage.detail(`${attr}: ${outcome.status}`);
    return outcome;
  };
  return Promise.all(
    tests.map(async ({ attr, system }) => {
      const pair = systems.get(system);
      if (pair === undefined) throw new Error(`planned for a system that was not evaluated: ${system}`);
      const [base, head] = await Promise.all([runSide(attr, pair.base), runSide(attr, pair.head)]);
      return { test: attr, system, base, head };
    }),
  );
}
