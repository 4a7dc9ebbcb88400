/**
 * A walk over a whole package set by several evaluators.
 *
 * One begins at the first name. As soon as it is known how many there are, others take their part of what is left
 * (`stretch.ts`), wherever there is room for one, again and again. So there are no more stretches than needed: each evaluator
 * evaluates on its own what all packages are made of.
 */
import type { WalkListener } from "./follow-run.ts";
import { type Sharing, type Stretch, shareLongest, wholeStretch } from "./stretch.ts";
import { type WalkEnd, type WalkJob, walk } from "./walk.ts";

export const SHARING: Sharing = { leastNames: 50, leastSeconds: 0.8 };

/** Told as the walk goes on. */
export interface TreeProgress {
  /** 0 to 1; undefined before it is known how many names there are. */
  share(): number | undefined;
}

/** @throws what `walk` throws */
export async function walkTree(
  job: WalkJob,
  sharing: Sharing,
  onProgress: (progress: TreeProgress) => void,
  signal: AbortSignal,
): Promise<WalkEnd> {
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const stretches: Stretch[] = [];
  const walks: Promise<void>[] = [];
  const started = performance.now();
  let known: { readonly count: number; readonly digest: string } | undefined;
  let outcome: WalkEnd | { readonly error: unknown } | undefined;

  const share = () => {
    const left = stretches.reduce((sum, stretch) => sum + stretch.left, 0);
    return known === undefined || known.count === 0 ? undefined : 1 - left / known.count;
  };
  const secondsPerName = () => {
    const names = (share() ?? 0) * (known?.count ?? 0);
    // Before anything is done nobody knows how fast it goes.
    return names === 0 ? Number.POSITIVE_INFINITY : (performance.now() - started) / 1000 / names;
  };
  const listener: WalkListener = {
    ...job.listener,
    names(count, digest) {
      if (known !== undefined) return known.count === count && known.digest === digest;
      known = { count, digest };
      if (count < 2 * sharing.leastNames) return true;
      for (let helper = 1; helper < job.pool.workers; helper += 1)
        start(() => shareLongest(stretches, sharing, secondsPerName()));
      return true;
    },
  };
  const walkAll = async (next: () => Stretch | undefined): Promise<WalkEnd> => {
    for (;;) {
      let taken: Stretch | undefined;
      const take = () => {
        taken = next();
        if (taken !== undefined) stretches.push(taken);
        return taken;
      };
      const end = await walk({ ...job, listener }, take, both);
      if (!end.complete || taken === undefined) return end;
      taken.finish();
    }
  };
  const giveUp = (why: NonNullable<typeof outcome>) => {
    // The others end because of it.
    outcome ??= why;
    stop.abort();
  };
  const start = (next: () => Stretch | undefined) => {
    const ended = walkAll(next).then(
      (end) => (end.complete ? undefined : giveUp(end)),
      (error: unknown) => giveUp({ error }),
    );
    walks.push(ended);
  };

  onProgress({ share });
  const whole = [wholeStretch()];
  start(() => whole.pop());
  // Helpers are added while we wait.
  for (const ended of walks) await ended;
  if (outcome !== undefined && "error" in outcome) throw outcome.error;
  return outcome ?? { complete: true };
}
