/**
 * Passthru: what a derivation's value offers besides being built: attribute → type, the attributes every derivation has left
 * out. Read in the same jail and the same way as everything else; an attribute that fails has the type `error`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseAttrPath } from "../domain/attr-path.ts";
import type { AttrPath } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import type { EvaluationRequest } from "../workflow/ports.ts";
import { evaluatorFor, roomFor } from "./collect-tree.ts";
import { type DerivationWriter, openStore } from "./derivation-writer.ts";
import { watchSpace } from "./disk-space.ts";
import type { FactCache } from "./fact-cache.ts";
import type { HostPrograms } from "./jail-mounts.ts";
import { evaluationKey } from "./saved-evaluation.ts";
import { wholeStretch } from "./stretch.ts";
import { walk, walkLimits } from "./walk.ts";
import type { AttrComponents, PlacedStatement } from "./walk-output.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface PassthruContext {
  readonly host: HostPrograms;
  readonly writer: DerivationWriter;
  readonly nixVersion: string;
  readonly pool: WorkerPool;
  readonly facts: FactCache;
  readonly temporaryDirectory: string;
}

/** @throws EnvironmentError passthru-unreadable and those of `evaluate`; Interrupted */
export function readPassthru(
  context: PassthruContext,
  request: EvaluationRequest,
  attr: AttrPath,
  signal: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const key = [evaluationKey(request, context.nixVersion), attr];
  return context.facts.remember("passthru", key, async () => {
    const storeRoot = await mkdtemp(join(context.temporaryDirectory, "passthru-"));
    try {
      return await walkPassthru(context, request, attr, storeRoot, signal);
    } finally {
      await rm(storeRoot, { recursive: true, force: true });
    }
  });
}

async function walkPassthru(
  context: PassthruContext,
  request: EvaluationRequest,
  attr: AttrPath,
  storeRoot: string,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const path = parseAttrPath(attr);
  if (path === undefined) throw unreadable(attr, "it is no attribute path");
  const types = new Map<string, string>();
  const put = ([name]: AttrComponents, type: string) => {
    if (name !== undefined) types.set(name, type);
  };
  await using space = watchSpace([context.temporaryDirectory]);
  await using store = await openStore(context.writer, storeRoot);
  const evaluator = await evaluatorFor(context, request, storeRoot);
  const call = { mode: "passthru" as const, entry: request.entry, config: request.config, path };
  const listener = {
    statement: (said: PlacedStatement) => {
      if (said.kind === "type") put(said.path, said.type);
    },
    names: () => true,
    lost: (path: AttrComponents) => put(path, "error"),
    otherLine: () => undefined,
    endedEarly: async (ending: string) => {
      await store.check();
      await space.check(ending);
      return false;
    },
  };
  const limits = walkLimits(request.timeoutSeconds);
  const job = { pool: context.pool, room: roomFor(request), evaluator, call, limits, listener };
  const whole = wholeStretch();
  const end = await walk(job, () => whole, signal);
  if (!end.complete) throw unreadable(attr, end.reason);
  await store.check();
  return Object.fromEntries([...types].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function unreadable(attr: AttrPath, why: string): EnvironmentError {
  return new EnvironmentError(
    "passthru-unreadable",
    `cannot list the attributes of ${JSON.stringify(attr)}: ${why}`,
    "Its outputs can still be compared; what the value offers to other recipes cannot.",
  );
}
