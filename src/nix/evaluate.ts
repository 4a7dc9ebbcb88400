/**
 * Evaluate: what every attribute of a tree is, for one system.
 *
 * What trips people up: a tree whose entry file cannot be evaluated at all (a syntax error, say) is *evaluated*, with one
 * error at the attr "" (`ROOT_ATTR`): that is the pull request's doing and has to be shown as such. Callers must not take the
 * absence of every other attr for attrs removed. `not-run` means that nobody knows.
 *
 * An attribute that throws is caught inside the evaluator, which then does not tell why; the reason is asked for
 * afterwards, alone.
 */
import { lstat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { formatAttrPath, parseAttrPath } from "../domain/attr-path.ts";
import type { AttrError, AttrPath, AttrResult, Evaluation } from "../domain/evaluation.ts";
import { UserError } from "../errors.ts";
import type { EvaluationQuery, EvaluationRequest } from "../workflow/ports.ts";
import { type DerivationWriter, openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { EvaluationDraft, EvaluationStore, OpenEvaluation } from "./evaluation-store.ts";
import { type Evaluator, runEvaluator, type WantedAttrs } from "./evaluator.ts";
import { errorMessage, warningLines } from "./evaluator-message.ts";
import { checkoutMounts, type HostPrograms } from "./jail-mounts.ts";
import { evaluationKey, isReusable, NIX_DERIVATIONS, savedAttrs } from "./saved-evaluation.ts";
import { baseName } from "./store-path.ts";
import { type WalkListener, walk } from "./walk.ts";
import {
  type AttrIdentity,
  attrDerivation,
  componentsOf,
  type WalkStatement,
  withAbout,
} from "./walk-output.ts";

/** How many throwing attributes are asked for their message; each is a run of the evaluator. */
const EXPLAINED = 100;
const EXPLAIN_SECONDS = 60;

export interface EvaluateContext {
  readonly host: HostPrograms;
  readonly writer: DerivationWriter;
  readonly nixVersion: string;
  readonly store: EvaluationStore;
}

export type EvaluateEnd =
  | { readonly status: "evaluated"; readonly opened: OpenEvaluation }
  | { readonly status: "not-run"; readonly reason: string };

/** @throws EnvironmentError jail-failed, evaluator-failed, disk-full, program-missing, those of `StoreServer.check`; Interrupted */
export async function evaluate(
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: (attrs: number) => void,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  const key = evaluationKey(request, context.nixVersion);
  const known = await findEvaluation(context, request);
  if (known !== undefined) {
    onProgress(known.evaluation.attrs.length);
    return { status: "evaluated", opened: known };
  }
  const reason = await entryTrouble(request);
  if (reason !== undefined) return { status: "not-run", reason };

  await using draft = await context.store.begin();
  // Awaited here: the draft is disposed of when this function is left.
  return await evaluateInto(draft, key, context, request, onProgress, signal);
}

/** What is kept of an earlier time and may be used again. */
export async function findEvaluation(
  { store, nixVersion }: Pick<EvaluateContext, "store" | "nixVersion">,
  query: EvaluationQuery,
): Promise<OpenEvaluation | undefined> {
  const known = await store.find(evaluationKey(query, nixVersion));
  return known !== undefined && isReusable(known.evaluation) ? known : undefined;
}

/** The evaluator for a request, writing to the store at `storeRoot`. */
export async function evaluatorFor(
  { host, writer }: Pick<EvaluateContext, "host" | "writer">,
  request: EvaluationRequest,
  storeRoot: string,
): Promise<Evaluator> {
  const checkout = await checkoutMounts(request.checkout.directory);
  return { host, checkout, storeRoot, writer, system: request.system, memoryBytes: request.memoryBytes };
}

async function entryTrouble({ checkout, entry }: EvaluationRequest): Promise<string | undefined> {
  if (entry.startsWith("/") || entry.split("/").includes(".."))
    return `the entry ${JSON.stringify(entry)} is not below the repository`;
  const status = await lstat(join(checkout.directory, entry)).catch(() => undefined);
  return status === undefined ? `there is no ${JSON.stringify(entry)} at ${checkout.commit}` : undefined;
}

async function evaluateInto(
  draft: EvaluationDraft,
  key: string,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: (attrs: number) => void,
  signal: AbortSignal,
): Promise<EvaluateEnd> {
  const collected = await collect(draft, context, request, onProgress, signal);
  if ("reason" in collected)
    return { status: "not-run", reason: `the evaluation was given up: ${collected.reason}` };
  if (request.attrs !== undefined) dropUnasked(collected.attrs, request.attrs);
  await checkDerivations(collected.attrs, draft.storeRoot);
  const warnings = warningLines(collected.otherLines);
  const opened = await draft.keep(key, { attrs: savedAttrs(collected.attrs), warnings });
  return { status: "evaluated", opened };
}

/** Runs evaluators for as long as the store is open to them. */
async function collect(
  draft: EvaluationDraft,
  context: EvaluateContext,
  request: EvaluationRequest,
  onProgress: (attrs: number) => void,
  signal: AbortSignal,
): Promise<ReturnType<typeof collectAttrs> | { readonly reason: string }> {
  const evaluator = await evaluatorFor(context, request, draft.storeRoot);
  await using space = watchSpace([dirname(dirname(draft.storeRoot))]);
  await using store = await openStore(context.writer, draft.storeRoot);
  const collected = collectAttrs(onProgress, async (said) => {
    await store.check();
    await space.check(said);
  });
  const { entry, config, attrs } = request;
  const wanted = attrs === undefined ? {} : { wanted: wantedAttrs(attrs) };
  const call = { mode: "walk" as const, entry, config, path: [], ...wanted };
  const end = await walk(evaluator, call, request.timeoutSeconds, collected.listener, signal);
  if (!end.complete) return { reason: end.reason };
  for (const [attr, message] of await explain(evaluator, request, collected.thrown(), signal)) {
    collected.attrs.set(attr, message);
  }
  await store.check();
  return collected;
}

/**
 * The attrs of a request as the walker takes them.
 * @throws UserError attr-path-unreadable
 */
export function wantedAttrs(attrs: readonly AttrPath[]): WantedAttrs {
  type Wanted = { [name: string]: Wanted };
  // Without a prototype, since an attr may have any name.
  const none = (): Wanted => Object.create(null);
  const root = none();
  for (const attr of attrs) {
    let place = root;
    for (const name of componentsOfAttr(attr)) {
      place[name] ??= none();
      place = place[name];
    }
  }
  return root;
}

/** A derivation on the way to an attr was met and not asked for; an error there is why nothing is below. */
function dropUnasked(results: Map<AttrPath, AttrResult>, asked: readonly AttrPath[]): void {
  const wanted = new Set(asked.map((attr) => formatAttrPath(componentsOfAttr(attr))));
  for (const [attr, result] of results) if (result.ok && !wanted.has(attr)) results.delete(attr);
}

function componentsOfAttr(attr: AttrPath): readonly string[] {
  const components = parseAttrPath(attr);
  if (components !== undefined) return components;
  throw new UserError(
    "attr-path-unreadable",
    `${JSON.stringify(attr)} is no attribute path`,
    'An attribute path is names joined by dots, such as linuxPackages.zfs or a."b c".',
  );
}

/** Puts what the walker says together. */
function collectAttrs(onProgress: (attrs: number) => void, endedEarly: WalkListener["endedEarly"]) {
  const attrs = new Map<AttrPath, AttrResult>();
  const thrown = new Map<AttrPath, readonly string[]>();
  const otherLines = new Set<string>();
  const put = (id: AttrIdentity, result: AttrResult) => {
    attrs.set(formatAttrPath(componentsOf(id) ?? [id]), result);
    onProgress(attrs.size + thrown.size);
  };
  const statement = (said: WalkStatement) => {
    if (said.kind === "derivation") put(said.id, attrDerivation(said));
    else if (said.kind === "deep") put(said.id, fatal("sets nested this deep are not followed"));
    else if (said.kind === "thrown") {
      const components = componentsOf(said.id) ?? [];
      thrown.set(formatAttrPath(components), components);
    } else if (said.kind === "about") {
      const attr = formatAttrPath(componentsOf(said.id) ?? []);
      const known = attrs.get(attr);
      if (known?.ok) attrs.set(attr, withAbout(known, said));
    }
  };
  return {
    attrs,
    otherLines,
    /** Sorted, so that the same ones are explained each time. */
    thrown: () => [...thrown].sort(([a], [b]) => (a < b ? -1 : 1)),
    listener: {
      statement,
      lost: put,
      endedEarly,
      otherLine: (line: string) => {
        // A set, since every run repeats what the one before it said; capped, since it may be a flood.
        if (otherLines.size < 10_000) otherLines.add(line);
      },
    },
  };
}

const fatal = (error: string): AttrError => ({ ok: false, error, cause: "fatal" });
const throws = (error: string): AttrError => ({ ok: false, error, cause: "throw" });

/** Forces each throwing attribute outside of `tryEval`, where Nix says why. */
async function explain(
  evaluator: Evaluator,
  request: EvaluationRequest,
  thrown: readonly (readonly [AttrPath, readonly string[]])[],
  signal: AbortSignal,
): Promise<Map<AttrPath, AttrError>> {
  const explained = new Map<AttrPath, AttrError>();
  for (const [index, [attr, path]] of thrown.entries()) {
    explained.set(
      attr,
      index < EXPLAINED
        ? throws(await messageOf(evaluator, request, path, signal))
        : throws(`throws (only the first ${EXPLAINED} throwing attributes are asked why)`),
    );
  }
  return explained;
}

async function messageOf(
  evaluator: Evaluator,
  { entry, config }: EvaluationRequest,
  path: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const lines: string[] = [];
  const call = { nonce: "unused", mode: "explain" as const, entry, config, known: [], path };
  const limits = {
    timeoutMs: EXPLAIN_SECONDS * 1000,
    onStderrLine: (line: string) => {
      lines.push(line);
      if (lines.length > 1_000) lines.splice(0, 500);
    },
  };
  const { exitCode } = await runEvaluator(evaluator, call, limits, signal);
  const message = exitCode === 0 ? undefined : errorMessage(lines);
  return message ?? "throws, without a message";
}

/** A value may say it is a derivation and name a file that was never written. */
async function checkDerivations(attrs: Map<AttrPath, AttrResult>, storeRoot: string): Promise<void> {
  for (const [attr, result] of attrs) {
    if (!result.ok) continue;
    const file = join(storeRoot, NIX_DERIVATIONS, baseName(result.drv));
    const status = await lstat(file).catch(() => undefined);
    if (status?.isFile() !== true) attrs.set(attr, fatal(`its derivation ${result.drv} was never written`));
  }
}

/** As the domain has it. */
export function evaluationOf(opened: OpenEvaluation): { attrs: Evaluation; warnings: readonly string[] } {
  return { attrs: new Map(opened.evaluation.attrs), warnings: opened.evaluation.warnings };
}
