/**
 * Nix, as the workflow sees it (`NixPort`): joins the parts of this folder and gives each its directory.
 *
 * Below the data directory: `nix/evaluations/` (trees, with their derivations), `nix/facts/` (what was found out about store
 * paths and builds), `nix/roots/` (results a garbage collection has to leave alone). All of it may be removed at any time
 * between checks, and costs only time.
 */
import { constants } from "node:fs";
import { lstat, mkdir, open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { EvaluationOutcome, StorePath } from "../domain/evaluation.ts";
import { joinRows } from "../domain/graph/rows.ts";
import { withMessages } from "../domain/thrown-attrs.ts";
import type {
  DerivationStore,
  EvaluatedTree,
  EvaluationQuery,
  EvaluationRequest,
  LogPort,
  NixPort,
} from "../workflow/ports.ts";
import { readContents } from "./contents.ts";
import { createDerivationReader } from "./derivation-store.ts";
import { chooseWriter, type DerivationWriter } from "./derivation-writer.ts";
import { asMachineTrouble } from "./disk-space.ts";
import {
  type EvaluateContext,
  type EvaluateEnd,
  evaluate,
  evaluationOf,
  findEvaluation,
  lookAhead,
} from "./evaluate.ts";
import { derivationMissing } from "./evaluation-damage.ts";
import { evaluationGraph, newGraph } from "./evaluation-graph.ts";
import { createEvaluationStore, type OpenEvaluation } from "./evaluation-store.ts";
import { explainAttrs } from "./explain.ts";
import { createFactCache } from "./fact-cache.ts";
import { findHostPrograms } from "./jail-mounts.ts";
import { keepBuildLog, keepEvaluationErrors } from "./keep-logs.ts";
import { measure } from "./measure.ts";
import { readModules } from "./modules.ts";
import { readPassthru } from "./passthru.ts";
import { probe } from "./probe.ts";
import { type RealiseContext, realise } from "./realise.ts";
import { resolveInStore } from "./store-links.ts";
import { isStorePath, splitStorePath } from "./store-path.ts";
import type { Sharing } from "./stretch.ts";
import { SHARING } from "./walk-tree.ts";
import { tryWithholding } from "./withheld/try-withholding.ts";
import { createWorkerPool } from "./worker-pool.ts";

/** How long results stay rooted after their last use. */
const ROOTED_MS = 14 * 24 * 60 * 60 * 1000;
/** `modules.builtin.modinfo` is the largest that is read, and has half a megabyte. */
const OUTPUT_FILE_BYTES = 16 * 1024 * 1024;

export interface NixDirectories {
  /** Kept between checks. */
  readonly dataDirectory: string;
  /** Removed by the caller when the check ends. */
  readonly temporaryDirectory: string;
  readonly logs?: LogPort;
}

const NO_LOGS: LogPort = { keep: async () => undefined };

export interface NixOptions extends NixDirectories {
  /** Told what works, but not as it should, in one sentence. */
  readonly warn?: (message: string) => void;
  /** Who writes derivations; without it that is tried (`derivation-writer.ts`). */
  readonly writer?: DerivationWriter;
  /** Whether files can be withheld; without it that is tried (`withheld/`). */
  readonly withholds?: boolean;
  /** Evaluators that run at the same time at most; without it, as many as there are cores. */
  readonly workers?: number;
  readonly sharing?: Sharing;
}

export function createNix(options: NixOptions): NixPort {
  const { dataDirectory, temporaryDirectory, logs = NO_LOGS, warn = () => undefined } = options;
  const directory = join(dataDirectory, "nix");
  const rootsDirectory = join(directory, "roots");
  const facts = createFactCache(join(directory, "facts"));
  const store = createEvaluationStore(join(directory, "evaluations"));
  const pool = createWorkerPool(options.workers);
  const sharing = options.sharing ?? SHARING;
  // What a machine has does not change during a check.
  const machine = keptOnce(async (signal): Promise<Machine> => {
    await mkdir(directory, { recursive: true });
    await dropOldRoots(rootsDirectory);
    const { version: nixVersion } = await probe(dataDirectory, signal);
    const host = await findHostPrograms(signal);
    const trial = { host, nixVersion, facts, temporaryDirectory, warn };
    const writing = options.writer ?? chooseWriter(trial, signal);
    const withholding = options.withholds ?? tryWithholding(trial, signal);
    // Waits for both, so that nothing is left behind of one.
    await Promise.allSettled([writing, withholding]);
    const writer = await writing;
    return { nixVersion, host, writer, withholds: writer !== "nix" && (await withholding) };
  });

  const explainIn =
    (query: EvaluationQuery, outcome: EvaluationOutcome): EvaluatedTree["explain"] =>
    async (attrs, checkout, signal) => {
      const context = { ...(await machine(signal)), store, pool, sharing, facts, temporaryDirectory };
      const messages = await explainAttrs(context, { ...query, checkout }, attrs, signal);
      await keepEvaluationErrors(logs, query, withMessages(outcome, messages));
      return messages;
    };
  const evaluatedTree = (query: EvaluationQuery, opened: OpenEvaluation): EvaluatedTree => {
    const outcome = { status: "evaluated" as const, ...evaluationOf(opened.evaluation) };
    return {
      outcome,
      derivations: derivationStore(opened, { facts, rootsDirectory, temporaryDirectory }, logs),
      graph: keptOnce((signal) => evaluationGraph(opened, signal)),
      newGraph: keptOnce((signal) => newGraph(opened, signal)),
      explain: explainIn(query, outcome),
    };
  };
  const treeOf = (end: EvaluateEnd, query: EvaluationQuery): EvaluatedTree => {
    if (end.status === "evaluated") return evaluatedTree(query, end.opened);
    if (end.status === "not-run") return notEvaluated(end);
    const outcome = { status: "evaluated" as const, ...evaluationOf(end) };
    return {
      outcome,
      ...nothingWritten(outcome),
      explain: explainIn(query, outcome),
      write: async (...args) => treeAt(await end.write(...args), query),
    };
  };
  const treeAt = async (end: EvaluateEnd, query: EvaluationQuery): Promise<EvaluatedTree> => {
    const tree = treeOf(end, query);
    await keepEvaluationErrors(logs, query, tree.outcome);
    return tree;
  };

  return telling({
    async probe(signal) {
      const { nixVersion } = await machine(signal);
      return { version: nixVersion };
    },
    async evaluate(request, onProgress, signal) {
      const context = { ...(await machine(signal)), store, pool, sharing, facts };
      const end = await evaluate(context, request, onProgress, signal);
      return treeAt(end, request);
    },
    async lookAhead(request, onProgress, signal) {
      const context = { ...(await machine(signal)), store, pool, sharing, facts };
      await lookAhead(context, request, onProgress, signal);
    },
    async evaluated(query, signal) {
      const { nixVersion } = await machine(signal);
      const opened = await findEvaluation({ store, nixVersion }, query);
      if (opened === undefined) return undefined;
      const tree = evaluatedTree(query, opened);
      await keepEvaluationErrors(logs, query, tree.outcome);
      return tree;
    },
    async passthru(request: EvaluationRequest, attr, signal) {
      const context = { ...(await machine(signal)), pool, facts, temporaryDirectory };
      return readPassthru(context, request, attr, signal);
    },
    measure: (outputs, signal) => measure(facts, outputs, signal),
    modules: (output, version, measured, signal) =>
      readModules(facts, output, version, measured, temporaryDirectory, signal),
    readOutputFile,
    contents: (output, signal) => readContents(facts, output, temporaryDirectory, signal),
  });
}

/** The same calls; a full or read-only disk, met anywhere inside, is told as the machine's trouble. */
function telling(nix: NixPort): NixPort {
  const tell = (error: unknown): never => {
    throw asMachineTrouble(error);
  };
  const tellingTree = ({ derivations, explain, write, ...tree }: EvaluatedTree): EvaluatedTree => ({
    ...tree,
    ...(write && { write: async (...args) => tellingTree(await write(...args).catch(tell)) }),
    explain: (...args) => explain(...args).catch(tell),
    derivations: { ...derivations, realise: (...args) => derivations.realise(...args).catch(tell) },
  });
  return {
    probe: (...args) => nix.probe(...args).catch(tell),
    evaluate: async (...args) => tellingTree(await nix.evaluate(...args).catch(tell)),
    lookAhead: (...args) => nix.lookAhead(...args).catch(tell),
    evaluated: async (...args) => {
      const tree = await nix.evaluated(...args).catch(tell);
      return tree && tellingTree(tree);
    },
    passthru: (...args) => nix.passthru(...args).catch(tell),
    measure: (...args) => nix.measure(...args).catch(tell),
    modules: (...args) => nix.modules(...args).catch(tell),
    readOutputFile: (...args) => nix.readOutputFile(...args).catch(tell),
    contents: (...args) => nix.contents(...args).catch(tell),
  };
}

type Machine = Pick<EvaluateContext, "host" | "nixVersion" | "writer" | "withholds">;

/** What was found out once stays; a look that failed or was interrupted is taken again. */
function keptOnce<T>(look: (signal: AbortSignal) => Promise<T>): (signal: AbortSignal) => Promise<T> {
  let seen: Promise<T> | undefined;
  return (signal) => {
    seen ??= look(signal).catch((error: unknown) => {
      seen = undefined;
      throw error;
    });
    return seen;
  };
}

function derivationStore(
  opened: OpenEvaluation,
  places: Omit<RealiseContext, "derivations" | "storeRoot">,
  logs: LogPort,
): DerivationStore {
  const derivations = createDerivationReader(opened);
  const context = { ...places, derivations, storeRoot: opened.storeRoot };
  return {
    closure: derivations.closure,
    readAll: derivations.readAll,
    read: derivations.read,
    readSource: derivations.readSource,
    async realise(drv, limits, signal) {
      const outcome = await realise(context, drv, limits, signal);
      await keepBuildLog(logs, drv, outcome, signal);
      return outcome;
    },
  };
}

function notEvaluated(outcome: Extract<EvaluationOutcome, { status: "not-run" }>): EvaluatedTree {
  return { outcome, ...nothingWritten(outcome), explain: async () => new Map() };
}

function nothingWritten(
  outcome: EvaluationOutcome,
): Pick<EvaluatedTree, "derivations" | "graph" | "newGraph"> {
  const unbuilt = { status: "not-run" as const, reason: "its derivation was not written" };
  return {
    derivations: {
      closure: async () => new Map(),
      readAll: async () => new Map(),
      async read(drv) {
        throw derivationMissing(drv, "nowhere");
      },
      readSource: async () => undefined,
      realise: async () => (outcome.status === "not-run" ? outcome : unbuilt),
    },
    graph: async () => joinRows([], []),
    newGraph: async () => joinRows([], []),
  };
}

/** Follows links within the store: `.config` is often one. */
async function readOutputFile(output: StorePath, path: string): Promise<string | undefined> {
  if (!isStorePath(output) || splitStorePath(`${output}/${path}`) === undefined) return undefined;
  const end = await resolveInStore(`${output}/${path}`);
  if (end.kind !== "file") return undefined;
  await using file = await open(end.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  const status = await file.stat();
  return status.isFile() && status.size <= OUTPUT_FILE_BYTES ? file.readFile("utf8") : undefined;
}

/** Nix writes a root anew each time it is used. */
async function dropOldRoots(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const root = join(directory, name);
    const status = await lstat(root).catch(() => undefined);
    if (status?.isSymbolicLink() && Date.now() - status.mtimeMs > ROOTED_MS) await rm(root, { force: true });
  }
}
