/**
 * For every kind of finding, the smallest result that shows it. A kind without one does not compile; its page
 * in docs/findings/ says what is meant.
 */
import type { ConsumerEffect } from "../../src/domain/check-result.ts";
import type { FindingSources } from "../../src/domain/derive-findings.ts";
import type { FindingKind } from "../../src/domain/findings.ts";
import {
  checkResult,
  consumerResult,
  kernelResult,
  modulesDifference,
  systemRebuilds,
  vmResult,
} from "../harness/results.ts";

type Kernel = Parameters<typeof kernelResult>[0];
type Modules = Parameters<typeof modulesDifference>[0];

function sources(differing: Partial<FindingSources> = {}): FindingSources {
  const { rebuilds, kernels, vm, consumers } = checkResult();
  return { rebuilds, kernels, vm, consumers, leaks: [], excesses: [], ...differing };
}

const kernel = (differing: Kernel) => sources({ kernels: [kernelResult(differing)] });
const modules = (differing: Modules) => kernel({ modules: modulesDifference(differing) });
const consumer = (effect: ConsumerEffect) =>
  sources({
    consumers: [consumerResult("image", { comparison: "regressed", effect, evidence: ["what was seen"] })],
  });

/** Nothing at all is said about this one. */
export const UNEVENTFUL: FindingSources = sources({
  kernels: [kernelResult()],
  vm: [vmResult()],
  consumers: [consumerResult("image")],
});

export const FINDING_FIXTURES: Readonly<Record<FindingKind, FindingSources>> = {
  "attr-broken": sources({
    rebuilds: {
      systems: { "x86_64-linux": systemRebuilds({ broken: [{ attr: "bcc", error: "no ebpf" }] }) },
      os: { linux: 0, darwin: null },
      labels: [],
    },
  }),
  "kernel-build-broken": kernel({
    comparison: "regressed",
    head: { build: "failed", reason: "modDirVersion is wrong", outputs: {} },
  }),
  "kernel-removed": kernel({ comparison: "removed", head: null }),
  "kernel-without-modules": modules({ base: 1121, head: 0 }),
  "layout-lost": kernel({
    layout: { lost: [{ output: "out", path: "lib/modules", movedTo: "modules", files: 1150 }], gained: [] },
  }),
  "module-removed": modules({ removed: ["tcp_westwood"] }),
  "module-builtin": modules({ builtin: ["dummy"] }),
  "module-recompressed": modules({ recompressed: [{ name: "it87", base: "xz", head: "zst" }] }),
  "module-parameter-removed": modules({ parametersRemoved: [{ name: "loop", parameters: ["max_loop"] }] }),
  "config-dropped": kernel({ config: [{ option: "CONFIG_RUST", base: "y", head: null }] }),
  "passthru-removed": kernel({
    passthru: [{ name: "target", change: "removed", base: "string", head: null }],
  }),
  "closure-leak": sources({ leaks: [{ attr: "linux", output: "modules", refersTo: "dev" }] }),
  "size-limit": sources({
    excesses: [
      {
        attr: "linux",
        output: "out",
        base: 14_000_000,
        head: 21_000_000,
        limit: { kind: "total", bytes: 20_000_000 },
      },
    ],
  }),
  "boot-regressed": sources({ vm: [vmResult({ comparison: "regressed", details: ["loop did not load"] })] }),
  "vm-test-regressed": sources({
    vm: [vmResult({ test: "nixosTests.simple-vm", kernel: null, comparison: "regressed" })],
  }),
  "consumer-eval": consumer("eval"),
  "consumer-build": consumer("build"),
  "consumer-empty": consumer("empty"),
  "consumer-boot": consumer("boot"),
  "consumer-size": consumer("size"),
};
