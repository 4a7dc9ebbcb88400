/** Check records for tests: one that is done, and what differs. */
import type { CheckRecord } from "../../src/domain/check-record.ts";

export function checkRecord(differing: Partial<CheckRecord> = {}): CheckRecord {
  return {
    id: "0b5a9d0c-0000-4000-8000-000000000000",
    owner: "o",
    name: "r",
    number: 1,
    installationId: 7,
    repositoryId: 77,
    headSha: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    baseSha: "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    mergeSha: "cccccccccccccccccccccccccccccccccccccccc",
    conflict: false,
    state: "done",
    scope: { kind: "everything" },
    requestedBy: null,
    approved: true,
    checkRunId: null,
    stage: null,
    result: null,
    reason: null,
    createdAt: new Date("2025-01-31T11:00:00Z"),
    startedAt: new Date("2025-01-31T11:01:00Z"),
    finishedAt: new Date("2025-01-31T12:00:30Z"),
    heartbeatAt: null,
    worker: null,
    ...differing,
  };
}
