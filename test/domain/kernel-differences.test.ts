import { describe, expect, it } from "vitest";
import { compareConfigs } from "../../src/domain/config-differences.ts";
import type { KernelFacts } from "../../src/domain/kernel-facts.ts";
import { compareModules } from "../../src/domain/module-differences.ts";
import { comparePassthru } from "../../src/domain/passthru-differences.ts";
import { kernelFacts, moduleFacts } from "./kernel-builders.ts";

const kernel = (more: Partial<KernelFacts>): KernelFacts => ({ ...kernelFacts("6.1", {}), ...more });

describe("modules", () => {
  it("are added, removed, or builtin", () => {
    const base = kernel({ modules: [moduleFacts("kernel/a.ko"), moduleFacts("kernel/b.ko")] });
    const head = kernel({ modules: [moduleFacts("kernel/c.ko")], builtin: ["b"] });

    const difference = compareModules(base, head);

    expect(difference).toMatchObject({ base: 2, head: 1, added: ["c"], removed: ["a"], builtin: ["b"] });
  });

  it("are the same when only their directory or the order differs", () => {
    const base = kernel({ modules: [moduleFacts("kernel/fs/a.ko"), moduleFacts("kernel/b.ko")] });
    const head = kernel({ modules: [moduleFacts("kernel/b.ko"), moduleFacts("kernel/fs/x/a.ko")] });

    expect(compareModules(base, head)).toMatchObject({ added: [], removed: [], recompressed: [] });
  });

  it("are recompressed", () => {
    const base = kernel({ modules: [moduleFacts("kernel/a.ko.xz", { compression: "xz" })] });
    const head = kernel({ modules: [moduleFacts("kernel/a.ko.zst", { compression: "zst" })] });

    expect(compareModules(base, head).recompressed).toEqual([{ name: "a", base: "xz", head: "zst" }]);
  });

  it.each([
    { base: ["max", "min"], head: ["min"], gone: [{ name: "a", parameters: ["max"] }] },
    { base: ["max"], head: ["max", "min"], gone: [] },
    { base: ["max"], head: undefined, gone: [] },
    { base: undefined, head: [], gone: [] },
  ])("lose parameters that both sides could be read for: $base -> $head", ({ base, head, gone }) => {
    const side = (parameters: string[] | undefined) =>
      kernel({ modules: [moduleFacts("kernel/a.ko", parameters === undefined ? {} : { parameters })] });

    expect(compareModules(side(base), side(head)).parametersRemoved).toEqual(gone);
  });

  it("are not all removed because a side was not built", () => {
    const base = kernel({ modules: [moduleFacts("kernel/a.ko")] });

    expect(compareModules(base, undefined)).toEqual({
      base: 1,
      head: null,
      added: [],
      removed: [],
      builtin: [],
      recompressed: [],
      parametersRemoved: [],
      tree: [],
    });
    expect(compareModules(undefined, base)).toMatchObject({ base: null, head: 1, added: [] });
  });

  it("are summed by directory, two levels below kernel/", () => {
    const paths = ["kernel/drivers/net/a/x.ko", "kernel/drivers/net/y.ko", "kernel/z.ko", "extra/zfs/w.ko"];

    const { tree } = compareModules(undefined, kernel({ modules: paths.map((path) => moduleFacts(path)) }));

    expect(tree).toEqual([
      { directory: ".", modules: 1, bytes: 100 },
      { directory: "drivers/net", modules: 2, bytes: 200 },
      { directory: "extra/zfs", modules: 1, bytes: 100 },
    ]);
  });
});

describe("configuration", () => {
  it.each([
    {
      base: { CONFIG_A: "y" },
      head: { CONFIG_A: "m" },
      changes: [{ option: "CONFIG_A", base: "y", head: "m" }],
    },
    { base: { CONFIG_A: "y" }, head: {}, changes: [{ option: "CONFIG_A", base: "y", head: null }] },
    { base: {}, head: { CONFIG_A: "y" }, changes: [{ option: "CONFIG_A", base: null, head: "y" }] },
    { base: { CONFIG_A: "y" }, head: { CONFIG_A: "y" }, changes: [] },
    { base: { CONFIG_GCC_VERSION: "1" }, head: { CONFIG_GCC_VERSION: "2" }, changes: [] },
    { base: { CONFIG_A: "y" }, head: undefined, changes: [] },
  ])("$base -> $head", ({ base, head, changes }) => {
    expect(compareConfigs(base, head)).toEqual(changes);
  });
});

describe("passthru", () => {
  it("appears, vanishes and changes type", () => {
    const base = { constructor: "lambda", features: "set", same: "string" };
    const head = { features: "lambda", same: "string", target: "string" };

    expect(comparePassthru(base, head)).toEqual([
      { name: "constructor", change: "removed", base: "lambda", head: null },
      { name: "features", change: "type", base: "set", head: "lambda" },
      { name: "target", change: "added", base: null, head: "string" },
    ]);
  });
});
