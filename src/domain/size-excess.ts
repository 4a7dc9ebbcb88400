/** Outputs over the limits that the configuration sets (`sizes`). Only what grew can exceed: see `size-limits.ts`. */
import type { AttrPath, OutputName } from "./evaluation.ts";
import type { KernelFacts } from "./kernel-facts.ts";
import { exceedsLimit, type SizeLimit } from "./size-limits.ts";
import { formatBytes } from "./size-words.ts";

export interface SizeExcess {
  readonly attr: AttrPath;
  readonly output: OutputName;
  /** NAR size in bytes; `null` where base has no such output. */
  readonly base: number | null;
  readonly head: number;
  readonly limit: SizeLimit;
}

export function findExcesses(
  base: KernelFacts | undefined,
  head: KernelFacts,
  limits: Readonly<Record<OutputName, readonly SizeLimit[]>>,
): SizeExcess[] {
  return Object.entries(head.outputs).flatMap(([output, { narSize }]) => {
    const before = base?.outputs[output]?.narSize ?? null;
    return (limits[output] ?? []).flatMap((limit) =>
      exceedsLimit(limit, before, narSize)
        ? [{ attr: head.attr, output, base: before, head: narSize, limit }]
        : [],
    );
  });
}

export function excessMessage({ output, base, head, limit }: SizeExcess): string {
  const allowed = limit.kind === "total" ? formatBytes(limit.bytes) : `+${limit.percent} %`;
  const before = base === null ? "new" : formatBytes(base);
  return `output \`${output}\`: ${before} → ${formatBytes(head)}, over the limit of ${allowed}`;
}
