/**
 * Progress of a running check: told while stages finish, counts first, and never more often than people read it.
 *
 * Nothing of this is owed. What fails here is logged and comes with the next update, or with the final report.
 */

import type { CheckRecord } from "../../domain/check-record.ts";
import type { CheckResult, StageName } from "../../domain/check-result.ts";
import type { ProgressPort } from "../ports.ts";
import type { AppWorld } from "./app-world.ts";
import type { Publisher } from "./publisher.ts";

/** GitHub asks for at least a second between writes, and people are not told faster by more. */
const AT_MOST_EVERY_MS = 15_000;

export interface CheckProgress extends AsyncDisposable {
  readonly onStage: ProgressPort["stage"];
  onResult(soFar: CheckResult): void;
  /** Nothing more is begun; resolves when what is on its way has ended. */
  stop(): Promise<void>;
}

/** @param onMoved called each time an update finds that the head has moved. */
export function createProgress(
  { id }: CheckRecord,
  { store, clock, log }: AppWorld,
  publisher: Publisher,
  onMoved: () => Promise<void>,
  signal: AbortSignal,
): CheckProgress {
  let lastAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  let wanted = false;
  const begun = new Map<StageName, number>();
  /** Everything stored and sent, in order. */
  let work: Promise<void> = Promise.resolve();

  const queue = (task: () => Promise<void>) => {
    work = work.then(task).catch((error: unknown) => {
      if (!signal.aborted) log.warn({ err: error, check: id }, "progress not told");
    });
    return work;
  };

  const send = async () => {
    if (stopped || signal.aborted) return;
    wanted = false;
    lastAt = clock();
    const check = await store.readCheck(id);
    if (check?.state !== "running") return;
    await publisher.showCheckRun(check, signal);
    if (await publisher.show(check, signal)) await onMoved();
  };

  const soon = () => {
    wanted = true;
    if (stopped || timer !== undefined) return;
    timer = setTimeout(
      () => {
        void queue(send).finally(() => {
          timer = undefined;
          if (wanted) soon();
        });
      },
      Math.max(0, lastAt + AT_MOST_EVERY_MS - clock()),
    );
  };

  const stop = async () => {
    stopped = true;
    clearTimeout(timer);
    await work;
  };

  soon();
  return {
    onStage(stage: StageName, status, reason) {
      if (status === "running") {
        begun.set(stage, clock());
        return;
      }
      const ms = Math.round(clock() - (begun.get(stage) ?? clock()));
      log.info({ stage, status, reason, ms }, "stage");
      void queue(() => store.updateCheck(id, { stage }));
      soon();
    },
    onResult(soFar) {
      void queue(() => store.updateCheck(id, { result: soFar }));
      soon();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
