/**
 * From results to findings: what of all that was measured deserves a sentence.
 *
 * One finding per subject and kind, never one per file or module: a version bump moves a hundred modules and
 * is one line. What was already wrong at base says nothing here.
 */
import type { CheckResult, ConsumerResult, KernelResult, VmResult } from "./check-result.ts";
import { type ClosureLeak, leakMessage } from "./closure-leaks.ts";
import { FINDINGS, type Finding, type FindingKind } from "./findings.ts";
import { excessMessage, type SizeExcess } from "./size-excess.ts";

export type FindingSources = Pick<CheckResult, "rebuilds" | "kernels" | "vm" | "consumers"> & {
  readonly leaks: readonly ClosureLeak[];
  readonly excesses: readonly SizeExcess[];
};

export function deriveFindings(sources: FindingSources): Finding[] {
  const kernels = sources.kernels.flatMap(kernelFindings);
  const consumers = sources.consumers.flatMap(consumerFinding);
  const said = new Set([...sources.kernels.map((k) => k.attr), ...sources.consumers.map((c) => c.name)]);
  return [
    ...kernels,
    ...sources.leaks.map((leak) => finding("closure-leak", leak.attr, leakMessage(leak))),
    ...sources.excesses.map((excess) => finding("size-limit", excess.attr, excessMessage(excess))),
    ...sources.vm.flatMap(vmFinding),
    ...consumers,
    ...brokenAttrs(sources, said),
  ].sort(bySeverityThenName);
}

/** What the kernel loses by itself, before anybody is asked. */
function kernelFindings(kernel: KernelResult): Finding[] {
  const { attr, modules } = kernel;
  const list = (kind: FindingKind, names: readonly string[], what: string) =>
    names.length === 0 ? [] : [finding(kind, attr, `${names.length} ${what}: ${some(names)}`)];

  return [
    ...buildFinding(kernel),
    ...(modules.base !== null && modules.base > 0 && modules.head === 0
      ? [finding("kernel-without-modules", attr, `${modules.base} → 0 modules in any output`)]
      : []),
    ...kernel.layout.lost.map(({ output, path, movedTo, files }) =>
      finding(
        "layout-lost",
        attr,
        `\`${path}\` left \`${output}\` ${movedTo === undefined ? "and is in no other output" : `for \`${movedTo}\``} (${count(files, "file")})`,
      ),
    ),
    ...list("module-removed", modules.removed, "modules are gone and not builtin"),
    ...list("module-builtin", modules.builtin, "modules became builtin"),
    ...list(
      "module-recompressed",
      modules.recompressed.map(({ name, base, head }) => `${name} (${base} → ${head})`),
      "modules changed compression, and so their file name",
    ),
    ...list(
      "module-parameter-removed",
      modules.parametersRemoved.map(({ name, parameters }) => `${name}: ${parameters.join(", ")}`),
      "modules lost parameters",
    ),
    ...list(
      "config-dropped",
      kernel.config.flatMap((c) =>
        c.base === null ? [] : [`${c.option} ${c.base} → ${c.head ?? "not set"}`],
      ),
      "kernel options changed or dropped",
    ),
    ...list(
      "passthru-removed",
      kernel.passthru.flatMap((p) =>
        p.change === "added" ? [] : [p.change === "removed" ? p.name : `${p.name} (${p.base} → ${p.head})`],
      ),
      "passthru attributes are gone or changed type",
    ),
  ];
}

function buildFinding({ attr, comparison, base, head }: KernelResult): Finding[] {
  if (head === null && base !== null)
    return [finding("kernel-removed", attr, "is there at base and not at head")];
  const builtAtBase = base === null || base.build === "built";
  if (head?.build === "eval-error" && base !== null && base.build !== "eval-error") {
    return [
      finding(
        "kernel-build-broken",
        attr,
        `evaluates at base and not at head: ${head.reason ?? "no message"}`,
      ),
    ];
  }
  if (comparison === "regressed" || (head?.build === "failed" && builtAtBase)) {
    return [finding("kernel-build-broken", attr, head?.reason ?? "built at base, fails at head")];
  }
  return [];
}

function vmFinding({ test, kernel, comparison, details }: VmResult): Finding[] {
  if (comparison !== "regressed") return [];
  const subject = kernel ?? test;
  return [
    finding(
      kernel === null ? "vm-test-regressed" : "boot-regressed",
      subject,
      details[0] ?? "passed at base, fails at head",
    ),
  ];
}

const CONSUMER_KINDS = {
  eval: "consumer-eval",
  build: "consumer-build",
  empty: "consumer-empty",
  boot: "consumer-boot",
  size: "consumer-size",
} as const;

function consumerFinding(consumer: ConsumerResult): Finding[] {
  if (consumer.comparison !== "regressed" || consumer.effect === "none") return [];
  const message = [consumer.evidence[0], consumer.reference].filter((part) => part !== undefined).join("; ");
  const place = {
    ...(consumer.file === undefined ? {} : { file: consumer.file }),
    ...(consumer.line === undefined ? {} : { line: consumer.line }),
  };
  return [{ ...finding(CONSUMER_KINDS[consumer.effect], consumer.name, message), ...place }];
}

function brokenAttrs({ rebuilds }: FindingSources, said: ReadonlySet<string>): Finding[] {
  const errors = new Map<string, string>();
  for (const { broken } of Object.values(rebuilds.systems)) {
    for (const { attr, error } of broken) if (!said.has(attr)) errors.set(attr, error);
  }
  return [...errors].map(([attr, error]) => finding("attr-broken", attr, error));
}

function finding(kind: FindingKind, subject: string, message: string): Finding {
  return { kind, severity: FINDINGS[kind].severity, subject, message };
}

const SHOWN = 8;

function some(names: readonly string[]): string {
  const shown = names.slice(0, SHOWN).join(", ");
  return names.length > SHOWN ? `${shown} and ${names.length - SHOWN} more` : shown;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}

const RANK = { failure: 0, warning: 1, notice: 2 } as const;

function bySeverityThenName(a: Finding, b: Finding): number {
  return (
    RANK[a.severity] - RANK[b.severity] ||
    compare(a.kind, b.kind) ||
    compare(a.subject, b.subject) ||
    compare(a.message, b.message)
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
