import { expect, it } from "vitest";
import { deriveFindings } from "../../src/domain/derive-findings.ts";
import { FINDINGS } from "../../src/domain/findings.ts";
import { FINDING_FIXTURES, UNEVENTFUL } from "./finding-fixtures.ts";

it.each(Object.entries(FINDING_FIXTURES))(
  "%s is shown by its fixture, and nothing else is",
  (kind, sources) => {
    const findings = deriveFindings(sources);

    expect(findings.map((finding) => finding.kind)).toEqual([kind]);
    expect(findings[0]?.severity).toBe(FINDINGS[kind as keyof typeof FINDINGS].severity);
    expect(findings[0]?.message).not.toBe("");
  },
);

it("an uneventful result has none", () => {
  expect(deriveFindings(UNEVENTFUL)).toEqual([]);
});
