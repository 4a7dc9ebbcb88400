/** The metrics, read off the source that registers them. Node's own (`process_…`, `nodejs_…`) are prom-client's to describe. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { table } from "./markdown.ts";

const SOURCE = join(import.meta.dirname, "../../src/web/metrics.ts");
const METRIC =
  /new (Gauge|Counter|Histogram)\(\{\s*name: "(\w+)",\s*help:\s*"([^"]*)",(?:\s*labelNames: \[([^\]]*)\],)?/g;

export interface DescribedMetric {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly labels: readonly string[];
}

export function ownMetrics(): readonly DescribedMetric[] {
  return [...readFileSync(SOURCE, "utf8").matchAll(METRIC)].map(
    ([, type = "", name = "", help = "", labels = ""]) => ({
      name,
      help,
      type: type.toLowerCase(),
      labels: [...labels.matchAll(/"(\w+)"/g)].flatMap(([, label]) => label ?? []),
    }),
  );
}

export function metricTable(): string {
  const rows = ownMetrics().map(({ name, type, help, labels }) => [
    `\`${name}\``,
    type,
    labels.map((label) => `\`${label}\``).join(", "),
    help,
  ]);
  return table(["metric", "type", "labels", "meaning"], rows);
}
