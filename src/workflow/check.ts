/**
 * A check, told as a story: the 40 lines to read first.
 *
 * Facts are gathered through ports, decided upon in `domain/`, and returned as one value; rendering and
 * publishing are the caller's. The machine's trouble in one stage costs that stage and what needs it.
 */
import type { CheckResult } from "../domain/check-result.ts";
import { assembleResult, resultSoFar } from "./assemble-result.ts";
import { bootKernels, runRepositoryTests } from "./boot-kernels.ts";
import { buildKernels } from "./build-kernels.ts";
import { checkConsumers } from "./check-consumers.ts";
import { checkOut } from "./check-out.ts";
import { describeRebuilds } from "./describe-rebuilds.ts";
import { attrNames, haveNixosTests } from "./evaluate-trees.ts";
import { explainRebuilds } from "./explain-rebuilds.ts";
import { createLanes } from "./lanes.ts";
import { measureKernels } from "./measure-kernels.ts";
import { planFromFacts } from "./plan-check.ts";
import { predictAndEvaluate } from "./predict-and-evaluate.ts";
import { onlyPredict } from "./predict-only.ts";
import { createRecall } from "./stage-memory.ts";
import { AFTER_PLAN, createStageLog } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

/** @throws UserError, EnvironmentError (nothing could be checked at all), Interrupted */
export async function check(request: CheckRequest, world: World, signal: AbortSignal): Promise<CheckResult> {
  const stages = createStageLog(world.progress, world.clock);
  const lanes = createLanes(world.cores);
  const [changed] = await Promise.all([
    world.git.changedFiles(request.base, request.head, signal),
    world.nix.probe(signal),
  ]);
  await using trees = await checkOut(request, world, stages, signal);
  // Awaited here: the trees are taken away when this function is left.
  if (request.scope === "prediction")
    return await onlyPredict(trees, changed, request, world, stages, signal);
  const { predictions, systems } = await stages.require("evaluate", (stage) =>
    predictAndEvaluate(trees, changed, request, world, stages, stage, signal),
  );
  const rebuilds = await stages.require("rebuilds", () => describeRebuilds(systems, predictions, signal));
  const names = attrNames(systems);
  await world.memory?.save("evaluate", names);
  await explainRebuilds(systems, names, request, world, signal);
  const plan = await stages.require("plan", async () => planFromFacts(changed, systems, request, world));
  const counted = { request, stages, changed, rebuilds, hasNixosTests: haveNixosTests(systems), plan };
  if (plan.reason !== undefined) {
    for (const stage of AFTER_PLAN) stages.skip(stage, plan.reason);
    return assembleResult(counted);
  }

  const recall = createRecall(request, stages, world.memory);
  world.onResult?.(resultSoFar(counted));

  const booted = await recall.remember(["build", "sizes", "vm"], async () => {
    const builds = await stages.run("build", (stage) =>
      buildKernels(plan.kernels, systems, request, world, lanes, stage, signal),
    );
    const kernels =
      builds && (await stages.run("sizes", () => measureKernels(builds, trees, request, world, signal)));
    if (kernels === undefined) return undefined;
    world.onResult?.(resultSoFar({ ...counted, kernels }));
    const boots = await stages.run("vm", async (stage) => ({
      kernels: await bootKernels(kernels, request, world, lanes, stage, signal),
      tests: await runRepositoryTests(plan.vmTests, systems, request, lanes, stage, signal),
    }));
    return { kernels, boots };
  });
  if (booted === undefined) return assembleResult(counted);
  const { kernels } = booted;
  world.onResult?.(resultSoFar({ ...counted, ...booted }));
  const consumers = await recall.remember(["consumers"], () =>
    stages.run("consumers", (stage) =>
      checkConsumers({ plan, kernels, systems, trees, request, world, lanes, stage }, signal),
    ),
  );
  return assembleResult({ ...counted, ...booted, consumers });
}
