import { describe, expect, it } from "vitest";
import { type SplatAllowance, scanForSplats, withoutLogPrefix } from "../../src/domain/splats.ts";
import { expectLinear } from "../harness/linear.ts";

const TODAY = "2026-06-01";
const scan = (lines: readonly string[], allowances: readonly SplatAllowance[] = []) =>
  scanForSplats(lines, allowances, TODAY);

describe("what begins a splat", () => {
  it.each([
    "BUG: kernel NULL pointer dereference, address: 0000000000000008",
    "BUG: KASAN: slab-out-of-bounds in foo+0x12/0x40",
    "WARNING: CPU: 0 PID: 57 at fs/foo.c:123 foo+0x1/0x2 [foo]",
    "WARNING: possible circular locking dependency detected",
    "UBSAN: array-index-out-of-bounds in drivers/foo.c:1:2",
    "Oops: 0002 [#1] PREEMPT SMP PTI",
    "Internal error: Oops: 0000000096000004 [#1] SMP",
    "Unable to handle kernel NULL pointer dereference at virtual address 0000000000000000",
    "divide error: 0000 [#1] PREEMPT SMP",
    "------------ kernel BUG at mm/slub.c:305!",
    "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [modprobe:57]",
    "NMI watchdog: Watchdog detected hard LOCKUP on cpu 0",
    "INFO: task modprobe:57 blocked for more than 120 seconds.",
    "rcu: INFO: rcu_preempt self-detected stall on CPU",
    "INFO: rcu_tasks detected stalls on tasks:",
    "Kernel panic - not syncing: No working init found.",
    "---[ end Kernel panic - not syncing: Attempted to kill init! ]---",
    "Call Trace:",
  ])("%s", (line) => {
    expect(scan([`[    1.234567] ${line}\r`]).splats).toEqual([line]);
  });

  it.each([
    "Spectre V2 : WARNING: Unprivileged eBPF is enabled",
    "Command line: console=ttyS0 oops=panic panic=-1",
    "NMI watchdog: Enabled. Permanently consumes one hw-PMU counter.",
    "rcu: Preemptible hierarchical RCU implementation.",
    "mce: CPU0: Thermal monitoring enabled (TM1)",
    "loop: unknown parameter 'BUG:' ignored",
    "pci 0000:00:00.0: [8086:1237] type 00",
    "DEBUG: nothing",
  ])("not: %s", (line) => {
    expect(scan([`[    1.234567] ${line}`]).splats).toEqual([]);
  });
});

describe("a call trace belongs to the splat above it", () => {
  const warning = "WARNING: CPU: 0 PID: 1 at a.c:1";
  const between = (count: number) => Array.from({ length: count }, () => "RIP: 0010:foo");

  it.each([
    { distance: 60, splats: 1 },
    { distance: 61, splats: 2 },
  ])("$distance lines below: $splats", ({ distance, splats }) => {
    expect(scan([warning, ...between(distance - 1), "Call Trace:"]).splats).toHaveLength(splats);
  });
});

describe("allowances", () => {
  const allow = (expires: string): SplatAllowance => ({ contains: "at a.c:1", reason: "known", expires });

  it.each([
    { expires: "2026-06-02", splats: 0, allowed: 1 },
    { expires: "2026-06-01", splats: 0, allowed: 1 },
    { expires: "2026-05-31", splats: 1, allowed: 0 },
  ])("until $expires, on 2026-06-01: $allowed allowed", ({ expires, splats, allowed }) => {
    const result = scan(["WARNING: CPU: 0 PID: 1 at a.c:1", "Call Trace:"], [allow(expires)]);

    expect(result.splats).toHaveLength(splats);
    expect(result.allowed).toBe(allowed);
  });
});

describe("prefixes", () => {
  it.each([
    ["[    2.148003] BUG: x", "BUG: x"],
    ["[    0.000000][    T0] BUG: x", "BUG: x"],
    ["<4>[12345.678901] BUG: x\r\r", "BUG: x"],
    ["BUG: x", "BUG: x"],
    ["[drm] BUG: x", "[drm] BUG: x"],
  ])("%j", (line, expected) => {
    expect(withoutLogPrefix(line)).toBe(expected);
  });
});

it("reads hostile lines in linear time", () => {
  for (const unit of ["[", "INFO: task ", "0", "rcu: INFO: rcu"]) {
    expectLinear((size) => scan([unit.repeat(size / unit.length)]));
  }
});
