/** A lane: takes jobs from queues as long as it has room, and looks again every so often when there were none. */
import PQueue from "p-queue";

export interface LaneOptions {
  readonly concurrency: number;
  readonly pollMs: number;
  /** Takes one job; the answer runs it to its end and never throws. Undefined: there is none. */
  readonly take: () => Promise<(() => Promise<void>) | undefined>;
  /** Taking failed; it is tried again at the next poll. */
  readonly onError: (error: unknown) => void;
}

export interface Lane {
  /** Takes no further job; those it has go on. Resolves once the last look for one has ended. */
  stop(): Promise<void>;
  /** Resolves when nothing runs. */
  idle(): Promise<void>;
}

export function startLane({ concurrency, pollMs, take, onError }: LaneOptions): Lane {
  const jobs = new PQueue({ concurrency });
  const looks = new Set<Promise<unknown>>();
  let stopped = false;

  const look = async (): Promise<boolean> => {
    if (stopped) return false;
    const taking = take();
    looks.add(taking);
    const job = await taking.finally(() => looks.delete(taking));
    if (job === undefined) return false;
    // Where there was one there may be more, for the room that is left.
    fill();
    await job();
    return true;
  };
  const fill = () => {
    if (stopped || jobs.pending + jobs.size >= concurrency) return;
    jobs.add(look).then((found) => {
      if (found) fill();
    }, onError);
  };

  const timer = setInterval(fill, pollMs);
  fill();
  return {
    async stop() {
      stopped = true;
      clearInterval(timer);
      await Promise.allSettled(looks);
    },
    idle: () => jobs.onIdle(),
  };
}
