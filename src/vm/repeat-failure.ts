/**
 * A failure is believed when it happens twice, the second time in emulation: neither a loaded machine nor a weak
 * KVM is held against a kernel. One that fails and then passes is flaky, which is neither.
 */
import type { Accelerator, VmOutcome } from "../domain/vm.ts";
import { EnvironmentError } from "../errors.ts";

/** @param bootWith one whole boot; what it throws is passed on, but for QEMU's own trouble with KVM */
export async function repeatFailure(
  bootWith: (accelerator: Accelerator) => Promise<VmOutcome>,
  accelerator: Accelerator,
): Promise<VmOutcome> {
  const first = await bootWith(accelerator).catch((error: unknown) => {
    // QEMU itself gave up with KVM: then emulation decides alone.
    if (accelerator === "kvm" && error instanceof EnvironmentError) return undefined;
    throw error;
  });
  if (first?.outcome === "passed") return first;
  const second = await bootWith("tcg");
  if (first === undefined || second.outcome !== "passed") return second;
  return {
    ...second,
    firstTry: first.outcome === "failed" ? first.problems : ["the guest did not finish in time"],
  };
}
