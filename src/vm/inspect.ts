/** What `modprobot doctor` wants to know of boots: are the programs there, and does KVM run anything? */
import { randomBytes } from "node:crypto";
import { access, constants, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { KvmLook } from "../domain/doctor/machine.ts";
import type { System } from "../domain/evaluation.ts";
import { EnvironmentError } from "../errors.ts";
import { PROBE_SECONDS } from "./accelerator.ts";
import { type Machine, machineFor, qemuArguments } from "./machine.ts";
import { findPrograms } from "./programs.ts";
import { runGuest } from "./run-guest.ts";
import { sandboxedQemu } from "./sandbox.ts";
import { tinyImage } from "./tiny-image.ts";

/** @returns the version, as QEMU says it. @throws EnvironmentError vm-program-missing, vm-unsupported */
export async function qemuVersion(system: System, signal: AbortSignal): Promise<string> {
  const { qemu } = await findPrograms(requireMachine(system).qemu, signal);
  return qemu.version;
}

const MEMORY_MEGABYTES = 128;

/**
 * Runs a few instructions as a guest. Undefined where that cannot be found out without a kernel: on aarch64 it shows at
 * the first boot. @throws EnvironmentError vm-program-missing, vm-unsupported
 */
export async function lookAtKvm(
  system: System,
  temporaryDirectory: string,
  signal: AbortSignal,
  device = "/dev/kvm",
): Promise<KvmLook | undefined> {
  const machine = requireMachine(system);
  try {
    await access(device, constants.R_OK | constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { kind: "absent", why: code === "ENOENT" ? `there is no ${device}` : `${device}: ${code}` };
  }
  if (system !== "x86_64-linux") return undefined;
  const programs = await findPrograms(machine.qemu, signal);
  const directory = await mkdtemp(join(temporaryDirectory, "kvm-"));
  try {
    const nonce = randomBytes(8).toString("hex");
    const [image, initrd] = [join(directory, "image"), join(directory, "initrd")];
    await writeFile(image, tinyImage(`${nonce}\n`, "reset"));
    await writeFile(initrd, "nothing\n");
    const inside = { image: "/vm/image", initrd: "/vm/initrd" };
    const command = sandboxedQemu(
      programs,
      {
        files: { [inside.image]: image, [inside.initrd]: initrd },
        kvm: true,
        memoryMegabytes: MEMORY_MEGABYTES,
        cpuSeconds: 2 * PROBE_SECONDS,
      },
      qemuArguments(machine, "kvm", MEMORY_MEGABYTES, inside),
    );
    const run = await runGuest(command, nonce, PROBE_SECONDS * 1000, signal);
    if (run.ending === "exited" && run.exitCode === 0 && run.log.lines.some((line) => line.includes(nonce)))
      return { kind: "boots", seconds: run.seconds };
    const said = run.errors.split("\n").at(-1)?.slice(0, 200) ?? "";
    const ended =
      run.ending === "exited" ? `QEMU ended with ${run.exitCode}` : `nothing after ${PROBE_SECONDS} s`;
    return { kind: "hangs", why: said === "" ? ended : said };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function requireMachine(system: System): Machine {
  const machine = machineFor(system);
  if (machine !== undefined) return machine;
  throw new EnvironmentError(
    "vm-unsupported",
    `kernels for ${system} cannot be booted`,
    "Only x86_64-linux and aarch64-linux can; on other systems boots are not-run.",
  );
}
