/**
 * From a guest that has run to an outcome: was it the kernel, or was it us?
 *
 * QEMU ends with status 0 whatever becomes of the kernel, a panic included. A non-zero status before the guest
 * was done is therefore QEMU's or the sandbox's own trouble, with one exception: an image it cannot load at all.
 */
import { type ConsoleQuestion, type ConsoleReading, readConsole } from "../domain/console.ts";
import type { Accelerator, VmOutcome } from "../domain/vm.ts";
import { EnvironmentError } from "../errors.ts";
import type { GuestRun } from "./run-guest.ts";

/** hw/i386/x86.c, hw/core/loader.c, hw/arm/boot.c: what QEMU says of an image that is none. */
const IMAGE_REFUSED =
  /(?:could not load|could not open|error reading|failed to load|unable to load).{0,20}kernel|invalid kernel header|kernel (?:is )?too (?:old|large)|linux kernel too old/i;

/** @throws EnvironmentError vm-failed */
export function judgeGuest(run: GuestRun, accelerator: Accelerator, question: ConsoleQuestion): VmOutcome {
  const reading = readConsole(run.log, question);
  const common = { seconds: run.seconds, accelerator, consoleTail: reading.consoleTail };
  if (run.ending === "time-limit") return judgeHanging(reading, common);
  const ended = run.ending === "exited" && run.exitCode !== 0 ? sandboxTrouble(run, reading) : [];
  const problems = [...ended, ...reading.problems];
  return {
    ...common,
    outcome: problems.length === 0 ? "passed" : "failed",
    problems,
    ...(reading.kernelRelease === undefined ? {} : { kernelRelease: reading.kernelRelease }),
    modules: reading.modules,
    splats: reading.splats,
  };
}

type Common = Pick<Extract<VmOutcome, { outcome: "timeout" }>, "seconds" | "accelerator" | "consoleTail">;

/** A kernel that reported a fault of its own and then hung has failed; one that says nothing has run out of time. */
function judgeHanging(reading: ConsoleReading, common: Common): VmOutcome {
  if (reading.splats.length === 0) return { ...common, outcome: "timeout" };
  return {
    ...common,
    outcome: "failed",
    problems: ["the guest did not finish in time", ...reading.problems],
    ...(reading.kernelRelease === undefined ? {} : { kernelRelease: reading.kernelRelease }),
    modules: reading.modules,
    splats: reading.splats,
  };
}

function sandboxTrouble(run: GuestRun, reading: ConsoleReading): string[] {
  const said = run.errors.split("\n").filter(Boolean).at(-1) ?? "it said nothing";
  if (!reading.begun && IMAGE_REFUSED.test(run.errors)) return [`QEMU cannot load the image: ${said}`];
  const how = run.exitCode === null ? "was killed (out of memory?)" : `ended with status ${run.exitCode}`;
  throw new EnvironmentError(
    "vm-failed",
    `QEMU or its sandbox ${how}: ${said}`,
    "Nothing is known about the kernel. bubblewrap needs user namespaces (sysctl kernel.unprivileged_userns_clone=1), QEMU the memory set by limits.vmMemory.",
  );
}
