import { expect, it } from "vitest";
import { adviceFor, adviceForBoth, adviceForError } from "../../src/domain/advice.ts";
import type { ConsumerReference } from "../../src/domain/consumer-references.ts";
import { describeReference } from "../../src/domain/reference-words.ts";

const reference = (more: Partial<ConsumerReference>): ConsumerReference => ({
  output: "out",
  suffix: "",
  path: "lib/modules",
  place: "script",
  status: "lost",
  name: "buildCommand",
  kernel: "linux",
  movedTo: "modules",
  derivation: { drv: "/nix/store/a.drv", name: "a" },
  ...more,
});

const { movedTo: _, ...gone } = reference({});

it.each([
  { what: reference({}), advice: '`${lib.getOutput "modules" kernel}/lib/modules`' },
  { what: reference({ path: "dtbs", movedTo: "dtbs" }), advice: '`${lib.getOutput "dtbs" kernel}/dtbs`' },
  {
    what: reference({ path: "lib/modules/<version>/kernel/fs/x.ko" }),
    advice: '`${lib.getOutput "modules" kernel}/lib/modules/…`',
  },
  {
    what: reference({ variable: "kernel", name: "/nix/store/x-builder.sh" }),
    advice: 'pass `lib.getOutput "modules" kernel` as `kernel`',
  },
  {
    what: reference({ path: "", place: "attribute", name: "paths.0", status: "opaque" }),
    advice: 'list both: `kernel` and `lib.getOutput "modules" kernel`',
  },
  {
    what: reference({ path: "", place: "input", status: "opaque" }),
    advice: '`${lib.getOutput "modules" kernel}` for what was below `out` before',
  },
  { what: { ...gone, path: "", status: "present" } as const, advice: undefined },
])("$what.path of $what.place: $advice", ({ what, advice }) => {
  expect(adviceFor(what)).toBe(advice);
});

it("says so when a path is nowhere", () => {
  expect(adviceFor(gone)).toBe("`lib/modules` is in no output of the kernel any more; it was in `out`");
  expect(adviceFor({ ...gone, path: "lib/modules/6.1.0-48/x" })).toContain("`kernel.modDirVersion`");
  expect(describeReference(gone, true)).toBe("names `lib/modules` of `out` of `linux`, which is gone");
});

it("lists both where one argument has to hold both", () => {
  expect(adviceForBoth(["modules"])).toBe('list both: `kernel` and `lib.getOutput "modules" kernel`');
});

it.each([
  { error: "error: attribute 'target' missing", advice: "read `target` only where it exists" },
  { error: "error: something else", advice: undefined },
])("$error", ({ error, advice }) => {
  if (advice === undefined) expect(adviceForError(error)).toBeUndefined();
  else expect(adviceForError(error)).toContain(advice);
});
