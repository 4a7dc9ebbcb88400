/**
 * The sandbox QEMU runs in: a pull request's kernel talks to QEMU, so QEMU is not trusted either.
 *
 * New namespaces of every kind (no network at all, no processes but its own), no capabilities, an empty
 * environment, a nobody's user id, and a file system that holds QEMU, its libraries and firmware, the image and the
 * initramfs, all read-only. `prlimit` comes first because limits are inherited. Whoever is killed, the rest goes
 * too: the sandbox dies with its parent and takes its process namespace with it
 * (https://github.com/containers/bubblewrap#sandboxing).
 */
import type { HostPrograms } from "./programs.ts";

export interface SandboxRequest {
  /** Inside → outside, both absolute. */
  readonly files: Readonly<Record<string, string>>;
  readonly kvm: boolean;
  readonly memoryMegabytes: number;
  readonly cpuSeconds: number;
}

/** What QEMU may take on top of the guest's memory: code cache, libraries, stacks. Address space, not use. */
const QEMU_MEGABYTES = 2_048;
const NOBODY = "65534";

/** A whole command: its first word is the program to start. */
export function sandboxedQemu(
  programs: HostPrograms,
  request: SandboxRequest,
  qemuArguments: readonly string[],
): readonly [string, ...string[]] {
  const { qemu } = programs;
  const readable = [...qemu.libraries, ...qemu.dataDirectories, qemu.path];
  return [
    programs.prlimit,
    `--as=${(request.memoryMegabytes + QEMU_MEGABYTES) * 1024 * 1024}`,
    `--cpu=${request.cpuSeconds}`,
    "--core=0",
    "--nofile=256",
    "--",
    programs.bubblewrap,
    "--unshare-all",
    "--unshare-user",
    "--uid",
    NOBODY,
    "--gid",
    NOBODY,
    "--die-with-parent",
    "--new-session",
    "--clearenv",
    "--cap-drop",
    "ALL",
    "--dev",
    "/dev",
    ...(request.kvm ? ["--dev-bind", "/dev/kvm", "/dev/kvm"] : []),
    "--tmpfs",
    "/tmp",
    ...readable.flatMap((path) => ["--ro-bind", path, path]),
    ...Object.entries(request.files).flatMap(([inside, outside]) => ["--ro-bind", outside, inside]),
    "--remount-ro",
    "/",
    "--chdir",
    "/",
    "--",
    qemu.path,
    ...qemuArguments,
  ];
}
