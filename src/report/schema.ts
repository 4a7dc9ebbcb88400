/**
 * The schema of the JSON report. The type it describes is `CheckResult`, which a type test holds it to; the
 * order of keys here is the order of keys in the file. Nothing is validated away: an unknown key is our bug.
 */
import { z } from "zod";
import { FINDINGS, type FindingKind } from "../domain/findings.ts";

const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
const texts = list(z.string());
const count = z.int().nonnegative();
const known = count.nullable();
const seconds = z.number().nonnegative();
const text = z.exactOptional(z.string());

const comparison = z.enum([
  "same-pass",
  "regressed",
  "fixed",
  "same-fail",
  "new",
  "removed",
  "flaky",
  "not-run",
]);

const culprit = z.strictObject({
  name: z.string(),
  drv: z.string(),
  attr: text.describe("The shortest attribute that it is; left out where it is none."),
  attrs: count.describe("Rebuilt attrs that need it; one that needs two culprits is counted with both."),
});

const prediction = z.strictObject({
  status: z
    .enum(["predicted", "confirmed", "corrected", "not-predicted"])
    .describe("predicted: head was not evaluated. confirmed: exactly these attrs. corrected: not exactly."),
  reason: text,
  graph: z.string().nullable().describe("Commit whose derivations it was made from: base or an ancestor."),
  attrs: known,
  derivations: known,
  missed: known.describe("Rebuilt attrs that it did not have; null where not known."),
  wrong: known.describe("Attrs that it had and that are not rebuilt; null where not known."),
});

const systemRebuilds = z.strictObject({
  status: z
    .enum(["evaluated", "predicted", "not-run"])
    .describe(
      "predicted: `changed` is what is rebuilt; beyond the few attrs that were looked at, what was added, removed, broken or fixed is not known.",
    ),
  reason: text,
  evaluated: known.describe("How many attrs head has; null when not run or only predicted."),
  attrs: known.describe("Attrs at head with an output path that no attr had at base; null when not run."),
  derivations: known.describe("Distinct derivations among them; null when not run."),
  added: texts,
  removed: texts,
  changed: texts,
  broken: list(z.strictObject({ attr: z.string(), error: z.string() }).readonly()),
  fixed: texts,
  warnings: texts.describe("What the evaluator warned of at head and not at base."),
  culprits: z
    .exactOptional(list(culprit.readonly()))
    .describe("Derivations that most rebuilt attrs need; left out where nothing is rebuilt."),
  prediction: z.exactOptional(prediction.readonly()),
});

const rebuilds = z.strictObject({
  systems: z.record(z.string(), systemRebuilds.readonly()).readonly(),
  os: z
    .strictObject({ linux: known, darwin: known })
    .readonly()
    .describe("Attr rebuilds per operating system, a union over its architectures; null: none evaluated."),
  labels: texts,
});

const branch = z.strictObject({
  base: z.string().nullable().describe("The branch the change is for; null: nobody said, master is meant."),
  advice: z
    .enum(["keep", "unknown", "possible-mass-rebuild", "mass-rebuild", "nixos-rebuild"])
    .describe("unknown: nothing speaks against the branch, and not everything was counted."),
  branches: texts.describe("Where it belongs instead; with several, one of them."),
  rebuilds: known.describe(
    "Attr rebuilds on the operating system that has more of them; null: none counted.",
  ),
  predicted: z.boolean(),
  missing: texts.describe("What was not counted and might change the advice."),
});

const outputSummary = z.strictObject({
  path: z.string(),
  narSize: count.describe("Bytes."),
  closureSize: count.describe("Bytes."),
  files: count,
});

const kernelSide = z.strictObject({
  build: z.enum(["built", "failed", "eval-error", "not-run"]),
  reason: text,
  outputs: z.record(z.string(), outputSummary.readonly()).readonly(),
  logTail: z.exactOptional(texts),
});

const layout = z.strictObject({
  lost: list(
    z
      .strictObject({ output: z.string(), path: z.string(), movedTo: text, files: count })
      .readonly()
      .describe("The kernel's version in paths reads <version>."),
  ),
  gained: list(z.strictObject({ output: z.string(), path: z.string(), files: count }).readonly()),
});

const modules = z.strictObject({
  base: known,
  head: known,
  added: texts,
  removed: texts.describe("Gone and not builtin either."),
  builtin: texts.describe("A module at base, builtin at head."),
  recompressed: list(z.strictObject({ name: z.string(), base: z.string(), head: z.string() }).readonly()),
  parametersRemoved: list(z.strictObject({ name: z.string(), parameters: texts }).readonly()),
  tree: list(z.strictObject({ directory: z.string(), modules: count, bytes: count }).readonly()).describe(
    "Head's modules by directory, two levels below kernel/.",
  ),
});

const kernel = z.strictObject({
  attr: z.string(),
  system: z.string(),
  aliases: z
    .exactOptional(texts)
    .describe(
      "Other names of it in the configuration or a command: the same derivation at base and at head.",
    ),
  comparison,
  base: kernelSide.readonly().nullable(),
  head: kernelSide.readonly().nullable(),
  layout: layout.readonly(),
  modules: modules.readonly(),
  config: list(
    z
      .strictObject({ option: z.string(), base: z.string().nullable(), head: z.string().nullable() })
      .readonly(),
  ).describe("null: not set."),
  passthru: list(
    z
      .strictObject({
        name: z.string(),
        change: z.enum(["removed", "added", "type"]),
        base: z.string().nullable(),
        head: z.string().nullable(),
      })
      .readonly(),
  ),
});

const kernelNotBuilt = z.strictObject({ attr: z.string(), system: z.string(), reason: z.string() });

const vmSide = z.strictObject({
  outcome: z.enum(["passed", "failed", "timeout", "not-run"]),
  seconds,
  reason: text,
});

const vm = z.strictObject({
  test: z.string(),
  kernel: z.string().nullable(),
  system: z.string(),
  comparison,
  accelerator: z.enum(["kvm", "tcg"]).nullable(),
  base: vmSide.readonly(),
  head: vmSide.readonly(),
  details: texts,
});

const consumer = z.strictObject({
  name: z.string().describe("Attr of a derivation, path of a source, owner/name of a repository."),
  kind: z.enum(["derivation", "source", "repository"]),
  system: z.string().nullable(),
  comparison,
  effect: z.enum(["eval", "build", "empty", "boot", "size", "none"]),
  outputs: texts.describe("Kernel outputs it selects at head."),
  paths: texts.describe("Lost paths it names."),
  file: text,
  line: z.exactOptional(z.int().positive()),
  reference: text,
  evidence: texts,
  advice: text,
  modules: z.exactOptional(z.strictObject({ base: known, head: known }).readonly()),
  silent: z.boolean().describe("True when nothing at all fails at build time."),
  reason: text,
  aliases: texts,
});

const findingKinds = Object.keys(FINDINGS) as [FindingKind, ...FindingKind[]];

const finding = z.strictObject({
  kind: z.enum(findingKinds),
  severity: z.enum(["failure", "warning", "notice"]),
  subject: z.string(),
  file: text,
  line: z.exactOptional(z.int().positive()),
  message: z.string(),
});

const stage = z.strictObject({
  stage: z.enum(["checkout", "plan", "evaluate", "rebuilds", "build", "sizes", "vm", "consumers", "report"]),
  status: z.enum(["done", "skipped", "not-run"]),
  reason: text,
  seconds,
});

export const reportSchema = z
  .strictObject({
    schema: z.literal(1),
    base: z.string().describe("Full commit hash."),
    head: z.string().describe("Full commit hash."),
    verdict: z.enum(["success", "failure", "neutral"]),
    headline: z.string(),
    rebuilds: rebuilds.readonly(),
    branch: z
      .exactOptional(branch.readonly())
      .describe("Where the configuration says that there are staging branches."),
    kernels: list(kernel.readonly()),
    kernelsNotBuilt: z
      .exactOptional(list(kernelNotBuilt.readonly()))
      .describe("Further kernels that differ, the most worth building first."),
    vm: list(vm.readonly()),
    consumers: list(consumer.readonly()),
    findings: list(finding.readonly()),
    stages: list(stage.readonly()),
  })
  .readonly();

/**
 * JSON Schema (draft 2020-12) of the report, for readers of the file. Open for further keys, since keys may be
 * added without a new `schema` number; our own reports are held against the strict schema above.
 */
export function reportJsonSchema(): Readonly<Record<string, unknown>> {
  return z.toJSONSchema(reportSchema, {
    override: ({ jsonSchema }) => {
      if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
      delete jsonSchema.readOnly;
    },
  });
}
