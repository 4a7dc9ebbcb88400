/**
 * A walk over a whole package set by several evaluators.
 *
 * One begins at the first name. As soon as it is known how many there are, another takes the second half of what is left of
 * the longest stretch, wherever there is room for it, again and again. So there are no more stretches than needed, each
 * contiguous: names side by side share much of what they are made of (`pythonPackages`, `python3Packages`), and each
 * evaluator evaluates on its own what all packages are made of.
 */
import type { Stretch, WalkListener } from "./follow-run.ts";
import { type WalkEnd, type WalkJob, walk, wholeStretch } from "./walk.ts";

export interface Sharing {
  /** Names that are worth an evaluator of their own. */
  readonly leastNames: number;
  /** Less work than this is not shared: starting an evaluator takes about half of it. */
  readonly leastSeconds: number;
}

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
    const left = stretches.reduce((sum, { at, end }) => sum + end - at, 0);
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
        start(() => splitLongest(stretches, sharing, secondsPerName()));
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
      taken.at = taken.end;
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

/** The second half of what is left of the longest stretch, taken away from it; undefined where none is worth it. */
export function splitLongest(
  stretches: readonly Stretch[],
  { leastNames, leastSeconds }: Sharing,
  secondsPerName: number,
): Stretch | undefined {
  const longest = stretches.toSorted((a, b) => b.end - b.at - (a.end - a.at))[0];
  if (longest === undefined) return undefined;
  const left = longest.end - longest.at;
  if (left < 2 * leastNames || left * secondsPerName < leastSeconds) return undefined;
  const from = longest.end - Math.floor(left / 2);
  const stretch = { from, at: from, end: longest.end };
  longest.end = from;
  return stretch;
}
