/**
 * Stage 8: everything that uses a kernel, built on both sides and compared by exit and by content.
 *
 * The paths that an output lost are the query. Consumers whose trees lost paths themselves are asked about once
 * more: a program may read `$toplevel/kernel-modules/bzImage` without depending on a kernel at all.
 */
import type { ConsumerResult } from "../domain/check-result.ts";
import { scriptSources } from "../domain/consumer-references.ts";
import type { AttrPath, AttrResult, DrvPath, Evaluation, StorePath, System } from "../domain/evaluation.ts";
import { neighbourhood } from "../domain/graph/neighbourhood.ts";
import {
  type ConsumerSide,
  type JudgedConsumer,
  judgeConsumer,
  unjudgedConsumer,
} from "../domain/judge-consumer.ts";
import { type KernelChange, kernelChange } from "../domain/kernel-change.ts";
import { locateSuspect } from "../domain/locate.ts";
import type { Plan } from "../domain/plan.ts";
import type { EvaluatedView } from "../domain/suspect.ts";
import { findSuspects } from "../domain/suspects.ts";
import { searchedSources, treeConsumers, treeLosses } from "../domain/tree-consumers.ts";
import { buildLimits } from "./build-kernels.ts";
import type { Trees } from "./check-out.ts";
import type { EvaluatedPair, EvaluatedSystems } from "./evaluate-trees.ts";
import type { Lanes } from "./lanes.ts";
import type { MeasuredKernel } from "./measure-kernels.ts";
import type { DerivationStore, EvaluatedTree } from "./ports.ts";
import type { StageContext } from "./stages.ts";
import type { CheckRequest, World } from "./world.ts";

export interface ConsumerCheck {
  readonly plan: Plan;
  readonly kernels: readonly MeasuredKernel[];
  readonly systems: EvaluatedSystems;
  readonly trees: Trees;
  readonly request: CheckRequest;
  readonly world: World;
  readonly lanes: Lanes;
  readonly stage: StageContext;
}

export async function checkConsumers(facts: ConsumerCheck, signal: AbortSignal): Promise<ConsumerResult[]> {
  const results: ConsumerResult[] = [];
  for (const [system, pair] of facts.systems) {
    const kernels = facts.kernels.filter((kernel) => kernel.system === system);
    const changes = kernels.flatMap((kernel) => changeOf(kernel, facts.stage) ?? []);
    if (changes.length > 0) results.push(...(await checkSystem(system, pair, changes, facts, signal)));
  }
  return results.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/** What a kernel that was built on one side only has lost cannot be known, nor whom that breaks. */
function changeOf(kernel: MeasuredKernel, stage: StageContext): KernelChange | undefined {
  const { base, head, facts, attr } = kernel;
  if (base.attr?.ok && head.attr?.ok && facts.base !== undefined && facts.head !== undefined) {
    return kernelChange(
      attr,
      { derivation: base.attr, facts: facts.base },
      { derivation: head.attr, facts: facts.head },
    );
  }
  if (base.attr !== undefined && head.attr !== undefined) {
    stage.notRun(`consumers of ${attr}: it was not built on both sides, so nothing can be compared`);
  }
  return undefined;
}

async function checkSystem(
  system: System,
  pair: EvaluatedPair,
  changes: readonly KernelChange[],
  facts: ConsumerCheck,
  signal: AbortSignal,
): Promise<ConsumerResult[]> {
  const { config } = facts.request;
  const kernelDrvs = new Set(changes.flatMap((change) => [change.base.drv, change.head.drv]));
  const base = await viewOf(pair.base, kernelDrvs, signal);
  const head = await viewOf(pair.head, kernelDrvs, signal);
  const texts = await readTexts(scriptSources(head.derivations, kernelDrvs), pair.head.derivations);
  const tree = await facts.world.git.sourceTree(await facts.trees.head.laidOut(signal), signal);
  const { suspects, leftOut } = findSuspects({
    base,
    head: { ...head, texts },
    kernels: changes,
    configured: facts.plan.consumers,
    onlyConfigured: !config.consumers.auto,
    excluded: new Set([...config.kernels, ...facts.plan.kernels.map(({ attr }) => attr), ...config.vmTests]),
    limit: config.limits.consumers,
  });

  let ended = 0;
  const judged = await Promise.all(
    suspects.map(async (suspect): Promise<JudgedConsumer> => {
      const [baseSide, headSide] = await Promise.all([
        buildSide(suspect.base, pair.base.derivations, facts, signal),
        buildSide(suspect.head, pair.head.derivations, facts, signal),
      ]);
      ended += 1;
      facts.stage.detail(`${ended} of ${suspects.length} consumers compared`);
      const place = locateSuspect(suspect, tree, texts);
      return judgeConsumer({
        suspect,
        system,
        base: baseSide,
        head: headSide,
        kernels: changes.map(({ facts: { base: before, head: after } }) => ({ base: before, head: after })),
        kernelDrvs,
        ...(place === undefined ? {} : { place }),
      });
    }),
  );

  // Readers of a tree are found, never named.
  const losses = config.consumers.auto ? treeLosses(judged) : [];
  const readers = losses.length === 0 ? [] : await findReaders();

  const overLimit = `over the limit of ${config.limits.consumers} consumers (configuration: limits.consumers)`;
  // A consumer that builds as before and reads a path that is gone breaks when it runs.
  const failing = new Set(
    judged.flatMap(({ result }) => (result.comparison === "same-pass" ? [] : [result.name])),
  );
  const late = readers.filter(({ name }) => !failing.has(name));
  const lateNames = new Set(late.map(({ name }) => name));
  return [
    ...judged.flatMap(({ result }) => (lateNames.has(result.name) ? [] : [result])),
    ...late,
    ...leftOut.map((suspect) => unjudgedConsumer(suspect, system, overLimit)),
  ];

  /** Who reads a tree need not depend on a kernel, so all derivations are searched. */
  async function findReaders(): Promise<readonly ConsumerResult[]> {
    const roots = [...head.attrs.values()].flatMap((result) => (result.ok ? [result.drv] : []));
    const derivations = await pair.head.derivations.closure(roots, signal);
    const searched = await readTexts(searchedSources(derivations), pair.head.derivations);
    return treeConsumers(losses, { attrs: head.attrs, derivations, texts: searched, tree, system });
  }
}

/** What is around the kernels. A package set has a hundred times as many derivations. */
async function viewOf(
  tree: EvaluatedTree,
  kernels: ReadonlySet<DrvPath>,
  signal: AbortSignal,
): Promise<Omit<EvaluatedView, "texts">> {
  const near = neighbourhood(await tree.graph(signal), kernels);
  return { attrs: attrsOf(tree), derivations: await tree.derivations.readAll(near, signal) };
}

function attrsOf({ outcome }: EvaluatedTree): Evaluation {
  return outcome.status === "evaluated" ? outcome.attrs : new Map<AttrPath, AttrResult>();
}

async function readTexts(
  sources: Iterable<StorePath>,
  store: DerivationStore,
): Promise<Map<StorePath, string>> {
  const texts = new Map<StorePath, string>();
  for (const source of sources) {
    const text = await store.readSource(source);
    if (text !== undefined) texts.set(source, text);
  }
  return texts;
}

async function buildSide(
  result: AttrResult | undefined,
  store: DerivationStore,
  { world, lanes, request }: ConsumerCheck,
  signal: AbortSignal,
): Promise<ConsumerSide> {
  if (result === undefined || !result.ok) return { build: undefined, contents: [] };
  return lanes.builds.add(async () => {
    const build = await store.realise(result.drv, buildLimits(request), signal);
    if (build.status !== "built") return { build, contents: [] };
    const outputs = Object.keys(build.outputs).sort();
    const contents = await Promise.all(
      outputs.map((name) => world.nix.contents(build.outputs[name] ?? "", signal)),
    );
    return { build, contents };
  });
}
