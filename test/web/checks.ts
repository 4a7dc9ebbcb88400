import type { CheckRecord } from "../../src/domain/check-record.ts";

export const ID = "6f1c0e4e-58a5-4c30-9f5b-0d3f3a6f2a11";

export function aCheck(some: Partial<CheckRecord> = {}): CheckRecord {
  return {
    id: ID,
    owner: "octo",
    name: "kernels",
    number: 7,
    installationId: 1,
    repositoryId: 2,
    headSha: "a".repeat(40),
    baseSha: null,
    mergeSha: null,
    conflict: false,
    state: "queued",
    scope: { kind: "everything" },
    requestedBy: null,
    approved: true,
    checkRunId: null,
    stage: null,
    result: null,
    reason: null,
    createdAt: new Date(0),
    startedAt: null,
    finishedAt: null,
    heartbeatAt: null,
    worker: null,
    ...some,
  };
}
