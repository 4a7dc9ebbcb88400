import { expect, it } from "vitest";
import { adviceForModule } from "../../src/domain/advice.ts";
import { missingModule } from "../../src/domain/missing-module.ts";
import { describeMissing } from "../../src/domain/reference-words.ts";
import { kernelFacts, moduleFacts } from "./kernel-builders.ts";

const base = {
  ...kernelFacts("6.1", {}),
  modules: ["a", "dm_mod", "zfs"].map((name) => moduleFacts(`kernel/${name}.ko`)),
};
const head = { ...kernelFacts("6.1", {}), modules: [moduleFacts("kernel/a.ko")], builtin: ["zfs"] };
const found = (line: string) => missingModule([line], [{ base, head }]);

it.each([
  { line: "modprobe: FATAL: Module dm_mod not found", module: "dm_mod" },
  { line: "no file dm-mod.ko", module: "dm_mod" },
  { line: "Module a not found", module: undefined },
  { line: "Module other not found", module: undefined },
  { line: "xdm_mod is not it", module: undefined },
])("$line tells of $module", ({ line, module }) => {
  expect(found(line)?.module).toBe(module);
});

it("tells gone from builtin", () => {
  const gone = { module: "dm_mod", kernel: "linux", isBuiltin: false };
  const builtin = { module: "zfs", kernel: "linux", isBuiltin: true };

  expect(found("dm_mod")).toEqual(gone);
  expect(found("zfs")).toEqual(builtin);
  expect(describeMissing(gone)).toBe("needs the module `dm_mod`, which `linux` no longer has");
  expect(describeMissing(builtin)).toBe("needs the module `zfs`, which `linux` has in its image now");
  expect(adviceForModule(gone)).toContain("keep it in the kernel's configuration");
  expect(adviceForModule(builtin)).toContain("part of the image");
});
