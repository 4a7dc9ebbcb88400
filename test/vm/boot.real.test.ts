/** The built-in boot test for real: QEMU, bubblewrap, Debian's kernel, and images that misbehave. */
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_MODPROBE } from "../../src/domain/modprobe-defaults.ts";
import type { VmOutcome } from "../../src/domain/vm.ts";
import { compareVm } from "../../src/domain/vm-comparison.ts";
import { Interrupted } from "../../src/errors.ts";
import { createVm } from "../../src/vm/adapter.ts";
import { findPrograms } from "../../src/vm/programs.ts";
import { runGuest } from "../../src/vm/run-guest.ts";
import { sandboxedQemu } from "../../src/vm/sandbox.ts";
import { tinyImage } from "../../src/vm/tiny-image.ts";
import type { BootRequest } from "../../src/workflow/ports.ts";
import { smallTree, type TestKernel, unpackDebianKernel } from "./debian-kernel.ts";

const never = new AbortController().signal;
/** Tells our machines from others that run here: no one else has this much memory. */
const MEMORY = 509;
let directory: string;
let temporaryDirectory: string;
let kernel: TestKernel;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "modprobot-boot-test-"));
  temporaryDirectory = join(directory, "tmp");
  mkdirSync(temporaryDirectory);
  kernel = unpackDebianKernel(directory);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));
afterEach(() => {
  expect(readdirSync(temporaryDirectory)).toEqual([]);
  expect(ourMachines()).toEqual([]);
});

function ourMachines(): string[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`\0-m\0${MEMORY}\0`);
      } catch {
        return false;
      }
    });
}

const vm = () => createVm({ temporaryDirectory, dataDirectory: join(directory, "data") });
const request = (over: Partial<BootRequest> = {}): BootRequest => ({
  system: "x86_64-linux",
  image: kernel.image,
  modulesRoot: kernel.modulesRoot,
  modDirVersion: kernel.version,
  load: [],
  timeoutSeconds: 180,
  memoryMegabytes: MEMORY,
  ...over,
});
const boot = (over: Partial<BootRequest> = {}, signal = never) => vm().boot(request(over), signal);
const problems = (outcome: VmOutcome) => ("problems" in outcome ? outcome.problems : [outcome.outcome]);

function tiny(text: string, then: "hang" | "reset" | "again"): string {
  const file = join(directory, `${then}.image`);
  writeFileSync(file, tinyImage(text, then));
  return file;
}

describe("Debian's kernel", () => {
  it("boots, loads the default modules, reads their options back, unloads them; and is not booted twice", async () => {
    const outcome = await boot({ load: DEFAULT_MODPROBE });
    const again = await boot({ load: DEFAULT_MODPROBE });

    // Also its seconds, which a second boot would not repeat.
    expect(again).toEqual(outcome);
    expect(outcome).toMatchObject({
      outcome: "passed",
      problems: [],
      splats: [],
      kernelRelease: kernel.version,
    });
    const modules = "modules" in outcome ? outcome.modules : [];
    expect(modules.map(({ module, loaded, unloaded }) => [module, loaded, unloaded])).toEqual([
      ["loop", "loaded", true],
      ["tcp_hybla", "loaded", true],
      ["dummy", "loaded", true],
      ["ext4", "builtin", false],
      ["xfs", "loaded", true],
      ["bridge", "loaded", true],
      ["9p", "missing", false],
    ]);
    expect(modules[0]?.parameters).toEqual({ max_loop: "4" });
    expect(modules[1]?.parameters).toEqual({ rtt0: "42" });
  });

  it("fails for a module it does not have, an option nobody knows, and a value that does not stick", async () => {
    const outcome = await boot({
      load: [
        { module: "nosuch", options: {} },
        { module: "dummy", options: { nosuch: "1" } },
        { module: "loop", options: { max_loop: "many" } },
        { module: "xfs", options: {} },
      ],
    });

    expect(problems(outcome)).toEqual([
      expect.stringMatching(/^nosuch is not in this kernel: .*not found in directory/),
      expect.stringMatching(
        /^dummy was loaded with nosuch=1, .*\(kernel: dummy: unknown parameter 'nosuch' ignored\)$/,
      ),
      expect.stringMatching(
        /^loop does not load: .*\(kernel: loop: `many' invalid for parameter `max_loop'\)$/,
      ),
    ]);
    expect("modules" in outcome && outcome.modules.at(-1)?.loaded).toBe("loaded");
  });

  it("loads compressed modules, and plain ones that are called compressed", async () => {
    const compress = (program: string, suffix: string) => (file: string) => {
      execFileSync(program, ["-q", file]);
      expect(readFileSync(`${file}${suffix}`).length).toBeGreaterThan(0);
      rmSync(file, { force: true });
    };
    const tree = smallTree(join(directory, "compressed"), kernel, {
      "drivers/block/loop.ko": compress("xz", ".xz"),
      "drivers/net/dummy.ko": compress("zstd", ".zst"),
      // What taking a compression off leaves behind: plain content under the name the index has.
      "net/ipv4/tcp_hybla.ko": (file) => renameSync(file, `${file}.xz`),
    });

    const load = ["loop", "dummy", "tcp_hybla"].map((module) => ({ module, options: {} }));
    const outcome = await boot({ modulesRoot: tree, load });

    expect(problems(outcome)).toEqual([]);
  });

  it("fails, and its comparison says regressed, when its modules are gone or lie where modprobe does not look", async () => {
    const load = [{ module: "loop", options: {}, optional: true } as const];
    const tree = smallTree(
      join(directory, "moved"),
      kernel,
      { "drivers/block/loop.ko": () => {} },
      "6.1.0-moved",
    );

    const base = await boot({ load });
    const moved = await boot({ load, modulesRoot: tree, modDirVersion: "6.1.0-moved" });
    const gone = await boot({ load, modulesRoot: directory, modDirVersion: "none" });

    expect(problems(moved)[0]).toMatch(
      /^the kernel calls itself .* and its modules are in lib\/modules\/6\.1\.0-moved/,
    );
    expect(compareVm(base, moved).comparison).toBe("regressed");
    expect(gone.outcome).toBe("passed");
    expect(compareVm(base, gone)).toMatchObject({
      comparison: "regressed",
      details: ["loop: loaded at base, missing at head"],
    });
  });

  it("fails for a damaged module", async () => {
    const tree = smallTree(join(directory, "damaged"), kernel, { "drivers/block/loop.ko": () => {} });
    const file = join(tree, "lib/modules", kernel.version, "kernel/drivers/block/loop.ko");
    writeFileSync(file, readFileSync(file).subarray(0, 5_000));

    expect(problems(await boot({ modulesRoot: tree, load: [{ module: "loop", options: {} }] }))[0]).toMatch(
      /^loop does not load: /,
    );
  });
});

describe("an image that does not boot", () => {
  it("panics", async () => {
    const image = tiny("Kernel panic - not syncing: VFS: Unable to mount root fs\r\n", "reset");

    expect(problems(await boot({ image }))).toEqual([
      "the kernel did not boot as far as the init program; its last words: Kernel panic - not syncing: VFS: Unable to mount root fs",
      "kernel: Kernel panic - not syncing: VFS: Unable to mount root fs",
    ]);
  });

  it("says nothing", async () => {
    expect(problems(await boot({ image: tiny("", "reset") }))).toEqual([
      "the kernel did not boot: it printed nothing",
    ]);
  });

  it("hangs, and is ended in time", async () => {
    const outcome = await boot({ image: tiny("hello\r\n", "hang"), timeoutSeconds: 4 });

    expect(outcome).toMatchObject({ outcome: "timeout" });
    expect("consoleTail" in outcome && outcome.consoleTail.at(-1)).toMatch(/hello$/);
  });

  it("floods the console, and is ended before its time", async () => {
    const outcome = await boot({ image: tiny(`${"x".repeat(70)}\r\n`, "again"), timeoutSeconds: 120 });

    expect(problems(outcome)).toContainEqual(
      "the console could not be searched for splats: the guest wrote more than 2 MiB and was ended",
    );
  });

  it("is no kernel at all", async () => {
    const image = join(directory, "text.image");
    writeFileSync(image, "#!/bin/sh\necho no kernel\n");

    expect(problems(await boot({ image }))[0]).toMatch(/^QEMU cannot load the image: /);
  });
});

describe("what is not the kernel's fault", () => {
  const reason = (outcome: VmOutcome) => ("reason" in outcome ? outcome.reason : outcome.outcome);

  it("an interruption leaves no process and no file", async () => {
    const image = tiny("hello\r\n", "hang");

    await expect(boot({ image }, AbortSignal.timeout(4_000))).rejects.toThrow(Interrupted);
  });

  it("QEMU that is not installed", async () => {
    const { PATH } = process.env;
    process.env["PATH"] = "/nonexistent";
    try {
      expect(reason(await boot())).toMatch(/^qemu-system-x86_64 is not installed\. /);
    } finally {
      process.env["PATH"] = PATH;
    }
  });

  it.each([
    {
      name: "a system without a machine",
      over: { system: "riscv64-linux" },
      expected: /^kernels for riscv64-linux cannot be booted/,
    },
    {
      name: "another architecture",
      over: { system: "aarch64-linux" },
      expected: /^qemu-system-aarch64 is not installed|cannot be booted on this machine/,
    },
    { name: "no image", over: { image: "/nonexistent" }, expected: /^\/nonexistent is not a file/ },
    {
      name: "a guest too small for its modules",
      over: { memoryMegabytes: 40 },
      expected: /need a guest with/,
    },
    {
      name: "an option with a space",
      over: { load: [{ module: "loop", options: { max_loop: "4 evil=1" } }] },
      expected: /^modprobe cannot be asked for/,
    },
    {
      name: "a module that is an option of modprobe",
      over: { load: [{ module: "--config=/x", options: {} }] },
      expected: /^modprobe cannot be asked for/,
    },
  ])("$name", async ({ over, expected }) => {
    expect(reason(await boot(over))).toMatch(expected);
  });
});

describe("the sandbox", () => {
  async function inside(...busyboxArguments: string[]) {
    const programs = await findPrograms("qemu-system-x86_64", never);
    const command = sandboxedQemu(
      { ...programs, qemu: { ...programs.qemu, ...programs.busybox, dataDirectories: [] } },
      { files: { "/vm/image": kernel.image }, kvm: false, memoryMegabytes: 64, cpuSeconds: 20 },
      busyboxArguments,
    );
    return (await runGuest(command, "n", 20_000, never)).log.lines;
  }

  it("holds nothing but what it was given", async () => {
    expect(await inside("ls", "-A", "/", "/vm", "/tmp")).toEqual(
      expect.arrayContaining(["dev", "tmp", "vm", "image"]),
    );
    const foreign = ["/etc", "/proc", "/sys", "/home", "/nix", "/root", "/dev/kvm", "/usr/share"];
    expect(await inside("ls", "-d", ...foreign)).toEqual([]);
  });

  it("can write nothing but its own temporary files", async () => {
    const tries = ["/x", "/vm/image", "/usr/x", "/tmp/x"].map((path) => `(: > ${path}) && echo ${path}`);

    expect(await inside("sh", "-c", tries.join("; "))).toEqual(["/tmp/x"]);
  });

  it("has an empty environment, no network and nobody's user id", async () => {
    const environment = await inside("env");
    const interfaces = (await inside("ifconfig", "-a")).filter((line) => /^\S/.test(line));

    // bubblewrap itself sets PWD, to where it was told to go.
    expect(environment).toEqual(["PWD=/"]);
    expect(interfaces.map((line) => line.split(" ")[0])).toEqual(["lo"]);
    expect(await inside("id", "-u")).toEqual(["65534"]);
  });
});
