/**
 * Failures and warnings that no other section shows with more detail. Grouped by kind, in the catalogue's
 * order, under the catalogue's words.
 */
import type { Finding, FindingKind } from "../../domain/findings.ts";
import { FINDINGS } from "../../domain/findings.ts";
import { type Block, code, cutItems, type Phrase, prose, type SectionMaker, strong } from "../document.ts";

/** True for kinds that have a section of their own, where the same facts stand with their evidence. */
const SHOWN_ELSEWHERE = {
  "attr-broken": true,
  "kernel-build-broken": true,
  "kernel-removed": false,
  "kernel-without-modules": false,
  "layout-lost": true,
  "module-removed": false,
  "module-builtin": true,
  "module-recompressed": false,
  "module-parameter-removed": false,
  "config-dropped": true,
  "passthru-removed": false,
  "closure-leak": false,
  "size-limit": false,
  "boot-regressed": false,
  "vm-test-regressed": false,
  "consumer-eval": true,
  "consumer-build": true,
  "consumer-empty": true,
  "consumer-boot": true,
  "consumer-size": false,
} as const satisfies Record<FindingKind, boolean>;

export const findingsSection: SectionMaker = (result, listed) => {
  const told = result.findings.filter(
    (finding) => finding.severity !== "notice" && !SHOWN_ELSEWHERE[finding.kind],
  );
  if (told.length === 0) return undefined;
  const kinds = (Object.keys(FINDINGS) as FindingKind[]).filter((kind) => told.some((f) => f.kind === kind));
  return {
    id: "findings",
    title: "Look at",
    folded: false,
    blocks: kinds.flatMap((kind) =>
      kindBlocks(
        kind,
        told.filter((finding) => finding.kind === kind),
        listed,
      ),
    ),
  };
};

function kindBlocks(kind: FindingKind, findings: readonly Finding[], listed: number): readonly Block[] {
  const mark = findings.some((finding) => finding.severity === "failure") ? "❌" : "⚠️";
  return [
    { kind: "paragraph", content: [`${mark} `, strong(FINDINGS[kind].title)] },
    { kind: "list", items: cutItems(findings.map(findingItem), listed) },
  ];
}

function findingItem({ subject, file, line, message }: Finding): Phrase {
  const place = file === undefined ? [] : [" (", code(line === undefined ? file : `${file}:${line}`), ")"];
  return [code(subject), ...place, ": ", ...prose(message)];
}
