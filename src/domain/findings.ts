/**
 * Findings: everything we can say about a pull request, as data, with one complete catalogue of words.
 *
 * A kind is a stable kebab-case tag: it stands in JSON, in the name of its page `docs/findings/<kind>.md`
 * and in a fixture that shows it. A new kind does not compile until it has words; a test insists on page
 * and fixture. What is said about one subject is `message`, made where the evidence is.
 */
export type Severity = "failure" | "warning" | "notice";

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** The attr, module, output or path it is about. */
  readonly subject: string;
  readonly file?: string;
  readonly line?: number;
  readonly message: string;
}

interface Words {
  readonly severity: Severity;
  /** What the kind means, one line, for headings. */
  readonly title: string;
}

export const FINDINGS = {
  "attr-broken": { severity: "failure", title: "attributes that evaluate at base and fail at head" },
  "kernel-build-broken": { severity: "failure", title: "the kernel no longer builds" },
  "kernel-removed": { severity: "warning", title: "a kernel is gone at head" },
  "kernel-without-modules": { severity: "failure", title: "a modular kernel without a single module" },
  "layout-lost": { severity: "notice", title: "paths that left an output" },
  "module-removed": { severity: "warning", title: "modules that are gone" },
  "module-builtin": { severity: "notice", title: "modules that became part of the image" },
  "module-recompressed": {
    severity: "warning",
    title: "modules under another file name (compression changed)",
  },
  "module-parameter-removed": { severity: "warning", title: "module parameters that are gone" },
  "config-dropped": { severity: "notice", title: "kernel options changed or dropped" },
  "passthru-removed": { severity: "warning", title: "passthru attributes that are gone or changed type" },
  "closure-leak": { severity: "warning", title: "an output refers to what it should not" },
  "size-limit": { severity: "failure", title: "an output grew over its configured limit" },
  "boot-regressed": { severity: "failure", title: "the kernel no longer boots, or a module no longer loads" },
  "vm-test-regressed": { severity: "failure", title: "a VM test of the repository fails at head" },
  "consumer-eval": { severity: "failure", title: "consumers that no longer evaluate" },
  "consumer-build": { severity: "failure", title: "consumers that no longer build" },
  "consumer-empty": { severity: "failure", title: "consumers that build, with modules missing inside" },
  "consumer-boot": {
    severity: "failure",
    title: "consumers that build and name a path that no longer exists",
  },
  "consumer-size": { severity: "warning", title: "consumers whose closure grew" },
} as const satisfies Record<string, Words>;

export type FindingKind = keyof typeof FINDINGS;
