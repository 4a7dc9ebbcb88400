import { describe, expect, it } from "vitest";
import type { BuildOutcome } from "../../src/domain/build.ts";
import type { ConsumerContents } from "../../src/domain/consumer-contents.ts";
import { judgeConsumer } from "../../src/domain/judge-consumer.ts";
import { locateSuspect } from "../../src/domain/locate.ts";
import { findSuspects } from "../../src/domain/suspects.ts";
import { treeConsumers, treeLosses } from "../../src/domain/tree-consumers.ts";
import { baseView, change, headView, tree } from "./recorded-split.ts";

const search = {
  base: baseView,
  head: headView,
  kernels: [change],
  configured: [],
  excluded: new Set(["linux"]),
  limit: 100,
};
const { suspects } = findSuspects(search);
const find = (attr: string) => suspects.find((suspect) => suspect.attr.startsWith(attr));

const K = change.head.outputs["out"] ?? "";
const names = (count: number) => Array.from({ length: count }, (_, i) => `m${i}`);
const holding = (modules: number, more: Partial<ConsumerContents> = {}): ConsumerContents => ({
  path: "/nix/store/x",
  modules: names(modules),
  dangling: [],
  named: [],
  listing: [],
  narSize: 1,
  closureSize: 1,
  ...more,
});
const built = { status: "built", outputs: {}, seconds: 1 } as const;
const failed = (...logTail: string[]) =>
  ({ status: "failed", cause: "builder", logTail, seconds: 1 }) as const;
const side = (outcome: ConsumerContents | BuildOutcome) =>
  "path" in outcome ? { build: built, contents: [outcome] } : { build: outcome, contents: [] };

const judge = (
  attr: string,
  base: ConsumerContents | BuildOutcome,
  head: ConsumerContents | BuildOutcome,
) => {
  const suspect = find(attr);
  if (suspect === undefined) throw new Error(`${attr} is no suspect`);
  const place = locateSuspect(suspect, tree, headView.texts);
  return judgeConsumer({
    suspect,
    system: "x86_64-linux",
    base: side(base),
    head: side(head),
    kernels: [change.facts],
    kernelDrvs: new Set([change.base.drv, change.head.drv]),
    ...(place === undefined ? {} : { place }),
  });
};

const stage2 = (exists: boolean) => [{ path: `${K}/lib/modules`, inFile: ".", line: 3, exists }];
const lib = { listing: ["lib"] };

describe("what breaks when lib/modules moves from out to modules", () => {
  it.each([
    {
      attr: "consumers.R01",
      suspicion: "names-lost-path",
      paths: ["lib/modules"],
      base: holding(5),
      head: failed("Can not derive a closure of kernel modules because no modules were provided."),
      effect: "build",
      at: "kernel = linux;",
      advice: 'pass `lib.getOutput "modules" kernel` as `kernel`',
    },
    {
      attr: "consumers.R02",
      suspicion: "names-lost-path",
      paths: ["lib/modules"],
      base: holding(4),
      head: holding(0),
      effect: "empty",
      at: "kernel = linux;",
      advice: 'pass `lib.getOutput "modules" kernel` as `kernel`',
    },
    {
      attr: "consumers.R03",
      suspicion: "names-lost-path",
      paths: ["lib/modules"],
      base: holding(5),
      head: holding(0),
      effect: "empty",
      at: "kernel = pkgs.linux;",
      advice: 'pass `lib.getOutput "modules" kernel` as `kernel`',
    },
    {
      attr: "consumers.R04",
      suspicion: "uses-what-lost-something",
      paths: [],
      base: holding(1121),
      head: holding(0),
      effect: "empty",
      at: "(aggregateModules [ linux ])",
      advice: 'give `lib.getOutput "modules" kernel` in `paths`',
    },
    {
      attr: "consumers.R05",
      suspicion: "uses-what-lost-something",
      paths: [],
      base: holding(8),
      head: failed("modprobe: FATAL: Module zfs not found in directory /x", "make: *** [all] Error 1"),
      effect: "build",
      at: "kernel",
      advice: 'list both: `kernel` and `lib.getOutput "modules" kernel`',
    },
    {
      attr: "consumers.R06",
      suspicion: "embeds",
      paths: [],
      base: holding(8),
      head: failed("cp: cannot stat '/x/bzImage': No such file or directory"),
      effect: "build",
      at: "kernel",
      advice: 'list both: `kernel` and `lib.getOutput "modules" kernel`',
    },
    {
      attr: "consumers.R08",
      suspicion: "names-lost-path",
      paths: ["lib/modules"],
      base: holding(0, { named: stage2(true) }),
      head: holding(0, { named: stage2(false) }),
      effect: "boot",
      at: "export MODULE_DIR=${linux}/lib/modules/",
      advice: '`${lib.getOutput "modules" kernel}/lib/modules`',
    },
    {
      attr: "consumers.R09",
      suspicion: "names-lost-path",
      paths: ["lib"],
      base: holding(1121, lib),
      head: holding(0, { ...lib, dangling: [{ path: "lib", target: `${K}/lib` }] }),
      effect: "empty",
      at: "ln -s ${linux}/lib $out/lib",
      advice: '`${lib.getOutput "modules" kernel}/lib`',
    },
    {
      attr: "consumers.R10",
      suspicion: "names-lost-path",
      paths: ["lib/modules/<version>/kernel/drivers/watchdog/softdog.ko"],
      base: holding(0),
      head: failed("the kernel has no module /x"),
      effect: "build",
      at: 'module = lib.escapeShellArg "${linux}/lib/modules/',
      advice: '`${lib.getOutput "modules" kernel}/lib/modules/…`',
    },
    {
      attr: "consumers.R11",
      suspicion: "names-lost-path",
      paths: ["lib/modules/*/kernel/fs/fuse/*"],
      base: holding(3),
      head: failed("cp: cannot stat '/x/lib/modules/*': No such file or directory"),
      effect: "build",
      at: "cp ${linux}/lib/modules/*/kernel/fs/fuse/* $out/",
      advice: '`${lib.getOutput "modules" kernel}/lib/modules/…`',
    },
    {
      attr: "consumers.R12",
      suspicion: "names-lost-path",
      paths: ["lib/modules"],
      base: holding(24),
      head: holding(0),
      effect: "empty",
      at: 'find "$KERNEL/lib/modules"',
      advice: '`${lib.getOutput "modules" kernel}/lib/modules`',
    },
  ])("$attr: $effect", ({ attr, suspicion, paths, base, head, effect, at, advice }) => {
    expect(find(attr)?.suspicion).toBe(suspicion);

    const { result } = judge(attr, base, head);

    expect(result).toMatchObject({ comparison: "regressed", effect, paths });
    expect(result.silent).toBe(effect === "empty" || effect === "boot");
    expect(result.file).toContain(`pkgs/${attr.replace(".", "/")}`);
    const line = (tree.read(result.file ?? "") ?? "").split("\n")[(result.line ?? 0) - 1];
    expect(line).toContain(at);
    expect(result.advice).toContain(advice);
    expect(result.evidence).not.toEqual([]);
  });

  it("consumers.R07: eval, without building", () => {
    const suspect = find("consumers.R07");
    const nothing = { build: undefined, contents: [] };
    const place = locateSuspect(suspect as NonNullable<typeof suspect>, tree, headView.texts);

    const { result } = judgeConsumer({
      suspect: suspect as NonNullable<typeof suspect>,
      system: "x86_64-linux",
      base: nothing,
      head: nothing,
      kernels: [],
      kernelDrvs: new Set(),
    });

    expect(suspect?.suspicion).toBe("eval-error");
    expect(result).toMatchObject({
      comparison: "regressed",
      effect: "eval",
      silent: false,
      outputs: ["dev", "out"],
    });
    expect(result.advice).toContain("`kernel.target or …`");
    expect(place).toEqual({ file: "nixos/lib/make-disk-image.nix", line: 9 });
  });

  it("consumers.R13: boot, found by what a healthy tree lost", () => {
    const listing = ["init", "kernel", "kernel-modules", "kernel-modules/lib/modules"];
    const before = [...listing, "kernel-modules/System.map", "kernel-modules/bzImage"];
    const toplevel = judge("toplevel", holding(9, { listing: before }), holding(9, { listing }));

    const losses = treeLosses([toplevel]);
    const consumers = treeConsumers(losses, { ...headView, tree, system: "x86_64-linux" });

    expect(toplevel.result.comparison).toBe("same-pass");
    expect(losses.map(({ path }) => path)).toEqual(["kernel-modules/System.map", "kernel-modules/bzImage"]);
    expect(consumers).toMatchObject([
      {
        name: "consumers.R13-bootspec",
        kind: "derivation",
        comparison: "regressed",
        effect: "boot",
        silent: true,
        file: "pkgs/consumers/R13-bootspec/synthesize.py",
        line: 15,
      },
    ]);
    expect(consumers[0]?.advice).toContain("read `kernel` of the same tree");
  });

  it.each([
    { attr: "consumers.N01", suspicion: "witness", modules: 1 },
    { attr: "consumers.N02", suspicion: "selects-other-outputs", modules: 6 },
    { attr: "consumers.N03", suspicion: "selects-other-outputs", modules: 90 },
    { attr: "consumers.N04", suspicion: "embeds", modules: 1122 },
    { attr: "consumers.N05", suspicion: "witness", modules: 0 },
    { attr: "consumers.N08", suspicion: "witness", modules: 0 },
    { attr: "consumers.N09", suspicion: "embeds", modules: 4 },
    { attr: "modulesTree", suspicion: "selects-other-outputs", modules: 1122 },
    { attr: "toplevel", suspicion: "witness", modules: 1122 },
  ])("$attr is fine, with $modules modules on both sides", ({ attr, suspicion, modules }) => {
    expect(find(attr)?.suspicion).toBe(suspicion);

    const { result } = judge(attr, holding(modules), holding(modules));

    expect(result).toMatchObject({ comparison: "same-pass", effect: "none", paths: [], evidence: [] });
  });

  it.each(["consumers.N06", "consumers.N07", "consumers.N10", "linux_vendor", "linux"])(
    "%s is not looked at",
    (attr) => {
      expect(suspects.map((suspect) => suspect.attr)).not.toContainEqual(
        expect.stringMatching(`^${attr}(-|$)`),
      );
    },
  );
});

describe("what a tree lost is asked for", () => {
  const lost = (base: readonly string[], modules = 9) =>
    treeLosses([judge("toplevel", holding(9, { listing: base }), holding(modules))]).map(({ path }) => path);

  it.each([
    {
      form: "below a name of its own",
      listing: ["kernel-modules/bzImage"],
      expected: ["kernel-modules/bzImage"],
    },
    { form: "not at the top", listing: ["bzImage"], expected: [] },
    { form: "not below what every package has", listing: ["lib/x"], expected: [] },
    { form: "not below a version", listing: ["m/6.1.0-55-cloud-amd64/x"], expected: [] },
  ])("$form", ({ listing, expected }) => {
    expect(lost(listing)).toEqual(expected);
  });

  it("not when the tree is broken itself", () => {
    expect(lost(["kernel-modules/bzImage"], 0)).toEqual([]);
  });
});

describe("the limit", () => {
  it("leaves out the least suspected, and never those that need no building", () => {
    const { suspects: few, leftOut } = findSuspects({ ...search, limit: 2 });

    expect(few.map(({ suspicion }) => suspicion)).toEqual([
      "eval-error",
      "names-lost-path",
      "names-lost-path",
    ]);
    expect(few.length + leftOut.length).toBe(suspects.length);
    expect(leftOut.at(-1)?.suspicion).toBe("embeds");
  });
});
