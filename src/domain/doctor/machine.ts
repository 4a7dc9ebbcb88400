/** The machine beside Nix: programs, acceleration, disks. */
import { type Diagnosis, green, red, yellow } from "./diagnosis.ts";

/** A kernel's outputs and a checkout of nixpkgs fit; below it every check would end as "could not be checked". */
export const DISK_FLOOR_BYTES = 2 * 2 ** 30;
/** A clone of nixpkgs, two evaluations of it, and a kernel with everything that uses its modules, twice. */
const DISK_ENOUGH_BYTES = 30 * 2 ** 30;

export interface DiskRoom {
  readonly directory: string;
  readonly freeBytes: number;
  /** False: it can be read only, or belongs to somebody else. */
  readonly writable: boolean;
  /** Said where it could be found out; file systems without a fixed number have none. */
  readonly freeInodes: number | undefined;
}

/** @param remedy how to make room there */
export function judgeDisk(
  { directory, freeBytes, writable, freeInodes }: DiskRoom,
  remedy: string,
): Diagnosis {
  const room = `${(freeBytes / 2 ** 30).toFixed(1)} GiB are free in ${directory}`;
  if (!writable)
    return red(
      `${directory} cannot be written to by this user`,
      "Give another with --data, or change its owner.",
    );
  if (freeBytes < DISK_FLOOR_BYTES)
    return red(`${room}, fewer than the 2 GiB below which no work is taken`, remedy);
  if (freeInodes !== undefined && freeInodes < 100_000)
    return red(`${room}, and only ${freeInodes} more files fit`, remedy);
  if (freeBytes < DISK_ENOUGH_BYTES) return yellow(`${room}; checks of nixpkgs take up to 30`, remedy);
  return green(room);
}

export type KvmLook =
  /** `/dev/kvm` is not there, or not for this user. */
  | { readonly kind: "absent"; readonly why: string }
  | { readonly kind: "boots"; readonly seconds: number }
  | { readonly kind: "hangs"; readonly why: string };

export function judgeKvm(look: KvmLook): Diagnosis {
  switch (look.kind) {
    case "boots":
      return green(`a guest ran and stopped with KVM in ${look.seconds.toFixed(1)} s`);
    case "absent":
      return yellow(
        `no KVM (${look.why}): kernels boot in emulation, about ten times slower`,
        "On a real machine load kvm_intel or kvm_amd and add this user to the group kvm; in a virtual one allow nested virtualization.",
      );
    case "hangs":
      return yellow(
        `/dev/kvm opens, and a guest does not run with it (${look.why}): kernels boot in emulation, about ten times slower`,
        "Inside a virtual machine, allow nested virtualization on its host; elsewhere look into dmesg.",
      );
  }
}

/** `git version 2.39.5`. The newest thing asked of it is `repack --geometric`, which came with 2.32. */
export function judgeGit(line: string): Diagnosis {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(line) ?? [];
  if (major === undefined || minor === undefined)
    return yellow(
      `git calls itself ${JSON.stringify(line.slice(0, 100))}`,
      "See that a git 2.32 or later comes first on PATH.",
    );
  const recent = Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 32);
  if (!recent)
    return red(
      `${line} is too old: 2.32 or later is needed`,
      "Install a later git, and see that it comes first on PATH.",
    );
  return green(line);
}
