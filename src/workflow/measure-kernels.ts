/** Stage 6: what each built kernel is, on base and head. Reading only; the differences are made in `domain/`. */
import type { BuildOutcome } from "../domain/build.ts";
import type { KernelFacts } from "../domain/kernel-facts.ts";
import {
  findConfig,
  findModDirVersion,
  findModulesTree,
  parseBuiltin,
  parseKernelConfig,
} from "../domain/kernel-files.ts";
import type { KernelBuild, KernelBuildSide } from "./build-kernels.ts";
import type { Tree, Trees } from "./check-out.ts";
import { evaluationRequest } from "./evaluation-request.ts";
import type { CheckRequest, World } from "./world.ts";

export interface MeasuredKernel extends KernelBuild {
  /** Undefined where that side was not built. */
  readonly facts: { readonly base: KernelFacts | undefined; readonly head: KernelFacts | undefined };
}

export async function measureKernels(
  builds: readonly KernelBuild[],
  trees: Trees,
  request: CheckRequest,
  world: World,
  signal: AbortSignal,
): Promise<MeasuredKernel[]> {
  const measured: MeasuredKernel[] = [];
  for (const kernel of builds) {
    const [base, head] = await Promise.all([
      measureSide(kernel, kernel.base, trees.base, request, world, signal),
      measureSide(kernel, kernel.head, trees.head, request, world, signal),
    ]);
    measured.push({ ...kernel, facts: { base, head } });
  }
  return measured;
}

async function measureSide(
  { attr, system }: KernelBuild,
  side: KernelBuildSide,
  source: Tree,
  request: CheckRequest,
  world: World,
  signal: AbortSignal,
): Promise<KernelFacts | undefined> {
  const built = builtOutputs(side.build);
  if (built === undefined) return undefined;
  const { nix } = world;

  const outputs = await nix.measure(built, signal);
  const tree = findModulesTree(outputs);
  const treeRoot = tree === undefined ? undefined : outputs[tree.output];
  const modDirVersion = findModDirVersion(outputs);
  const configFile = findConfig(outputs);
  const configRoot = configFile === undefined ? undefined : outputs[configFile.output];

  const [modules, builtinText, configText, passthru] = await Promise.all([
    tree === undefined || treeRoot === undefined
      ? []
      : nix.modules(treeRoot.path, tree.version, treeRoot, signal),
    tree === undefined || treeRoot === undefined
      ? undefined
      : nix.readOutputFile(treeRoot.path, `lib/modules/${tree.version}/modules.builtin`),
    configFile === undefined || configRoot === undefined
      ? undefined
      : nix.readOutputFile(configRoot.path, configFile.path),
    source
      .laidOut(signal)
      .then((checkout) => nix.passthru(evaluationRequest(checkout, system, request), attr, signal)),
  ]);

  return {
    attr,
    system,
    outputs,
    modules,
    passthru,
    builtin: builtinText === undefined ? [] : parseBuiltin(builtinText),
    ...(modDirVersion === undefined ? {} : { modDirVersion }),
    ...(tree === undefined ? {} : { modulesOutput: tree.output }),
    ...(configText === undefined ? {} : { config: parseKernelConfig(configText) }),
  };
}

function builtOutputs(build: BuildOutcome | undefined) {
  return build?.status === "built" ? build.outputs : undefined;
}
