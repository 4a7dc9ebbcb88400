/**
 * Stretches: who looks at which names of the root, by their place among them.
 *
 * Two evaluators begin at the two ends of a stretch and go towards each other until they meet, so both are done at the same
 * time, however unlike the names are; names side by side share much of what they are made of (`pythonPackages`,
 * `python3Packages`), and stay with one evaluator. A third takes over the second half of what is left of the longest stretch.
 */

export interface Sharing {
  /** Names that are worth an evaluator of their own. */
  readonly leastNames: number;
  /** Less work than this is not shared: starting an evaluator takes about half of it. */
  readonly leastSeconds: number;
}

/** One evaluator's way. */
export class Stretch {
  readonly step: 1 | -1;
  /** Where the walk is: the place last heard of, of which more may follow. */
  #at: number;
  /** Not this place any more, nor what lies beyond it. */
  #end: number;
  #opposite: Stretch | undefined;

  constructor(at: number, end: number) {
    this.step = at <= end ? 1 : -1;
    this.#at = at;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get end(): number {
    return this.#end;
  }

  /** How many names are left of it; those that are left to two evaluators are counted with one of them. */
  get left(): number {
    return this.#opposite !== undefined && this.step < 0 ? 0 : this.#distance();
  }

  isAhead(place: number): boolean {
    return (place - this.#at) * this.step > 0;
  }

  isOver(): boolean {
    return this.#distance() <= 0;
  }

  /** What comes from the other end leaves this place alone, unless it is there already. */
  moveTo(place: number): void {
    const isBeyond = (this.#end - place) * this.step <= 0;
    this.#at = isBeyond ? this.#end : place;
    if (this.#opposite !== undefined && !isBeyond) this.#opposite.#end = place;
  }

  /** There are no more names than so many. */
  limit(count: number): void {
    if (this.step > 0) this.#end = Math.min(this.#end, count);
  }

  /** All of it was looked at. What comes from the other end may be in the midst of the last place, and goes on. */
  finish(): void {
    this.#at = this.#end;
    if (this.#opposite !== undefined) this.#opposite.#opposite = undefined;
    this.#opposite = undefined;
  }

  /** A part of what is left, for somebody else. */
  share(): Stretch {
    const other = this.#opposite;
    if (other === undefined) {
      const from = new Stretch(this.#end - this.step, this.#at);
      from.#opposite = this;
      this.#opposite = from;
      this.#end = from.#at;
      return from;
    }
    const middle = this.#end - this.step * Math.floor(this.#distance() / 2);
    const from = new Stretch(middle, other.#at);
    this.#end = middle;
    this.#opposite = undefined;
    from.#opposite = other;
    other.#opposite = from;
    other.#end = middle;
    return from;
  }

  #distance(): number {
    return Math.max(0, (this.#end - this.#at) * this.step);
  }
}

export const wholeStretch = (): Stretch => new Stretch(0, Number.POSITIVE_INFINITY);

/** A part of what is left of the longest; undefined where none is worth it. */
export function shareLongest(
  stretches: readonly Stretch[],
  { leastNames, leastSeconds }: Sharing,
  secondsPerName: number,
): Stretch | undefined {
  const longest = stretches.toSorted((a, b) => b.left - a.left)[0];
  if (longest === undefined || longest.left < 2 * leastNames) return undefined;
  return longest.left * secondsPerName < leastSeconds ? undefined : longest.share();
}
