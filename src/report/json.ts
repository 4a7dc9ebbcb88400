/**
 * The JSON report: the result itself, keys in the schema's order, so that two reports can be compared with
 * `diff`. Texts are as they were found; escaping is up to whoever shows them.
 */
import type { CheckResult } from "../domain/check-result.ts";
import { InternalError } from "../errors.ts";
import { reportSchema } from "./schema.ts";

/** Two spaces, a newline at the end. @throws InternalError when the result does not fit its own schema. */
export function renderJson(result: CheckResult): string {
  // Parsing rebuilds every object in the order of its shape, however the result was put together.
  const parsed = reportSchema.safeParse(result);
  if (!parsed.success) {
    throw new InternalError("the result does not fit the schema of the report", { cause: parsed.error });
  }
  return `${JSON.stringify(sortRecords(parsed.data), null, 2)}\n`;
}

function sortRecords(result: CheckResult): CheckResult {
  const systems = sorted(result.rebuilds.systems);
  const kernels = result.kernels.map((kernel) => ({
    ...kernel,
    base: kernel.base && { ...kernel.base, outputs: sorted(kernel.base.outputs) },
    head: kernel.head && { ...kernel.head, outputs: sorted(kernel.head.outputs) },
  }));
  return { ...result, rebuilds: { ...result.rebuilds, systems }, kernels };
}

function sorted<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
