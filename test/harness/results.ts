/**
 * Builders of check results: each takes what differs from an uneventful result, and five stories that every
 * rendering has a golden for.
 */
import type {
  CheckResult,
  ConsumerEffect,
  ConsumerResult,
  KernelResult,
  KernelSide,
  ModulesDifference,
  StageName,
  SystemRebuilds,
  VmResult,
} from "../../src/domain/check-result.ts";
import type { FindingKind } from "../../src/domain/findings.ts";
import { headline, type UnnamedResult } from "../../src/domain/headline.ts";

const BASE = "99ab12c04f1d6a7b83e25c9d0f4417a6be5d2380";
const HEAD = "3fa4c1d7708be92e51c6a0d4f3b8127ce96045aa";
const STAGES: readonly StageName[] = [
  "checkout",
  "plan",
  "evaluate",
  "rebuilds",
  "build",
  "sizes",
  "vm",
  "consumers",
  "report",
];

/** A path as Nix makes them; the same name gives the same path. */
export function storePath(name: string): string {
  const letter = (index: number) => "0123456789abcdfghijklmnpqrsvwxyz"[(name.length * 7 + index * 5) % 32];
  return `/nix/store/${Array.from({ length: 32 }, (_, index) => letter(index)).join("")}-${name}`;
}

export function stages(seconds: Partial<Record<StageName, number>> = {}): CheckResult["stages"] {
  return STAGES.map((stage) => ({ stage, status: "done", seconds: seconds[stage] ?? 0.2 }));
}

export function systemRebuilds(differing: Partial<SystemRebuilds> = {}): SystemRebuilds {
  return {
    status: "evaluated",
    evaluated: 412,
    attrs: 0,
    derivations: 0,
    added: [],
    removed: [],
    changed: [],
    broken: [],
    fixed: [],
    warnings: [],
    ...differing,
  };
}

/** Nothing differs; the headline is made from the rest unless given. */
export function checkResult(differing: Partial<CheckResult> = {}): CheckResult {
  const unnamed: UnnamedResult = {
    schema: 1,
    base: BASE,
    head: HEAD,
    verdict: "success",
    rebuilds: {
      systems: { "x86_64-linux": systemRebuilds() },
      os: { linux: 0, darwin: null },
      labels: ["10.rebuild-linux: 0"],
    },
    kernels: [],
    vm: [],
    consumers: [],
    findings: [],
    stages: stages(),
    ...differing,
  };
  return { ...unnamed, headline: differing.headline ?? headline(unnamed) };
}

/** `sizes`: output → bytes, number of files. */
export function builtSide(
  attr: string,
  sizes: Readonly<Record<string, readonly [narSize: number, files: number]>>,
): KernelSide {
  const outputs = Object.entries(sizes).map(([output, [narSize, files]]) => {
    const path = storePath(output === "out" ? attr : `${attr}-${output}`);
    return [output, { path, narSize, closureSize: narSize, files }] as const;
  });
  return { build: "built", outputs: Object.fromEntries(outputs) };
}

export function modulesDifference(differing: Partial<ModulesDifference> = {}): ModulesDifference {
  return {
    base: 1121,
    head: 1121,
    added: [],
    removed: [],
    builtin: [],
    recompressed: [],
    parametersRemoved: [],
    tree: [],
    ...differing,
  };
}

export function kernelResult(differing: Partial<KernelResult> = {}): KernelResult {
  const side = builtSide("linux", { out: [126_400_000, 1180], dev: [48_200_000, 9000] });
  return {
    attr: "linux",
    system: "x86_64-linux",
    comparison: "same-pass",
    base: side,
    head: side,
    layout: { lost: [], gained: [] },
    modules: modulesDifference(),
    config: [],
    passthru: [],
    ...differing,
  };
}

export function vmResult(differing: Partial<VmResult> = {}): VmResult {
  return {
    test: "modprobe",
    kernel: "linux",
    system: "x86_64-linux",
    comparison: "same-pass",
    accelerator: "tcg",
    base: { outcome: "passed", seconds: 14.2 },
    head: { outcome: "passed", seconds: 14.6 },
    details: [],
    ...differing,
  };
}

export function consumerResult(name: string, differing: Partial<ConsumerResult> = {}): ConsumerResult {
  return {
    name,
    kind: "derivation",
    system: "x86_64-linux",
    comparison: "same-pass",
    effect: "none",
    outputs: ["out"],
    paths: [],
    evidence: [],
    silent: false,
    aliases: [],
    ...differing,
  };
}

function broken(
  name: string,
  effect: ConsumerEffect,
  line: number,
  differing: Partial<ConsumerResult>,
): ConsumerResult {
  return consumerResult(`consumers.${name}`, {
    comparison: "regressed",
    effect,
    paths: ["lib/modules"],
    file: `pkgs/consumers/${name}.nix`,
    line,
    silent: effect === "empty" || effect === "boot",
    ...differing,
  });
}

const MODULES_ADVICE = '`lib.getOutput "modules" kernel`';

const BROKEN: readonly ConsumerResult[] = [
  broken("R01-modules-closure", "build", 9, {
    reference: "`makeModulesClosure` reads `$kernel/lib/modules`, now in output `modules`",
    evidence: ["modprobe: FATAL: Module ext4 not found in directory /nix/store/…-linux/lib/modules"],
    advice: `pass ${MODULES_ADVICE}`,
  }),
  broken("R02-modules-closure-allow-missing", "empty", 11, {
    reference: "`makeModulesClosure` reads `$kernel/lib/modules`, now in output `modules`",
    evidence: ["17 → 0 modules"],
    modules: { base: 17, head: 0 },
    advice: `pass ${MODULES_ADVICE}; consider failing on an empty closure`,
  }),
  broken("R03-overlay-allow-missing", "empty", 14, {
    reference: "through the inner derivation `linux-modules-shrunk`, which reads `$kernel/lib/modules`",
    evidence: ["initrd.cpio.gz: 17 → 0 modules"],
    modules: { base: 17, head: 0 },
    advice: `pass ${MODULES_ADVICE}`,
    aliases: ["initrdAllowMissing"],
  }),
  broken("R04-aggregate-modules", "empty", 6, {
    reference: "`aggregateModules` takes the default output; `lib/modules` is now in `modules`",
    evidence: ["No modules found."],
    modules: { base: 1121, head: 0 },
    advice: "list `kernel.modules or kernel` beside the others",
  }),
  broken("R05-zfs-image", "build", 18, {
    evidence: ["modprobe: FATAL: Module 9p not found"],
    reference: "`aggregateModules [ kernel zfs ]` no longer holds the kernel's own modules",
    advice: "list `kernel`, `kernel.modules` and `zfs`",
  }),
  broken("R06-zfs-image-modules", "build", 18, {
    paths: ["bzImage"],
    evidence: ["cp: cannot stat '/nix/store/…-kernel-modules/bzImage': No such file or directory"],
    reference: "the image builder takes image and modules from one argument",
    advice: "list `kernel` beside `kernel.modules`",
  }),
  broken("R07-disk-image-target", "eval", 22, {
    paths: [],
    evidence: ["error: attribute 'target' missing"],
    reference: "the image builder reads `kernel.target`, which an aggregate does not have",
    advice: "pass the kernel itself and its modules as two arguments",
  }),
  broken("R08-stage2-script", "boot", 7, {
    evidence: ["names /nix/store/…-linux/lib/modules/, which exists at base only"],
    reference: `\`MODULE_DIR=\${kernel}/lib/modules/\``,
    advice: `\`\${lib.getOutput "modules" kernel}/lib/modules/\``,
  }),
  broken("R09-sysroot", "empty", 5, {
    paths: ["lib"],
    evidence: ["dangling link: lib → /nix/store/…-linux/lib"],
    modules: { base: 1121, head: 0 },
    reference: `\`ln -s \${kernel}/lib $out/lib\``,
    advice: `\`ln -s \${kernel.modules}/lib $out/lib\``,
  }),
  broken("R10-module-file-check", "build", 8, {
    evidence: ["builder failed with exit code 1"],
    reference: `\`test -f \${kernel}/lib/modules/…\``,
    advice: `\`\${kernel.modules}/lib/modules\``,
  }),
  broken("R11-module-glob", "build", 6, {
    evidence: ["cp: cannot stat '/nix/store/…-linux/lib/modules/*/kernel/fs/9p/*'"],
    reference: `\`cp \${kernel}/lib/modules/*/kernel/fs/9p/*\``,
    advice: `\`\${kernel.modules}/lib/modules\``,
  }),
  broken("R12-find-or-true", "empty", 9, {
    evidence: ["4 → 0 modules"],
    modules: { base: 4, head: 0 },
    reference: '`find "$KERNEL/lib/modules" … || true`',
    advice: `\`KERNEL=\${kernel.modules}\``,
  }),
  broken("R13-bootspec", "boot", 31, {
    file: "pkgs/consumers/R13-bootspec.py",
    paths: ["kernel-modules/bzImage"],
    evidence: ['31: image = os.path.join(generation, "kernel-modules", "bzImage")'],
    reference: "reads `$toplevel/kernel-modules/bzImage`, which `toplevel` no longer has",
    advice: "read `$toplevel/kernel`",
  }),
];

const UNAFFECTED: readonly ConsumerResult[] = [
  "N01-kdir-dev",
  "N02-modules-or",
  "N03-get-output",
  "N04-modules-tree",
  "N05-bzimage",
  "N07-vendor-kernel",
  "N09-option-path",
  "N10-monolithic",
].map((name) => consumerResult(`consumers.${name}`));

const EFFECT_FINDINGS: Readonly<Record<ConsumerEffect, FindingKind | undefined>> = {
  build: "consumer-build",
  empty: "consumer-empty",
  eval: "consumer-eval",
  boot: "consumer-boot",
  size: "consumer-size",
  none: undefined,
};

function findingsOf(consumers: readonly ConsumerResult[]): CheckResult["findings"] {
  return consumers.flatMap((consumer) => {
    const kind = EFFECT_FINDINGS[consumer.effect];
    const message = consumer.reference ?? "";
    return kind === undefined
      ? []
      : [{ kind, severity: "failure" as const, subject: consumer.name, message }];
  });
}

const TREE: ModulesDifference["tree"] = [
  ["arch/x86", 31, 1_214_000],
  ["block", 4, 61_000],
  ["crypto", 71, 1_702_000],
  ["drivers/ata", 9, 402_000],
  ["drivers/block", 14, 1_180_000],
  ["drivers/gpu", 12, 3_981_000],
  ["drivers/hv", 4, 390_000],
  ["drivers/infiniband", 38, 9_214_000],
  ["drivers/md", 34, 3_020_000],
  ["drivers/net", 171, 17_340_000],
  ["drivers/nvme", 9, 812_000],
  ["drivers/scsi", 44, 4_470_000],
  ["drivers/target", 12, 2_115_000],
  ["drivers/virtio", 8, 260_000],
  ["fs/btrfs", 1, 4_110_000],
  ["fs/ceph", 1, 1_190_000],
  ["fs/ext4", 1, 1_920_000],
  ["fs/nfs", 9, 3_310_000],
  ["fs/smb", 4, 3_020_000],
  ["fs/xfs", 1, 4_270_000],
  ["lib", 39, 1_104_000],
  ["mm", 2, 102_000],
  ["net/bluetooth", 6, 1_480_000],
  ["net/ceph", 1, 1_010_000],
  ["net/ipv4", 49, 1_330_000],
  ["net/ipv6", 36, 1_012_000],
  ["net/mac80211", 1, 2_701_000],
  ["net/netfilter", 190, 6_240_000],
  ["net/openvswitch", 6, 620_000],
  ["net/sched", 68, 2_203_000],
  ["net/sctp", 2, 1_190_000],
  ["net/sunrpc", 4, 2_010_000],
  ["sound/core", 9, 870_000],
  ["virt/lib", 1, 14_000],
].map(([directory, modules, bytes]) => ({
  directory: String(directory),
  modules: Number(modules),
  bytes: Number(bytes),
}));

const SPLIT = {
  layout: {
    lost: [{ output: "out", path: "lib/modules", movedTo: "modules", files: 1138 }],
    gained: [{ output: "modules", path: "lib/modules", files: 1138 }],
  },
  passthru: [{ name: "modules", change: "added", base: null, head: "set" }],
} as const;

/** NixOS/nixpkgs #423933 on the kernel package set: every consumer that should regress does, and no other. */
export function foundingCase(): CheckResult {
  const changed = ["initrd", "linux", "linux_tiny", "linuxPackages.zfs", "modulesTree", "toplevel"];
  const consumers = [...BROKEN, ...UNAFFECTED];
  return checkResult({
    verdict: "failure",
    rebuilds: {
      systems: {
        "x86_64-linux": systemRebuilds({
          attrs: 43,
          derivations: 41,
          added: ["linux.modules"],
          changed: [...changed, ...consumers.map((consumer) => consumer.name)].sort(),
          broken: [{ attr: "consumers.R07-disk-image-target", error: "attribute 'target' missing" }],
        }),
      },
      os: { linux: 43, darwin: null },
      labels: ["10.rebuild-linux: 11-100", "10.rebuild-nixos-tests"],
    },
    kernels: [
      kernelResult({
        ...SPLIT,
        base: builtSide("linux", { out: [126_400_000, 1180], dev: [48_200_000, 9000] }),
        head: builtSide("linux", {
          out: [14_100_000, 42],
          dev: [48_200_000, 9000],
          modules: [112_300_000, 1138],
        }),
        modules: modulesDifference({ tree: TREE }),
      }),
      kernelResult({
        ...SPLIT,
        attr: "linux_tiny",
        base: builtSide("linux_tiny", { out: [7_900_000, 64], dev: [31_000_000, 7100] }),
        head: builtSide("linux_tiny", {
          out: [5_300_000, 24],
          dev: [31_000_000, 7100],
          modules: [2_600_000, 40],
        }),
        modules: modulesDifference({
          base: 27,
          head: 27,
          tree: [
            { directory: "crypto", modules: 3, bytes: 41_000 },
            { directory: "drivers/block", modules: 2, bytes: 71_000 },
            { directory: "drivers/net", modules: 4, bytes: 160_000 },
            { directory: "fs/9p", modules: 1, bytes: 90_000 },
            { directory: "fs/ext4", modules: 1, bytes: 810_000 },
            { directory: "lib", modules: 3, bytes: 20_000 },
            { directory: "net/9p", modules: 2, bytes: 96_000 },
            { directory: "net/ipv4", modules: 11, bytes: 150_000 },
          ],
        }),
      }),
    ],
    vm: [
      vmResult(),
      vmResult({ kernel: "linux_tiny", head: { outcome: "passed", seconds: 9.1 } }),
      vmResult({
        test: "nixosTests.systemd-initrd-modprobe",
        kernel: null,
        accelerator: null,
        base: { outcome: "passed", seconds: 22 },
        head: { outcome: "passed", seconds: 23.4 },
      }),
    ],
    consumers,
    findings: [
      ...findingsOf(consumers),
      {
        kind: "layout-lost",
        severity: "notice",
        subject: "linux",
        message: "`lib/modules` left `out`; it is now in `modules`",
      },
    ],
    stages: stages({ evaluate: 6.1, build: 48, sizes: 3, vm: 42.4, consumers: 63 }),
  });
}

/** A comment in a recipe changed. */
export function nothingToSay(): CheckResult {
  const reason = "no kernel derivation differs between base and head";
  const skipped = new Set<StageName>(["build", "sizes", "vm", "consumers"]);
  return checkResult({
    stages: stages().map((stage) =>
      skipped.has(stage.stage) ? { ...stage, status: "skipped", reason, seconds: 0 } : stage,
    ),
  });
}

/** The machine's trouble in every form: nothing here is the pull request's. */
export function notRun(): CheckResult {
  const reason = "the disk of the build store is full (0 B left); free some space and check again";
  const failed = new Map<StageName, string>([
    ["build", reason],
    ["vm", "QEMU is not installed: `qemu-system-x86_64` is not on PATH"],
  ]);
  const side: KernelSide = { build: "not-run", reason, outputs: {} };
  return checkResult({
    verdict: "neutral",
    rebuilds: {
      systems: {
        "aarch64-linux": systemRebuilds({
          status: "not-run",
          reason: "the evaluator ran out of memory 3 times (limit 4 GB)",
          evaluated: null,
          attrs: null,
          derivations: null,
        }),
        "x86_64-linux": systemRebuilds({ attrs: 43, derivations: 41, changed: ["linux"] }),
      },
      os: { linux: 43, darwin: null },
      labels: [],
    },
    kernels: [
      kernelResult({
        comparison: "not-run",
        base: builtSide("linux", { out: [126_400_000, 1180] }),
        head: side,
        modules: modulesDifference({ head: null }),
      }),
    ],
    vm: [
      vmResult({
        comparison: "not-run",
        accelerator: null,
        base: { outcome: "not-run", seconds: 0, reason: "QEMU is not installed" },
        head: { outcome: "not-run", seconds: 0, reason: "QEMU is not installed" },
      }),
    ],
    consumers: [
      consumerResult("consumers.R01-modules-closure", { comparison: "not-run", reason }),
      consumerResult("consumers.N05-bzimage"),
    ],
    stages: stages().map((stage) => {
      const why = failed.get(stage.stage);
      return why === undefined ? stage : { ...stage, status: "not-run", reason: why };
    }),
  });
}

/** An update of the kernel: nothing breaks, some things want a look. */
export function versionBump(): CheckResult {
  return checkResult({
    rebuilds: {
      systems: {
        "x86_64-linux": systemRebuilds({
          attrs: 43,
          derivations: 41,
          changed: ["linux", "linuxPackages.zfs", "toplevel"],
          fixed: ["linuxPackages.tinyhello"],
        }),
      },
      os: { linux: 43, darwin: null },
      labels: ["10.rebuild-linux: 11-100"],
    },
    kernels: [
      kernelResult({
        aliases: ["linux_6_12"],
        head: builtSide("linux", { out: [126_900_000, 1182], dev: [48_200_000, 9001] }),
        layout: {
          lost: [{ output: "out", path: "lib/modules/<version>/kernel/fs/reiserfs", files: 1 }],
          gained: [{ output: "out", path: "lib/modules/<version>/kernel/fs/bcachefs", files: 1 }],
        },
        modules: modulesDifference({
          head: 1122,
          added: ["bcachefs", "dm_vdo"],
          removed: ["reiserfs"],
          builtin: ["tcp_cubic"],
          recompressed: [{ name: "loop", base: "xz", head: "zst" }],
          parametersRemoved: [{ name: "nvme", parameters: ["use_threaded_interrupts"] }],
          tree: TREE,
        }),
        config: [
          { option: "CONFIG_REISERFS_FS", base: "m", head: null },
          { option: "CONFIG_TCP_CONG_CUBIC", base: "m", head: "y" },
        ],
        passthru: [{ name: "features", change: "type", base: "set", head: "lambda" }],
      }),
    ],
    kernelsNotBuilt: ["linux_xanmod", "linux_rt_6_6"].map((attr) => ({
      attr,
      system: "x86_64-linux",
      reason: "over the limit of 1 kernel (configuration: limits.kernels)",
    })),
    vm: [vmResult()],
    consumers: [
      ...UNAFFECTED,
      consumerResult("initrd", {
        comparison: "regressed",
        effect: "size",
        evidence: ["31.0 → 58.4 MB"],
      }),
    ],
    findings: [
      {
        kind: "module-removed",
        severity: "warning",
        subject: "reiserfs",
        message: "module of `linux` that is neither a module nor builtin any more",
      },
      {
        kind: "consumer-size",
        severity: "warning",
        subject: "initrd",
        file: "pkgs/top-level/all-packages.nix",
        line: 88,
        message: "closure grew from 31.0 to 58.4 MB",
      },
    ],
    stages: stages({ evaluate: 5, build: 120, vm: 30 }),
  });
}

/** Everything a pull request can put into a report, doing its worst. */
export const HOSTILE =
  "@octocat #123 GH-7 [x](https://evil.example) ![i](https://evil.example/i.png) <img src=x onerror=alert(1)> " +
  "<!-- </details> --> `a` ``b`` | c | \u001b[31mred\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 " +
  "\u202egnp.exe\u2069 https://evil.example www.evil.example a@evil.example $x^2$ **bold** _it_ ~~s~~ :tada: " +
  "&lt;b&gt; \\| \r\n\n# heading\n- item\n```\n</details></code></pre><script>alert(1)</script>\n```\u0000\u0007";

/** `foundingCase` with every string that a pull request influences replaced. */
export function hostile(): CheckResult {
  const side: KernelSide = {
    build: "failed",
    reason: HOSTILE,
    outputs: { [HOSTILE]: { path: HOSTILE, narSize: 1, closureSize: 2, files: 3 } },
    logTail: HOSTILE.split("\n"),
  };
  const built: KernelSide = { ...side, build: "built" };
  return checkResult({
    verdict: "failure",
    rebuilds: {
      systems: {
        "x86_64-linux": systemRebuilds({
          attrs: 1,
          derivations: 1,
          added: [HOSTILE],
          removed: [HOSTILE],
          changed: [HOSTILE],
          broken: [{ attr: HOSTILE, error: HOSTILE }],
          fixed: [HOSTILE],
          warnings: [HOSTILE],
        }),
      },
      os: { linux: 1, darwin: null },
      labels: [HOSTILE],
    },
    kernels: [
      kernelResult({
        attr: HOSTILE,
        aliases: [HOSTILE],
        comparison: "regressed",
        base: built,
        head: side,
        layout: {
          lost: [{ output: HOSTILE, path: HOSTILE, movedTo: HOSTILE, files: 1 }],
          gained: [{ output: HOSTILE, path: "x", files: 1 }],
        },
        modules: modulesDifference({
          added: [HOSTILE],
          removed: [HOSTILE],
          builtin: [HOSTILE],
          recompressed: [{ name: HOSTILE, base: "xz", head: "zst" }],
          parametersRemoved: [{ name: HOSTILE, parameters: [HOSTILE] }],
          tree: [{ directory: HOSTILE, modules: 1, bytes: 10 }],
        }),
        config: [{ option: HOSTILE, base: HOSTILE, head: HOSTILE }],
        passthru: [{ name: HOSTILE, change: "type", base: HOSTILE, head: HOSTILE }],
      }),
    ],
    kernelsNotBuilt: [{ attr: HOSTILE, system: "x86_64-linux", reason: HOSTILE }],
    vm: [
      vmResult({
        test: HOSTILE,
        kernel: HOSTILE,
        comparison: "regressed",
        head: { outcome: "failed", seconds: 1, reason: HOSTILE },
        details: [HOSTILE],
      }),
    ],
    consumers: [
      consumerResult(HOSTILE, {
        comparison: "regressed",
        effect: "empty",
        silent: true,
        paths: [HOSTILE],
        file: HOSTILE,
        line: 1,
        reference: HOSTILE,
        evidence: [HOSTILE],
        advice: HOSTILE,
        aliases: [HOSTILE],
      }),
      consumerResult(HOSTILE, { comparison: "not-run", reason: HOSTILE }),
    ],
    findings: [
      {
        kind: "closure-leak",
        severity: "failure",
        subject: HOSTILE,
        file: HOSTILE,
        line: 1,
        message: HOSTILE,
      },
    ],
    stages: stages().map((stage) =>
      stage.stage === "vm" ? { ...stage, status: "not-run", reason: HOSTILE } : stage,
    ),
  });
}

export const STORIES = {
  "founding-case": foundingCase,
  "nothing-to-say": nothingToSay,
  "not-run": notRun,
  "version-bump": versionBump,
  hostile,
} as const;
