/**
 * Size limits: how big an output may be, or how much it may grow.
 *
 * An output that head alone has is new: it did not grow, so only an absolute limit can be exceeded.
 */

/** `total`: bytes an output may have. `growth`: hundredths by which it may grow over base, 5 for `+5 %`. */
export type SizeLimit =
  | { readonly kind: "total"; readonly bytes: number }
  | { readonly kind: "growth"; readonly percent: number };

/** @param baseBytes NAR size at base, `null` where base has no such output. */
export function exceedsLimit(limit: SizeLimit, baseBytes: number | null, headBytes: number): boolean {
  if (limit.kind === "total") return headBytes > limit.bytes && (baseBytes === null || headBytes > baseBytes);
  return baseBytes !== null && headBytes * 100 > baseBytes * (100 + limit.percent);
}
