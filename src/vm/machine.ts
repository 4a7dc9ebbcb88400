/**
 * Which machine a system's kernel is booted on, and QEMU's arguments for it.
 *
 * The machine has a serial port and nothing else: no network, no disks, no display, no monitor
 * (https://www.qemu.org/docs/master/system/invocation.html). Memory is the caller's; there is one processor, since
 * an emulated second one only slows the first down.
 */
import type { System } from "../domain/evaluation.ts";
import type { Accelerator } from "../domain/vm.ts";

export interface Machine {
  readonly qemu: string;
  /** `process.arch` of a host that can share its busybox and kmod with the guest. */
  readonly hostArch: string;
  readonly model: string;
  readonly emulatedCpu: string;
  readonly console: string;
}

const MACHINES: ReadonlyMap<System, Machine> = new Map([
  [
    "x86_64-linux",
    {
      qemu: "qemu-system-x86_64",
      hostArch: "x64",
      model: "pc",
      emulatedCpu: "max",
      console: "ttyS0,115200",
    },
  ],
  [
    "aarch64-linux",
    {
      qemu: "qemu-system-aarch64",
      hostArch: "arm64",
      model: "virt",
      // Pointer authentication as the architecture has it takes most of the time of an emulated boot.
      emulatedCpu: "max,pauth-impdef=on",
      console: "ttyAMA0",
    },
  ],
]);

/** Undefined: no kernel of this system can be booted by us. */
export function machineFor(system: System): Machine | undefined {
  return MACHINES.get(system);
}

/**
 * - `printk.devkmsg=on`: our init's lines are not rate limited;
 * - `ignore_loglevel`: whatever the kernel was built with, warnings reach the console;
 * - `oops=panic`, `panic=-1`: a kernel that has died ends at once instead of hanging until the time limit;
 * - `nokaslr`: addresses in what we report are the same each time.
 */
export function kernelCommandLine(machine: Machine): string {
  return `console=${machine.console} ignore_loglevel printk.devkmsg=on oops=panic panic=-1 nokaslr`;
}

export interface MachineFiles {
  readonly image: string;
  readonly initrd: string;
}

export function qemuArguments(
  machine: Machine,
  accelerator: Accelerator,
  memoryMegabytes: number,
  files: MachineFiles,
): string[] {
  return [
    // Translated code is kept in memory of its own, 1 GiB unless told otherwise; a boot needs a fraction.
    ["-accel", accelerator === "tcg" ? "tcg,tb-size=128" : "kvm"],
    ["-machine", machine.model],
    ["-cpu", accelerator === "tcg" ? machine.emulatedCpu : "host"],
    ["-smp", "1"],
    ["-m", String(memoryMegabytes)],
    // QEMU's own system call filter, inside ours.
    ["-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny"],
    ["-nodefaults", "-no-user-config", "-no-reboot"],
    ["-display", "none"],
    ["-vga", "none"],
    ["-nic", "none"],
    ["-monitor", "none"],
    ["-parallel", "none"],
    ["-serial", "stdio"],
    ["-kernel", files.image],
    ["-initrd", files.initrd],
    ["-append", kernelCommandLine(machine)],
  ].flat();
}
