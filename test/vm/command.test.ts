import { describe, expect, it } from "vitest";
import { kernelCommandLine, machineFor, qemuArguments } from "../../src/vm/machine.ts";
import type { HostPrograms } from "../../src/vm/programs.ts";
import { sandboxedQemu } from "../../src/vm/sandbox.ts";

const programs: HostPrograms = {
  qemu: {
    path: "/usr/bin/qemu",
    libraries: ["/lib/libc.so.6"],
    version: "7.2",
    dataDirectories: ["/usr/share/qemu"],
  },
  bubblewrap: "/usr/bin/bwrap",
  prlimit: "/usr/bin/prlimit",
  busybox: { path: "/bin/busybox", libraries: [] },
  kmod: { path: "/bin/kmod", libraries: [], version: "30", understood: new Set() },
};
const command = (kvm: boolean) =>
  sandboxedQemu(
    programs,
    { files: { "/vm/image": "/nix/store/x/bzImage" }, kvm, memoryMegabytes: 512, cpuSeconds: 130 },
    ["-m", "512"],
  );

describe("sandbox", () => {
  it("binds what QEMU needs, read-only, and nothing else", () => {
    const words = command(false);
    const bound = words.flatMap((word, index) =>
      word.includes("bind") ? [words.slice(index, index + 3).join(" ")] : [],
    );

    expect(bound).toEqual([
      "--ro-bind /lib/libc.so.6 /lib/libc.so.6",
      "--ro-bind /usr/share/qemu /usr/share/qemu",
      "--ro-bind /usr/bin/qemu /usr/bin/qemu",
      "--ro-bind /nix/store/x/bzImage /vm/image",
    ]);
  });

  it.each(["--unshare-all", "--clearenv", "--die-with-parent", "--new-session", "--remount-ro"])(
    "%s",
    (flag) => {
      expect(command(false)).toContain(flag);
    },
  );

  it("limits memory to the guest's and 2 GiB more, and processor time", () => {
    expect(command(false)).toEqual(
      expect.arrayContaining([`--as=${(512 + 2048) * 1024 * 1024}`, "--cpu=130"]),
    );
  });

  it("shows /dev/kvm only to a guest that uses it", () => {
    expect(command(false)).not.toContain("/dev/kvm");
    expect(command(true)).toContain("/dev/kvm");
  });
});

describe("machine", () => {
  const files = { image: "/vm/image", initrd: "/vm/initrd" };
  const words = (system: string, accelerator: "kvm" | "tcg") => {
    const machine = machineFor(system);
    return machine === undefined ? undefined : qemuArguments(machine, accelerator, 512, files).join(" ");
  };

  it.each([
    ["x86_64-linux", "tcg", "-machine pc -cpu max "],
    ["x86_64-linux", "kvm", "-accel kvm -machine pc -cpu host "],
    ["aarch64-linux", "tcg", "-machine virt -cpu max,pauth-impdef=on "],
    ["aarch64-linux", "kvm", "-accel kvm -machine virt -cpu host "],
  ] as const)("%s with %s", (system, accelerator, expected) => {
    expect(words(system, accelerator)).toContain(expected);
  });

  it.each([
    "-nodefaults",
    "-no-reboot",
    "-display none",
    "-nic none",
    "-monitor none",
    "-serial stdio",
    "spawn=deny",
  ])("%s", (part) => {
    expect(words("x86_64-linux", "tcg")).toContain(part);
  });

  it.each(["i686-linux", "x86_64-darwin", "__proto__", "constructor"])("has none for %s", (system) => {
    expect(machineFor(system)).toBeUndefined();
  });

  it("prints everything to the machine's serial port", () => {
    const machine = machineFor("aarch64-linux");

    expect(machine === undefined ? "" : kernelCommandLine(machine)).toMatch(
      /^console=ttyAMA0 ignore_loglevel /,
    );
  });
});
