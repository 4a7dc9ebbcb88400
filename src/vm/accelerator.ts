/**
 * KVM or emulation? `/dev/kvm` that opens proves nothing: inside another virtual machine guests may hang with
 * it. So a guest that only starts and stops has to do so within ten seconds before KVM is used.
 *
 * The answer holds until this machine boots again or gets another QEMU, and is kept in the data directory. A no
 * is kept only once the same image has booted in emulation, since a kernel that boots nowhere says nothing
 * about KVM.
 */
import { randomUUID } from "node:crypto";
import { constants } from "node:fs";
import { access, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import type { Accelerator } from "../domain/vm.ts";

export const PROBE_SECONDS = 10;

const Memory = z.object({ boot: z.string(), qemu: z.string(), kvm: z.boolean() });

export interface AcceleratorChoice {
  readonly accelerator: Accelerator;
  /** To be called when an image has booted with it. */
  confirm(): Promise<void>;
}

/** @param file where the answer is kept between runs */
export function createAcceleratorChooser(file: string, device = "/dev/kvm") {
  let pending: Promise<boolean> | undefined;

  const remember = async (qemu: string, kvm: boolean) => {
    await mkdir(dirname(file), { recursive: true });
    const part = `${file}.${randomUUID()}`;
    await writeFile(part, JSON.stringify({ boot: await bootId(), qemu, kvm }));
    await rename(part, file);
  };

  const recall = async (qemu: string): Promise<boolean | undefined> => {
    const parsed = Memory.safeParse(await readJson(file));
    const holds = parsed.success && parsed.data.qemu === qemu && parsed.data.boot === (await bootId());
    return holds ? parsed.data.kvm : undefined;
  };

  /** @param probe boots a guest with KVM; true when it ended by itself in time */
  return async (qemu: string, probe: () => Promise<boolean>): Promise<AcceleratorChoice> => {
    if (!(await canOpen(device))) return { accelerator: "tcg", confirm: async () => {} };
    const known = await recall(qemu);
    if (known !== undefined) return { accelerator: known ? "kvm" : "tcg", confirm: async () => {} };
    // Two boots side by side ask once; an interrupted probe is no answer.
    pending ??= probe().catch((error: unknown) => {
      pending = undefined;
      throw error;
    });
    const works = await pending;
    return { accelerator: works ? "kvm" : "tcg", confirm: () => remember(qemu, works) };
  };
}

async function canOpen(device: string): Promise<boolean> {
  return access(device, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
}

/** Changes at each boot (https://docs.kernel.org/admin-guide/sysctl/kernel.html#random). */
async function bootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch {
    // Absent, or cut off by a crash: either way nothing is known.
    return undefined;
  }
}
