/** How far evaluations are, in one line: `x86_64-linux: base 12,000 attrs (3 errors), head 9,000 attrs, 812 MB, about 4 s left`. */
import type { System } from "./evaluation.ts";

export interface SideProgress {
  readonly attrs: number;
  readonly errors: number;
  readonly memoryBytes: number;
  readonly secondsLeft?: number;
}

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

export function describeProgress(
  system: System,
  sides: { readonly base?: SideProgress; readonly head?: SideProgress },
): string {
  const told = [sides.base, sides.head].filter((side) => side !== undefined);
  const memory = Math.max(0, ...told.map(({ memoryBytes }) => memoryBytes)) / 1e6;
  return [
    `${system}: ${counts("base", sides.base)}`,
    counts("head", sides.head),
    ...(memory >= 1 ? [`${whole.format(memory)} MB`] : []),
    ...timeLeft(told),
  ].join(", ");
}

function counts(name: string, side: SideProgress | undefined): string {
  const { attrs = 0, errors = 0 } = side ?? {};
  const failed = errors === 0 ? "" : ` (${whole.format(errors)} ${errors === 1 ? "error" : "errors"})`;
  return `${name} ${whole.format(attrs)} ${attrs === 1 ? "attr" : "attrs"}${failed}`;
}

/** Both sides take turns, so the one that ends last says when. Nothing is said where one of them cannot tell yet. */
function timeLeft(told: readonly SideProgress[]): string[] {
  const seconds = Math.max(...told.map(({ secondsLeft }) => secondsLeft ?? Number.POSITIVE_INFINITY));
  if (!Number.isFinite(seconds) || seconds < 1) return [];
  return [
    seconds < 90 ? `about ${whole.format(seconds)} s left` : `about ${whole.format(seconds / 60)} min left`,
  ];
}
