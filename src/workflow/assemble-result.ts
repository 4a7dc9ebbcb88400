/** Stage 9, first half: everything that was found out, joined into one result. Decisions are `domain/`'s. */
import { adviseBranch } from "../domain/branch-advice.ts";
import type { CheckResult, ConsumerResult, Rebuilds, StageResult, VmResult } from "../domain/check-result.ts";
import { findLeaks } from "../domain/closure-leaks.ts";
import { deriveFindings } from "../domain/derive-findings.ts";
import { headline } from "../domain/headline.ts";
import { headlineSoFar } from "../domain/headline-so-far.ts";
import { kernelResult } from "../domain/kernel-result.ts";
import type { Plan } from "../domain/plan.ts";
import { findExcesses } from "../domain/size-excess.ts";
import { verdictOf } from "../domain/verdict.ts";
import { bootResult, repositoryTestResult } from "../domain/vm-result.ts";
import type { KernelBoot, RepositoryTest } from "./boot-kernels.ts";
import type { MeasuredKernel } from "./measure-kernels.ts";
import { AFTER_PLAN, type StageLog } from "./stages.ts";
import type { CheckRequest } from "./world.ts";

export interface Gathered {
  readonly request: CheckRequest;
  readonly stages: StageLog;
  /** All changed files. */
  readonly changed: readonly string[];
  readonly rebuilds: Rebuilds;
  /** Whether base or head has the VM tests that stand for all of NixOS's. */
  readonly hasNixosTests: boolean;
  /** Undefined before stage 2. */
  readonly plan?: Plan | undefined;
  /** These three are undefined where their stage was skipped or could not run. */
  readonly kernels?: readonly MeasuredKernel[] | undefined;
  readonly boots?:
    | { readonly kernels: readonly KernelBoot[]; readonly tests: readonly RepositoryTest[] }
    | undefined;
  readonly consumers?: readonly ConsumerResult[] | undefined;
}

export async function assembleResult(gathered: Gathered): Promise<CheckResult> {
  const { request, rebuilds, stages } = gathered;
  const parts = await stages.require("report", async () => partsOf(gathered));
  const stageResults = complete(stages.results());
  const unnamed = {
    schema: 1 as const,
    base: request.base,
    head: request.head,
    verdict: verdictOf(parts.findings, stageResults),
    rebuilds,
    ...branchOf(gathered),
    ...parts,
    stages: stageResults,
  };
  return { ...unnamed, headline: headline(unnamed) };
}

/** What is known while a check runs: never a success, and a headline that says what is to come. */
export function resultSoFar(gathered: Gathered): CheckResult {
  const { request, rebuilds, stages } = gathered;
  const unnamed = {
    schema: 1 as const,
    base: request.base,
    head: request.head,
    verdict: "neutral" as const,
    rebuilds,
    ...branchOf(gathered),
    ...partsOf(gathered),
    stages: stages.results(),
  };
  return { ...unnamed, headline: headlineSoFar(unnamed) };
}

function branchOf({ request, rebuilds, hasNixosTests, changed }: Gathered): Pick<CheckResult, "branch"> {
  if (!request.config.stagingBranches) return {};
  const { baseRef, headRef } = request.branches ?? { baseRef: null, headRef: null };
  return { branch: adviseBranch({ baseRef, headRef, rebuilds, hasNixosTests, changed }) };
}

function partsOf(
  gathered: Gathered,
): Pick<CheckResult, "kernels" | "kernelsNotBuilt" | "vm" | "consumers" | "findings"> {
  const { request, rebuilds, plan } = gathered;
  const notBuilt = plan?.notBuilt ?? [];
  const measured = gathered.kernels ?? [];
  const kernels = measured.map((kernel) =>
    kernelResult(
      kernel,
      { ...kernel.base, facts: kernel.facts.base },
      { ...kernel.head, facts: kernel.facts.head },
    ),
  );
  const vm = vmResults(gathered);
  const consumers = gathered.consumers ?? [];
  const grown = measured.flatMap(({ facts: { base, head } }) => (head === undefined ? [] : [{ base, head }]));
  const findings = deriveFindings({
    rebuilds,
    kernels,
    vm,
    consumers,
    leaks: grown.flatMap(({ base, head }) => findLeaks(base, head)),
    excesses: grown.flatMap(({ base, head }) => findExcesses(base, head, request.config.sizes)),
  });
  return {
    kernels,
    ...(notBuilt.length === 0 ? {} : { kernelsNotBuilt: notBuilt }),
    vm,
    consumers,
    findings,
  };
}

function vmResults({ boots }: Gathered): VmResult[] {
  return [...(boots?.kernels ?? []).map(bootResult), ...(boots?.tests ?? []).map(repositoryTestResult)];
}

/** A stage nobody came to because an earlier one could not run is `not-run` too, and says so. */
function complete(stages: readonly StageResult[]): StageResult[] {
  const ran = new Set(stages.map(({ stage }) => stage));
  const stopped = stages.find(({ stage, status }) => status === "not-run" && stage !== "report");
  const missing = stopped === undefined ? [] : AFTER_PLAN.filter((stage) => !ran.has(stage));
  const added = missing.map((stage) => ({
    stage,
    status: "not-run" as const,
    reason: `${stopped?.stage} could not run`,
    seconds: 0,
  }));
  const report = stages.filter(({ stage }) => stage === "report");
  return [...stages.filter(({ stage }) => stage !== "report"), ...added, ...report];
}
