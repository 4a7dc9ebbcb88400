/**
 * A workplace in a process of its own (`check-process.ts`), so that the one which receives webhooks stays free whatever a
 * check computes, and lives on whatever becomes of it.
 *
 * A process that dies (killed, out of memory) is the machine's trouble and never the pull request's. One that was told
 * to stop and does not is ended.
 */
import { totalmem } from "node:os";
import { type Calls, startCalls } from "../../calls.ts";
import { EnvironmentError } from "../../errors.ts";
import { type OwnProcess, startOwnProcess } from "../../own-process.ts";
import type { AppLog, CheckListener, Workplace, WorkplaceRequest } from "../../workflow/app/app-world.ts";
import type { CheckCalls, CheckNews, CheckPlace, ServerCalls } from "./check-calls.ts";

export interface WorkplaceOptions {
  readonly place: Omit<CheckPlace, "checkId" | "repositoryId">;
  readonly heapMegabytes: number;
  readonly log: Pick<AppLog, "warn">;
}

const ENTRY = new URL("check-process.ts", import.meta.url);
/** A little more than it gives itself; the queue waits ten seconds for a job that was cancelled. */
const END_MS = 9_000;

/** @throws EnvironmentError check-process-died (retryable), and what `createRemoteGit` throws; Interrupted */
export async function openWorkplace(
  { checkId, repositoryId, credential }: WorkplaceRequest,
  { place, heapMegabytes, log }: WorkplaceOptions,
  signal: AbortSignal,
): Promise<Workplace & AsyncDisposable> {
  let listener: CheckListener | undefined;
  let closing = false;
  const child = startOwnProcess(ENTRY, {
    heapMegabytes,
    died(how, said) {
      if (!closing) log.warn({ how, said }, "the process of a check ended in the midst of it");
      return died(how);
    },
  });
  const ours: ServerCalls = {
    // Without a memory, and once a check was given up, nothing is kept.
    save: async ({ stage, value }) => listener?.memory?.save(stage, value),
    load: async (stage) => listener?.memory?.load(stage),
    credential: (_, abort) => credential(abort),
    heard: (news) => pass(news, listener),
  };
  const process = startCalls<CheckCalls>(child.channel, { ...ours });

  let killer: NodeJS.Timeout | undefined;
  const endSoon = () => {
    killer ??= setTimeout(() => child.kill(), END_MS);
  };
  signal.addEventListener("abort", endSoon, { once: true });
  const close = async () => {
    closing = true;
    signal.removeEventListener("abort", endSoon);
    endSoon();
    await end(process, child);
    clearTimeout(killer);
  };

  try {
    await process.call("open", { checkId, repositoryId, ...place }, signal);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    git: {
      readFile: (commit, path, abort) => process.call("readFile", { commit, path }, abort),
      changedFiles: (base, head, abort) => process.call("changedFiles", { base, head }, abort),
    },
    async check(request, heard, abort) {
      listener = heard;
      try {
        return await process.call("check", request, abort);
      } finally {
        listener = undefined;
      }
    },
    [Symbol.asyncDispose]: close,
  };
}

async function end(process: Calls<CheckCalls>, child: OwnProcess): Promise<void> {
  // What a process that died has left is removed by the next run (`run-directory.ts`).
  await process.call("close", null).catch(() => undefined);
  child.kill();
  await child.ended;
}

function died(how: string): EnvironmentError {
  return new EnvironmentError(
    "check-process-died",
    `the process of the check ended in the midst of it (${how})`,
    "The machine may have run out of memory, or somebody ended it. The check is tried again.",
    { retryable: true },
  );
}

/** What is still on its way when a check was given up is about nobody. */
function pass(news: CheckNews, listener: CheckListener | undefined): void {
  if (news.kind === "stage") listener?.onStage(news.stage, news.status, news.detail);
  else if (news.kind === "result") listener?.onResult?.(news.soFar);
  else listener?.onExplained?.(news.attr, news.lines);
}

/** Half of the machine, or of the container's share: the rest is for evaluators, builds and virtual machines. */
export function heapFor(checksAtOnce: number): number {
  const bytes = Math.min(totalmem(), process.constrainedMemory() || Number.POSITIVE_INFINITY);
  return Math.max(LEAST_HEAP, Math.floor(bytes / 2 / checksAtOnce / 2 ** 20));
}

/** Megabytes; with less no nixpkgs is read. */
const LEAST_HEAP = 1_024;
