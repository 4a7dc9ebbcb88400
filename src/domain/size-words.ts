/**
 * Numbers and sizes in words. Bytes are shown in decimal units (1 MB = 1,000,000 B), as Nix's own tools and
 * disk vendors do. A side that is not there is "new" or "gone", never ±100 %; a side that is not known is "?".
 */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;
/** No-break, so that a number is never torn apart at the end of a line. */
const NARROW_SPACE = "\u202f";
const MINUS = "\u2212";

/** `1 121`, grouped in threes. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, NARROW_SPACE);
}

/** `1 module`, `3 modules`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** `14.1 MB`; whole bytes below 1 kB. */
export function formatBytes(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`;
}

/** What is known of one side: bytes, `null` for "there is none", undefined for "not known". */
export type Size = number | null | undefined;

/** `126.4 → 14.1 MB (−112.3 MB, −89 %)`, `14.1 MB (±0)`, `new, 14.1 MB`, `gone, was 14.1 MB`, `? → 14.1 MB`. */
export function formatSizeChange(base: Size, head: Size): string {
  if (base === undefined || head === undefined) return `${oneSide(base)} → ${oneSide(head)}`;
  if (base === null) return head === null ? "–" : `new, ${formatBytes(head)}`;
  if (head === null) return `gone, was ${formatBytes(base)}`;
  if (base === head) return `${formatBytes(base)} (±0)`;
  return `${formatPair(base, head)} (${formatDelta(base, head)})`;
}

/** `−112.3 MB, −89 %`; without a percentage when base is 0, where there is none. */
export function formatDelta(base: number, head: number): string {
  const delta = head - base;
  if (delta === 0) return "±0";
  const bytes = `${sign(delta)}${formatBytes(Math.abs(delta))}`;
  return base === 0 ? bytes : `${bytes}, ${formatPercent(delta / base)}`;
}

/** `1 121 → 1 119`, one number when equal, `?` for what is not known. */
export function formatCountChange(base: number | null, head: number | null): string {
  if (base === head) return base === null ? "?" : formatCount(base);
  return `${formatKnown(base)} → ${formatKnown(head)}`;
}

/** A number that may not be known: `?` then, never 0. */
export function formatKnown(count: number | null): string {
  return count === null ? "?" : formatCount(count);
}

/** `4 min 12 s`, `31 s`, `0.4 s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function oneSide(size: Size): string {
  if (size === undefined) return "?";
  return size === null ? "none" : formatBytes(size);
}

/** One unit for both where the smaller still shows a digit that counts. */
function formatPair(base: number, head: number): string {
  const unit = unitOf(Math.max(base, head));
  const smaller = Math.min(base, head);
  const shared = unitOf(smaller) === unit || smaller / 1000 ** unit >= 0.1;
  return shared
    ? `${inUnit(base, unit)} → ${inUnit(head, unit)} ${UNITS[unit]}`
    : `${formatBytes(base)} → ${formatBytes(head)}`;
}

function formatPercent(ratio: number): string {
  const percent = Math.abs(ratio) * 100;
  if (percent < 0.1) return "<0.1 %";
  return `${sign(ratio)}${percent < 10 ? percent.toFixed(1) : formatCount(Math.round(percent))} %`;
}

function sign(value: number): string {
  return value < 0 ? MINUS : "+";
}

/** The unit whose rounded figure stays below 1000: 999,960 B are 1.0 MB, not 1000.0 kB. */
function unitOf(bytes: number): number {
  const unit = UNITS.findIndex((_, index) => Number(inUnit(bytes, index)) < 1000);
  return unit === -1 ? UNITS.length - 1 : unit;
}

function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? String(Math.round(bytes)) : (bytes / 1000 ** unit).toFixed(1);
}
