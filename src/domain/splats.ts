/**
 * Splats: what a kernel prints when it has caught itself doing wrong (an oops, a warning, a stall).
 *
 * A guest can load every module and still have warned on the way, so the console is read as well as the
 * results. Only the beginning of a report counts: its call trace and register dump say no more. Whether the
 * console was complete enough to be believed is `console.ts`'s question, not ours.
 *
 * All patterns are anchored or bounded, since the text is written by the kernel under test.
 */

/** A splat that is known and not this project's to mend. It needs a reason, and it ends. */
export interface SplatAllowance {
  /** Part of the line, without its timestamp. */
  readonly contains: string;
  readonly reason: string;
  /** Last day it holds, `2026-12-31`. */
  readonly expires: string;
}

/** Nothing so far. Every entry is a promise to look again on the day it expires. */
export const ALLOWED_SPLATS: readonly SplatAllowance[] = [];

export interface SplatScan {
  /** Lines that begin a splat, timestamps stripped, in the order printed. */
  readonly splats: readonly string[];
  /** How many more were passed over because an allowance holds. */
  readonly allowed: number;
}

/** https://docs.kernel.org/admin-guide/bug-hunting.html and lib/Kconfig.debug name the sources of these. */
const RULES: readonly RegExp[] = [
  /^(?:BUG|WARNING|UBSAN|KASAN|KCSAN|KMSAN|KFENCE|Oops|Internal error)[: ]/,
  /\bkernel BUG at /,
  // "divide error: 0000 [#1] PREEMPT SMP": the die counter, whatever the trap is called.
  /: [0-9a-f]{4,16} \[#\d{1,6}\]/,
  /^Unable to handle kernel /,
  /\b(?:soft|hard) lockup\b/i,
  /^INFO: task .{1,200} blocked for more than \d{1,9} seconds/,
  /(?:^|\brcu: )INFO: rcu.{0,100}\bstall/,
  /^INFO: (?:possible|inconsistent|suspicious|trying to register) /,
  /\bKernel panic - /,
];
const CALL_TRACE = /^Call [Tt]race:/;
/** A call trace this close below a splat belongs to it; further away it is a splat without a name. */
const TRACE_DISTANCE = 60;
/** `<4>`, `[    2.148003]`, `[    T1]` (printk.time, CONFIG_PRINTK_CALLER). */
const PREFIX = /^(?:<\d{1,3}>)?(?:\[ {0,12}\d{1,10}\.\d{1,9}\] {0,2})?(?:\[ {0,10}[TC]\d{1,10}\] {0,2})?/;
const LINE_LIMIT = 500;

/** A console line as the kernel meant it: no line end, no level, no timestamp, no caller; at most 500 characters. */
export function withoutLogPrefix(line: string): string {
  return line.replace(/\r+$/, "").replace(PREFIX, "").slice(0, LINE_LIMIT);
}

/** @param today `2026-12-31`; an allowance holds on its last day. */
export function scanForSplats(
  lines: readonly string[],
  allowances: readonly SplatAllowance[],
  today: string,
): SplatScan {
  const splats: string[] = [];
  let allowed = 0;
  let last = Number.NEGATIVE_INFINITY;
  for (const [index, raw] of lines.entries()) {
    const line = withoutLogPrefix(raw);
    const bareTrace = CALL_TRACE.test(line) && index - last > TRACE_DISTANCE;
    if (!bareTrace && !RULES.some((rule) => rule.test(line))) continue;
    last = index;
    if (allowances.some(({ contains, expires }) => today <= expires && line.includes(contains))) allowed++;
    else splats.push(line);
  }
  return { splats, allowed };
}
