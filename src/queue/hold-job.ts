/**
 * Holding one job: running its handler, saying that we live, hearing that it was cancelled, and settling it.
 *
 * Each heartbeat is also the question whether the job is still ours. When it is not (cancelled, or given to another
 * worker because this one was silent) the handler's signal fires, and nothing is settled, since that is done already.
 */
import type { JobWithMetadata, PgBoss } from "pg-boss";
import { Interrupted } from "../errors.ts";
import type { SqlAccess } from "../workflow/app-ports.ts";
import type { JobData } from "./queues.ts";
import { isWorthRetrying } from "./worth-retrying.ts";

export interface HeldJob {
  /** Runs the handler and settles the job; never throws. */
  run(): Promise<void>;
  /** Fires the signal; a handler that then throws is handed back rather than failed. */
  drain(): void;
  /** Gives a job back whose handler does not end. */
  handBack(): Promise<void>;
}

export interface JobWork {
  readonly handle: (id: string, signal: AbortSignal) => Promise<void>;
  /** When tries are used up or would not help. */
  readonly giveUp: (id: string, reason: string, signal: AbortSignal) => Promise<void>;
  readonly onError: (error: unknown) => void;
  readonly heartbeatMs: number;
}

export function holdJob(
  boss: PgBoss,
  access: SqlAccess,
  job: JobWithMetadata<JobData>,
  work: JobWork,
): HeldJob {
  const controller = new AbortController();
  let settled: "no" | "lost" | "handed-back" = "no";
  let draining = false;

  const beat = async () => {
    if (settled !== "no" || (await touch(boss, job))) return;
    settled = "lost";
    controller.abort(new Interrupted("the job was cancelled, or another worker has it"));
  };

  const handBack = async () => {
    if (settled !== "no") return;
    settled = "handed-back";
    await backToQueue(boss, access, job);
  };

  const settle = async (error: unknown) => {
    if (settled !== "no") return;
    if (error === undefined) await boss.complete(job.name, job.id);
    else if (draining) await handBack();
    else if (isWorthRetrying(error) && job.retryCount < job.retryLimit)
      await boss.fail(job.name, job.id, { message: messageOf(error) });
    else await giveUp(error);
  };

  const giveUp = async (error: unknown) => {
    try {
      await work.giveUp(job.data.id, messageOf(error), controller.signal);
      await boss.complete(job.name, job.id);
    } catch (failure) {
      // Then it comes again, and with it this chance.
      work.onError(failure);
      await boss.fail(job.name, job.id, { message: messageOf(error) });
    }
  };

  return {
    async run() {
      const heart = repeat(beat, work.heartbeatMs, work.onError);
      try {
        const error = await work.handle(job.data.id, controller.signal).then(
          () => undefined,
          (thrown: unknown) => thrown ?? new Error("thrown without a value"),
        );
        if (error !== undefined && !(error instanceof Interrupted)) work.onError(error);
        await settle(error);
      } catch (failure) {
        // The database is away. The job counts as dead soon and comes again; handlers bear that.
        work.onError(failure);
      } finally {
        heart.stop();
      }
    },
    drain() {
      draining = true;
      controller.abort(new Interrupted("this worker is shutting down"));
    },
    handBack,
  };
}

/** False where the job is not ours any more. */
async function touch(boss: PgBoss, job: JobWithMetadata<JobData>): Promise<boolean> {
  const response: { readonly affected?: number } = await boss.touch(job.name, job.id);
  return response.affected !== 0;
}

/** Cancelled and resumed in one transaction, so that it costs no try and no delay, which `fail` would. */
export async function backToQueue(
  boss: PgBoss,
  access: SqlAccess,
  job: { readonly name: string; readonly id: string },
): Promise<void> {
  try {
    await access.transaction(async (db) => {
      await boss.cancel(job.name, job.id, { db });
      await boss.resume(job.name, job.id, { db });
    });
  } catch (error) {
    // Its check is queued already, so this job is one too many.
    if (!isUniqueViolation(error)) throw error;
    await boss.complete(job.name, job.id);
  }
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
function isUniqueViolation(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "23505";
}

/** Again and again, never two at once. */
function repeat(work: () => Promise<void>, everyMs: number, onError: (error: unknown) => void) {
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const next = () => {
    if (stopped) return;
    timer = setTimeout(() => void work().catch(onError).then(next), everyMs);
  };
  next();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll("\0", "\uFFFD").toWellFormed();
}
