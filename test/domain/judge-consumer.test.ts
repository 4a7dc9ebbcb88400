import { describe, expect, it } from "vitest";
import type { BuildOutcome } from "../../src/domain/build.ts";
import type { ConsumerContents } from "../../src/domain/consumer-contents.ts";
import type { AttrResult } from "../../src/domain/evaluation.ts";
import { judgeConsumer, unjudgedConsumer } from "../../src/domain/judge-consumer.ts";
import type { KernelFacts } from "../../src/domain/kernel-facts.ts";
import type { Suspect } from "../../src/domain/suspect.ts";
import { tellingLine } from "../../src/domain/telling-line.ts";
import { BASE_VERSION, HEAD_VERSION, kernelFacts, moduleFacts } from "./kernel-builders.ts";

const evaluated: AttrResult = {
  ok: true,
  drv: "/nix/store/a.drv",
  outputs: {},
  name: "a",
  system: "x86_64-linux",
};
const throws: AttrResult = { ok: false, error: "error: no", cause: "throw" };

const suspect = (more: Partial<Suspect> = {}): Suspect => ({
  attr: "a",
  aliases: [],
  base: evaluated,
  head: evaluated,
  suspicion: "witness",
  distance: 0,
  references: [],
  outputs: ["out"],
  ...more,
});
const contents = (more: Partial<ConsumerContents> = {}): ConsumerContents => ({
  path: "/nix/store/x",
  modules: [],
  dangling: [],
  named: [],
  listing: [],
  narSize: 1,
  closureSize: 1,
  ...more,
});
const built: BuildOutcome = { status: "built", outputs: {}, seconds: 1 };
const failed = (more: object = {}): BuildOutcome => ({
  status: "failed",
  cause: "builder",
  logTail: ["error: no"],
  seconds: 1,
  ...more,
});
const flaky: BuildOutcome = { status: "flaky", logTail: [], seconds: 1 };
const notRun: BuildOutcome = { status: "not-run", reason: "no room" };

const kernels = (base: Partial<KernelFacts> = {}, head: Partial<KernelFacts> = {}) => [
  {
    base: { ...kernelFacts(BASE_VERSION, {}), ...base },
    head: { ...kernelFacts(HEAD_VERSION, {}), ...head },
  },
];

function judge(
  base: BuildOutcome | undefined,
  head: BuildOutcome | undefined,
  inside: { base?: ConsumerContents; head?: ConsumerContents } = {},
  more: { suspect?: Partial<Suspect>; kernels?: ReturnType<typeof kernels> } = {},
) {
  return judgeConsumer({
    suspect: suspect(more.suspect),
    system: "x86_64-linux",
    base: { build: base, contents: base === built ? [inside.base ?? contents()] : [] },
    head: { build: head, contents: head === built ? [inside.head ?? contents()] : [] },
    kernels: more.kernels ?? kernels(),
    kernelDrvs: new Set(["/nix/store/linux.drv"]),
  }).result;
}

describe("by exit", () => {
  it.each([
    { base: built, head: built, comparison: "same-pass", effect: "none" },
    { base: built, head: failed(), comparison: "regressed", effect: "build" },
    { base: failed(), head: failed(), comparison: "same-fail", effect: "none" },
    { base: failed(), head: built, comparison: "fixed", effect: "none" },
    { base: flaky, head: built, comparison: "flaky", effect: "none" },
    { base: built, head: flaky, comparison: "flaky", effect: "none" },
    { base: notRun, head: built, comparison: "not-run", effect: "none" },
    { base: built, head: notRun, comparison: "not-run", effect: "none" },
    { base: built, head: failed({ cause: "timeout" }), comparison: "not-run", effect: "none" },
    {
      base: built,
      head: failed({ failedDrv: "/nix/store/linux.drv" }),
      comparison: "not-run",
      effect: "none",
    },
    {
      base: built,
      head: failed({ failedDrv: "/nix/store/x.drv" }),
      comparison: "regressed",
      effect: "build",
    },
  ])("$base.status -> $head.status is $comparison", ({ base, head, comparison, effect }) => {
    const result = judge(base, head);

    expect(result).toMatchObject({ comparison, effect, silent: false });
    expect(result.reason === undefined).toBe(comparison !== "not-run");
  });

  it.each([
    { base: evaluated, head: throws, comparison: "regressed", effect: "eval" },
    { base: throws, head: throws, comparison: "same-fail", effect: "none" },
    { base: throws, head: evaluated, comparison: "fixed", effect: "none" },
    { base: undefined, head: evaluated, comparison: "new", effect: "none" },
    { base: evaluated, head: undefined, comparison: "removed", effect: "none" },
  ])("evaluation: $comparison", ({ base, head, comparison, effect }) => {
    const build = (result: AttrResult | undefined) => (result?.ok ? built : undefined);

    const result = judge(build(base), build(head), {}, { suspect: { base, head } });

    expect(result).toMatchObject({ comparison, effect });
  });

  it("says what fails when it is something inside", () => {
    const failedDrv = "/nix/store/00000000000000000000000000000000-modules-shrunk.drv";

    expect(judge(built, failed({ failedDrv })).evidence).toEqual([
      "error: no",
      "what fails is modules-shrunk",
    ]);
  });

  it("says why one over the limit was not run", () => {
    expect(unjudgedConsumer(suspect(), "x86_64-linux", "over the limit")).toMatchObject({
      comparison: "not-run",
      reason: "over the limit",
      modules: { base: null, head: null },
    });
  });
});

describe("by contents", () => {
  it.each([
    { base: ["a", "b"], head: ["a", "b"], effect: "none", evidence: [] },
    { base: ["a"], head: ["a", "b"], effect: "none", evidence: [] },
    { base: ["a", "b"], head: [], effect: "empty", evidence: ["2 → 0 modules"] },
    { base: ["a", "b"], head: ["b"], effect: "empty", evidence: ["2 → 1 modules", "no longer inside: a"] },
    { base: ["a"], head: ["b"], effect: "empty", evidence: ["1 → 1 modules", "no longer inside: a"] },
    {
      base: ["a", "b", "c", "d", "e", "f", "g"],
      head: ["g"],
      effect: "empty",
      evidence: ["7 → 1 modules", "no longer inside: a, b, c, d, e and 1 more"],
    },
  ])("modules $base -> $head: $effect", ({ base, head, effect, evidence }) => {
    const result = judge(built, built, {
      base: contents({ modules: base }),
      head: contents({ modules: head }),
    });

    expect(result).toMatchObject({ effect, evidence, modules: { base: base.length, head: head.length } });
  });

  it.each([
    { what: "builtin now", head: { builtin: ["a"] }, inside: ["a"], effect: "none" },
    { what: "gone from the kernel, out of a whole tree", head: {}, inside: ["a", "b"], effect: "none" },
    { what: "gone from the kernel, out of a selection", head: {}, inside: ["a"], effect: "empty" },
  ])("a module that is $what: $effect", ({ head, inside, effect }) => {
    const modules = [moduleFacts("kernel/a.ko"), moduleFacts("kernel/b.ko")];
    const left = inside.filter((name) => name !== "a");

    const result = judge(
      built,
      built,
      { base: contents({ modules: inside }), head: contents({ modules: left }) },
      { kernels: kernels({ modules }, { modules: modules.slice(1), ...head }) },
    );

    expect(result.effect).toBe(effect);
  });

  it.each([
    { what: "that worked", base: { listing: ["lib"] }, effect: "boot" },
    {
      what: "that dangled before",
      base: { listing: ["lib"], dangling: [{ path: "lib", target: "/x" }] },
      effect: "none",
    },
    { what: "that is new", base: {}, effect: "none" },
  ])("a dangling link $what: $effect", ({ base, effect }) => {
    const head = contents({ listing: ["lib"], dangling: [{ path: "lib", target: "/nix/store/k/lib" }] });

    expect(judge(built, built, { base: contents(base), head })).toMatchObject({
      effect,
      silent: effect === "boot",
    });
  });

  const named = (hash: string, below: string, exists: boolean) => ({
    named: [{ path: `/nix/store/${hash}-linux${below}`, inFile: "bin/x", line: 1, exists }],
  });
  it.each([
    {
      what: "there at base",
      base: named("b", "/lib", true),
      head: named("h", "/lib", false),
      effect: "boot",
    },
    { what: "never there", base: named("b", "/lib", false), head: named("h", "/lib", false), effect: "none" },
    { what: "still there", base: named("b", "/lib", true), head: named("h", "/lib", true), effect: "none" },
    { what: "new", base: named("b", "/lib", true), head: named("h", "/etc", false), effect: "none" },
    {
      what: "there at base under its version",
      base: named("b", `/lib/modules/${BASE_VERSION}`, true),
      head: named("h", `/lib/modules/${HEAD_VERSION}`, false),
      effect: "boot",
    },
  ])("a named path that was $what: $effect", ({ base, head, effect }) => {
    expect(judge(built, built, { base: contents(base), head: contents(head) }).effect).toBe(effect);
  });

  it.each([
    { base: 100e6, head: 110e6, effect: "none" },
    { base: 100e6, head: 111e6, effect: "size" },
    { base: 10e6, head: 20e6, effect: "none" },
    { base: 10e6, head: 20.1e6, effect: "size" },
    { base: 111e6, head: 10e6, effect: "none" },
  ])("a closure of $base -> $head bytes: $effect", ({ base, head, effect }) => {
    const inside = { base: contents({ closureSize: base }), head: contents({ closureSize: head }) };

    expect(judge(built, built, inside)).toMatchObject({ effect, silent: false });
  });

  it("are not compared when they could not be read completely", () => {
    const inside = { base: contents({ modules: ["a"] }), head: contents({ incomplete: "damaged" }) };

    const result = judge(built, built, inside);

    expect(result).toMatchObject({
      comparison: "not-run",
      effect: "none",
      modules: { base: null, head: null },
    });
    expect(result.reason).toContain("damaged");
  });
});

describe("by what texts say", () => {
  const reference = (place: "text" | "script", status: "lost" | "present") => ({
    references: [
      {
        output: "out",
        suffix: "lib/modules",
        path: "lib/modules",
        movedTo: "modules",
        place,
        status,
        name: "text",
        line: 2,
        text: "ls /k/lib/modules",
        kernel: "linux",
        derivation: { drv: "/nix/store/t.drv", name: "init" },
      },
    ],
  });

  it.each([
    { place: "text", status: "lost", effect: "boot", evidence: ["init:2: ls /k/lib/modules"] },
    { place: "text", status: "present", effect: "none", evidence: [] },
    { place: "script", status: "lost", effect: "none", evidence: [] },
  ] as const)("a $place that names a $status path: $effect", ({ place, status, effect, evidence }) => {
    expect(judge(built, built, {}, { suspect: reference(place, status) })).toMatchObject({
      effect,
      evidence,
    });
  });

  it("names the derivation inside that has the reference", () => {
    expect(judge(built, failed(), {}, { suspect: reference("script", "lost") }).reference).toBe(
      "names `lib/modules` of `out` of `linux` (in `init`), which moved to `modules`",
    );
  });
});

it.each([
  { lines: ["cp: cannot stat 'x'", "make: *** [all] Error 1"], told: "cp: cannot stat 'x'" },
  { lines: ["all is well", "make: *** [all] Error 1"], told: "all is well" },
  { lines: ["make: *** empty variable name.  Stop."], told: "make: *** empty variable name.  Stop." },
  { lines: ["a", "", "  "], told: "a" },
  { lines: [], told: undefined },
])("of $lines, $told tells", ({ lines, told }) => {
  expect(tellingLine(lines)).toBe(told);
});
