/**
 * A consumer that breaks because the kernel lost a module it asks for by name, and not because of where things are.
 *
 * Told by the name of such a module in what the consumer complains about: `Module tcp_hybla not found`.
 */
import type { KernelModules } from "./compare-contents.ts";
import type { AttrPath } from "./evaluation.ts";

export interface MissingModule {
  readonly module: string;
  readonly kernel: AttrPath;
  /** Part of the image at head; else it is gone. */
  readonly isBuiltin: boolean;
}

/** `complaints`: lines, raw. Undefined where none names a module that a kernel lost. */
export function missingModule(
  complaints: readonly string[],
  kernels: readonly KernelModules[],
): MissingModule | undefined {
  const said = new Set(complaints.flatMap((line) => line.replaceAll("-", "_").match(/\w+/g) ?? []));
  for (const { base, head } of kernels) {
    const left = new Set(head.modules.map(({ name }) => name));
    const lost = base.modules.find(({ name }) => !left.has(name) && said.has(name));
    if (lost === undefined) continue;
    return { module: lost.name, kernel: base.attr, isBuiltin: head.builtin.includes(lost.name) };
  }
  return undefined;
}
