/**
 * Sizes and growths as people write them: `20 MB`, `1.5 GiB`, `+5 %`.
 *
 * `MB` is 10^6 bytes, as in the report; `MiB` is 2^20. A bare number is refused: nobody can tell what it counts.
 */
import type { MemoryBudget } from "../domain/memory-budget.ts";
import type { SizeLimit } from "../domain/size-limits.ts";

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
};

/** Bytes, or undefined where `text` is no size. */
export function parseSize(text: string): number | undefined {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,3})?) ?([A-Za-z]{1,3})$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit];
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor);
}

/** `4 GiB`: so much. `75 %`: a share of what is available. */
export function parseMemoryBudget(text: string): MemoryBudget | undefined {
  const percent = Number(/^(\d{1,3}(?:\.\d{1,2})?) ?%$/.exec(text)?.[1] ?? 0);
  if (percent >= 1 && percent <= 100) return { kind: "share", percent };
  const bytes = parseSize(text);
  return bytes === undefined ? undefined : { kind: "bytes", bytes };
}

/** `20 MB`: a total. `+5 %`: a growth over base. */
export function parseSizeLimit(text: string): SizeLimit | undefined {
  const percent = /^\+(\d{1,4}(?:\.\d{1,2})?) ?%$/.exec(text)?.[1];
  if (percent !== undefined) return { kind: "growth", percent: Number(percent) };
  const bytes = parseSize(text);
  return bytes === undefined ? undefined : { kind: "total", bytes };
}
