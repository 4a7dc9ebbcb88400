/**
 * What became of one consumer: base and head side by side, as one line of the report.
 *
 * What trips people up: that it builds says little. A closure that holds no module any more builds, and so does a
 * script that names a path that is gone; both are found months later (`silent`). And that it fails says little
 * when it failed before, when a kernel it needs does not build, or when it ran into our time limit: none of these
 * blames the consumer.
 *
 * Contents are compared only where both sides could be read completely.
 */
import type { BuildOutcome } from "./build.ts";
import type { ConsumerEffect, ConsumerResult } from "./check-result.ts";
import {
  type ContentsDifference,
  compareContents,
  incompleteness,
  type KernelModules,
  type LostTreePath,
} from "./compare-contents.ts";
import { buildState, compareSides, type SideState } from "./comparison.ts";
import type { ConsumerContents } from "./consumer-contents.ts";
import { adviseConsumer, consumerPaths, consumerReference } from "./consumer-words.ts";
import { contentsEffect, contentsEvidence, saidInTexts } from "./contents-evidence.ts";
import type { AttrError, DrvPath, System } from "./evaluation.ts";
import { missingModule } from "./missing-module.ts";
import type { Suspect } from "./suspect.ts";
import { tellingLine } from "./telling-line.ts";

export interface ConsumerSide {
  /** Undefined: nothing to build there, no such attr or one that does not evaluate. */
  readonly build: BuildOutcome | undefined;
  /** One for each output; empty when not built. */
  readonly contents: readonly ConsumerContents[];
}

export interface ConsumerEvidence {
  readonly suspect: Suspect;
  readonly system: System;
  readonly base: ConsumerSide;
  readonly head: ConsumerSide;
  readonly kernels: readonly KernelModules[];
  /** Derivations of the kernels of both sides: a consumer that fails because its kernel does is not to blame. */
  readonly kernelDrvs: ReadonlySet<DrvPath>;
  readonly place?: { readonly file: string; readonly line: number };
}

export interface JudgedConsumer {
  readonly result: ConsumerResult;
  /** Paths that its tree lost, version abstracted; empty when not compared. What refers to them is asked next. */
  readonly lostPaths: readonly LostTreePath[];
}

interface Judgement {
  readonly comparison: ConsumerResult["comparison"];
  readonly effect: ConsumerEffect;
  readonly evidence: readonly string[];
  readonly reason?: string;
  readonly difference?: ContentsDifference;
}

export function judgeConsumer(facts: ConsumerEvidence): JudgedConsumer {
  const judgement = judge(facts);
  const { suspect, system, place } = facts;
  const { comparison, effect, evidence, reason, difference } = judgement;
  const missing = comparison === "regressed" ? missingModule(evidence, facts.kernels) : undefined;
  const reference = consumerReference(suspect, effect, missing);
  const advice = comparison === "regressed" ? adviseConsumer(suspect, effect, missing) : undefined;
  const result: ConsumerResult = {
    name: suspect.attr,
    kind: "derivation",
    system,
    comparison,
    effect,
    outputs: suspect.outputs,
    paths: consumerPaths(suspect),
    ...(place === undefined ? {} : { file: place.file, line: place.line }),
    ...(reference === undefined ? {} : { reference }),
    evidence,
    ...(advice === undefined ? {} : { advice }),
    modules: { base: difference?.modules.base ?? null, head: difference?.modules.head ?? null },
    silent: effect === "empty" || effect === "boot",
    ...(reason === undefined ? {} : { reason }),
    aliases: suspect.aliases,
  };
  return { result, lostPaths: difference?.lost ?? [] };
}

/** A consumer over the limit, or one that nobody could build here. */
export function unjudgedConsumer(suspect: Suspect, system: System, reason: string): ConsumerResult {
  const unknown = { build: { status: "not-run", reason } as const, contents: [] };
  const facts = {
    suspect,
    system,
    base: unknown,
    head: unknown,
    kernels: [],
    kernelDrvs: new Set<DrvPath>(),
  };
  return judgeConsumer(facts).result;
}

function judge(facts: ConsumerEvidence): Judgement {
  const { base, head } = facts.suspect;
  if (base?.ok === true && head?.ok === false) return judgeEvaluation(head);
  const comparison = compareSides(stateOf(base, facts.base, facts), stateOf(head, facts.head, facts));
  switch (comparison) {
    case "same-pass":
      return judgeContents(facts);
    case "regressed":
      return { comparison, effect: "build", evidence: buildEvidence(facts.head.build) };
    case "not-run":
      return { comparison, effect: "none", evidence: [], reason: whyNotRun(facts) };
    case "flaky":
      return { comparison, effect: "none", evidence: ["failed once and built when repeated"] };
    default:
      return { comparison, effect: "none", evidence: [] };
  }
}

/** Evaluation is compared with evaluation: neither side has to be built to know. */
function judgeEvaluation({ error }: AttrError): Judgement {
  return { comparison: "regressed", effect: "eval", evidence: lines(tellingLine(error.split("\n"))) };
}

function stateOf(result: Suspect["base"], side: ConsumerSide, { kernelDrvs }: ConsumerEvidence): SideState {
  if (result === undefined) return "absent";
  if (!result.ok) return "fail";
  if (whyUnknown(side.build, kernelDrvs) !== undefined) return "unknown";
  return buildState(side.build);
}

/** Why a build says nothing about the consumer; undefined when it does. */
function whyUnknown(build: BuildOutcome | undefined, kernelDrvs: ReadonlySet<DrvPath>): string | undefined {
  if (build === undefined) return "was not built";
  if (build.status === "not-run") return build.reason;
  if (build.status !== "failed") return undefined;
  if (build.cause === "timeout") return "ran over the time limit for builds";
  const { failedDrv } = build;
  return failedDrv !== undefined && kernelDrvs.has(failedDrv)
    ? "the kernel it needs does not build"
    : undefined;
}

function whyNotRun({ suspect, base, head, kernelDrvs }: ConsumerEvidence): string {
  const reasons = [
    suspect.base?.ok ? { side: "base", why: whyUnknown(base.build, kernelDrvs) } : undefined,
    suspect.head?.ok ? { side: "head", why: whyUnknown(head.build, kernelDrvs) } : undefined,
  ].flatMap((reason) => (reason?.why === undefined ? [] : [{ side: reason.side, why: reason.why }]));
  const [first, second] = reasons;
  if (first === undefined) return "is on neither side";
  return second === undefined || second.why === first.why
    ? first.why
    : `${first.why} (${first.side}); ${second.why} (${second.side})`;
}

function buildEvidence(build: BuildOutcome | undefined): readonly string[] {
  if (build?.status !== "failed") return [];
  const inner = build.failedDrv === undefined ? [] : [`what fails is ${storeName(build.failedDrv)}`];
  return [...lines(tellingLine(build.logTail)), ...lines(build.explanation), ...inner];
}

const lines = (line: string | undefined): readonly string[] => (line === undefined ? [] : [line]);
const storeName = (path: string) => path.slice(path.lastIndexOf("/") + 34).replace(/\.drv$/, "");

function judgeContents({ suspect, base, head, kernels }: ConsumerEvidence): Judgement {
  const unread = incompleteness(base.contents) ?? incompleteness(head.contents);
  if (unread !== undefined) return uncompared(`builds; its contents could not be compared: ${unread}`);
  if (base.contents.length === 0 || head.contents.length === 0)
    return uncompared("builds; its contents were not read");
  const difference = compareContents(base.contents, head.contents, kernels);
  const evidence = contentsEvidence(difference);
  const said = saidInTexts(suspect);
  const effect = contentsEffect(difference, said);
  if (effect === "none") return { comparison: "same-pass", effect, evidence: [], difference };
  // The output itself, where it could be read, says the same better.
  const texts = difference.gone.length === 0 ? said : [];
  return { comparison: "regressed", effect, evidence: [...evidence, ...texts], difference };
}

function uncompared(reason: string): Judgement {
  return { comparison: "not-run", effect: "none", evidence: [], reason };
}
