/**
 * Boots a kernel with its own modules: the built-in boot test.
 *
 * The story: find the programs, look whether exactly this has passed before, lay out an initramfs, choose KVM or
 * emulation, run the guest, read its console. A failure is repeated once before it is believed, in emulation,
 * so that neither a loaded machine nor a weak KVM is held against the kernel. Trouble of ours is `not-run`.
 */
import { randomBytes } from "node:crypto";
import { lstat, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ConsoleQuestion } from "../domain/console.ts";
import { ALLOWED_SPLATS } from "../domain/splats.ts";
import type { Accelerator, VmOutcome } from "../domain/vm.ts";
import { EnvironmentError, Interrupted } from "../errors.ts";
import type { BootRequest, VmPort } from "../workflow/ports.ts";
import { createAcceleratorChooser, PROBE_SECONDS } from "./accelerator.ts";
import { moduleInitramfs, probeInitramfs, readInit } from "./initramfs.ts";
import { judgeGuest } from "./judge-guest.ts";
import { kernelCommandLine, type Machine, machineFor, qemuArguments } from "./machine.ts";
import { readModulesTree } from "./modules-tree.ts";
import { cacheKey, createOutcomeCache, stamp } from "./outcome-cache.ts";
import { findPrograms, type HostPrograms } from "./programs.ts";
import { repeatFailure } from "./repeat-failure.ts";
import { runGuest } from "./run-guest.ts";
import { sandboxedQemu } from "./sandbox.ts";

export interface VmOptions {
  readonly temporaryDirectory: string;
  readonly dataDirectory: string;
  /** Decides which allowances of `domain/splats.ts` still hold. Default: the clock. */
  readonly now?: () => Date;
}

export function createVm({ temporaryDirectory, dataDirectory, now = () => new Date() }: VmOptions): VmPort {
  const cache = createOutcomeCache(join(dataDirectory, "vm", "passed"));
  const chooseAccelerator = createAcceleratorChooser(join(dataDirectory, "vm", "kvm.json"));

  async function boot(request: BootRequest, signal: AbortSignal): Promise<VmOutcome> {
    const machine = requireMachine(request);
    await requireBootable(request);
    const programs = await findPrograms(machine.qemu, signal);
    const today = now().toISOString().slice(0, 10);
    const key = await keyOf(request, machine, programs, today);
    const known = request.again === true ? undefined : await cache.read(key);
    if (known !== undefined) return known;

    const directory = await mkdtemp(join(temporaryDirectory, "vm-"));
    try {
      const guest = await layOut(request, machine, programs, directory, today, signal);
      const { accelerator, confirm } = await chooseAccelerator(programs.qemu.version, () => guest.probe());
      const outcome = await repeatFailure((how) => guest.boot(how), accelerator);
      if (outcome.outcome === "passed") await confirm();
      await cache.write(key, outcome);
      return outcome;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  return {
    async boot(request, signal) {
      if (signal.aborted) throw new Interrupted();
      try {
        return await boot(request, signal);
      } catch (error) {
        if (error instanceof EnvironmentError)
          return { outcome: "not-run", reason: `${error.message}. ${error.details}` };
        throw error;
      }
    },
  };
}

/** @throws EnvironmentError vm-unsupported */
function requireMachine({ system }: BootRequest): Machine {
  const machine = machineFor(system);
  if (machine === undefined)
    throw unsupported(`kernels for ${system} cannot be booted`, "Only x86_64-linux and aarch64-linux can.");
  return machine;
}

/** Words of the request travel to the guest on one line, and image and memory have to be usable at all. */
async function requireBootable(request: BootRequest): Promise<void> {
  for (const { module, options } of request.load) {
    const words = [module, ...Object.entries(options).flat()];
    const strange = words.find((word) => !/^[!-~]{1,200}$/.test(word));
    if (
      strange !== undefined ||
      !/^\w[\w-]*$/.test(module) ||
      Object.keys(options).some((name) => !/^\w+$/.test(name))
    ) {
      throw unsupported(
        `modprobe cannot be asked for ${JSON.stringify(words.join(" "))}`,
        "Names are letters, digits, - and _; values are printable and without spaces.",
      );
    }
  }
  const image = await lstat(request.image).catch(() => undefined);
  if (image?.isFile() !== true)
    throw unsupported(`${request.image} is not a file`, "The kernel has no image to boot.");
}

function unsupported(message: string, details: string): EnvironmentError {
  return new EnvironmentError("vm-unsupported", message, details);
}

async function keyOf(
  request: BootRequest,
  machine: Machine,
  programs: HostPrograms,
  today: string,
): Promise<string> {
  const { image, modulesRoot, modDirVersion, load, memoryMegabytes } = request;
  return cacheKey({
    image: await stamp(image),
    modules: [modulesRoot, await stamp(join(modulesRoot, "lib/modules", modDirVersion, "modules.dep"))],
    load,
    memoryMegabytes,
    machine: [machine.qemu, kernelCommandLine(machine)],
    versions: [programs.qemu.version, programs.kmod.version],
    init: (await readInit("init")).toString("utf8"),
    allowed: ALLOWED_SPLATS.filter(({ expires }) => today <= expires),
  });
}

interface Guest {
  boot(accelerator: Accelerator): Promise<VmOutcome>;
  /** Does a guest of this image start and stop with KVM? */
  probe(): Promise<boolean>;
}

async function layOut(
  request: BootRequest,
  machine: Machine,
  programs: HostPrograms,
  directory: string,
  today: string,
  signal: AbortSignal,
): Promise<Guest> {
  if (process.arch !== machine.hostArch) {
    throw unsupported(
      `kernels for ${request.system} cannot be booted on this machine`,
      "The guest shares busybox and kmod with the machine it runs on, so both must be of one architecture.",
    );
  }
  const { load, memoryMegabytes, timeoutSeconds } = request;
  const names = load.map(({ module }) => module);
  const tree = await readModulesTree(
    request.modulesRoot,
    request.modDirVersion,
    names,
    programs.kmod.understood,
  );
  const nonce = randomBytes(8).toString("hex");
  const initrd = join(directory, "initrd");
  const archive = await moduleInitramfs(programs, nonce, load, tree.files);
  requireMemory(archive.length, memoryMegabytes);
  await writeFile(initrd, archive);

  const start = (accelerator: Accelerator, file: string, seconds: number) => {
    const inside = { image: "/vm/image", initrd: "/vm/initrd" };
    const command = sandboxedQemu(
      programs,
      {
        files: { [inside.image]: request.image, [inside.initrd]: file },
        kvm: accelerator === "kvm",
        memoryMegabytes,
        cpuSeconds: 2 * seconds + 10,
      },
      qemuArguments(machine, accelerator, memoryMegabytes, inside),
    );
    return runGuest(command, nonce, seconds * 1000, signal);
  };
  const question: ConsoleQuestion = {
    nonce,
    load,
    modDirVersion: tree.present ? request.modDirVersion : null,
    allowances: ALLOWED_SPLATS,
    today,
  };
  return {
    boot: async (accelerator) =>
      judgeGuest(await start(accelerator, initrd, timeoutSeconds), accelerator, question),
    probe: async () => {
      const file = join(directory, "probe-initrd");
      await writeFile(file, await probeInitramfs(programs, nonce));
      const run = await start("kvm", file, PROBE_SECONDS);
      return (
        run.ending === "exited" &&
        run.exitCode === 0 &&
        run.log.lines.some((line) => line.includes(`${nonce} end`))
      );
    },
  };
}

/** The archive lies in the guest's memory twice for a moment: as it was loaded, and unpacked. */
function requireMemory(archiveBytes: number, memoryMegabytes: number): void {
  const neededMegabytes = Math.ceil((2 * archiveBytes) / 1024 / 1024) + 64;
  if (neededMegabytes <= memoryMegabytes) return;
  throw unsupported(
    `the modules asked for need a guest with ${neededMegabytes} MiB of memory, and it has ${memoryMegabytes}`,
    "Raise limits.vmMemory in the configuration, or name fewer modules under modprobe.",
  );
}
