/** Stage 5: every planned kernel, all outputs, on base and head. */
import type { BuildOutcome } from "../domain/build.ts";
import type { AttrPath, AttrResult, System } from "../domain/evaluation.ts";
import type { PlannedKernel } from "../domain/plan-kernels.ts";
import type { EvaluatedSystems } from "./evaluate-trees.ts";
import type { Lanes } from "./lanes.ts";
import type { BuildLimits, EvaluatedTree } from "./ports.ts";
import type { StageContext } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

/** One kernel on one tree. `attr` is undefined where that tree has no such attribute. */
export interface KernelBuildSide {
  readonly attr: AttrResult | undefined;
  /** Undefined where there is nothing to build: no attribute, or one that does not evaluate. */
  readonly build: BuildOutcome | undefined;
}

export interface KernelBuild extends PlannedKernel {
  readonly base: KernelBuildSide;
  readonly head: KernelBuildSide;
}

export function buildLimits({ config }: CheckRequest): BuildLimits {
  const { buildSeconds, silentSeconds, logBytes } = config.limits;
  return { timeoutSeconds: buildSeconds, silentSeconds, logBytes };
}

export async function buildKernels(
  kernels: readonly PlannedKernel[],
  systems: EvaluatedSystems,
  request: CheckRequest,
  world: World,
  lanes: Lanes,
  stage: StageContext,
  signal: AbortSignal,
): Promise<KernelBuild[]> {
  const limits = buildLimits(request);
  let ended = 0;

  const buildSide = async (attr: AttrPath, system: System, tree: EvaluatedTree): Promise<KernelBuildSide> => {
    const result = tree.outcome.status === "evaluated" ? tree.outcome.attrs.get(attr) : undefined;
    if (tree.outcome.status === "not-run") return { attr: undefined, build: tree.outcome };
    if (result === undefined || !result.ok) return { attr: result, build: undefined };
    if (system !== world.buildSystem) {
      const reason = `${attr} for ${system} cannot be built here: this machine builds for ${world.buildSystem}`;
      stage.notRun(reason);
      return { attr: result, build: { status: "not-run", reason } };
    }
    const build = await lanes.builds.add(() => tree.derivations.realise(result.drv, limits, signal));
    ended += 1;
    stage.detail(`${ended} of ${kernels.length * 2} kernel builds ended`);
    if (build.status === "not-run") stage.notRun(build.reason);
    return { attr: result, build };
  };

  return Promise.all(
    kernels.map(async (kernel) => {
      const { attr, system } = kernel;
      const pair = systems.get(system);
      if (pair === undefined) throw new Error(`planned for a system that was not evaluated: ${system}`);
      const [base, head] = await Promise.all([
        buildSide(attr, system, pair.base),
        buildSide(attr, system, pair.head),
      ]);
      return { ...kernel, base, head };
    }),
  );
}
