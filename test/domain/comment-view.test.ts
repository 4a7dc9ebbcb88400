import { describe, expect, it } from "vitest";
import type { CheckRecord, CheckState } from "../../src/domain/check-record.ts";
import { type CommentFacts, decideComment } from "../../src/domain/comment-view.ts";
import { checkResult } from "../harness/results.ts";

const HEAD = "1".repeat(40);
const OLDER = "2".repeat(40);

function record(state: CheckState, differing: Partial<CheckRecord> = {}): CheckRecord {
  return {
    id: "00000000-0000-4000-8000-000000000002",
    owner: "o",
    name: "n",
    number: 1,
    installationId: 1,
    repositoryId: 1,
    headSha: HEAD,
    baseSha: null,
    mergeSha: null,
    conflict: false,
    state,
    scope: { kind: "everything" },
    requestedBy: null,
    approved: false,
    checkRunId: null,
    stage: null,
    result: null,
    reason: null,
    createdAt: new Date(0),
    startedAt: null,
    finishedAt: null,
    heartbeatAt: null,
    worker: null,
    ...differing,
  };
}

const result = checkResult();
const done = record("done", { id: "00000000-0000-4000-8000-000000000001", headSha: OLDER, result });

const shown = (facts: Partial<CommentFacts>) => {
  const view = decideComment({
    latest: undefined,
    done: undefined,
    headSha: HEAD,
    exists: false,
    touched: false,
    ...facts,
  });
  if (view.kind === "report")
    return `report of ${view.check.headSha[0]}, outdated by ${view.outdatedBy?.[0]}`;
  if (view.kind === "started" || view.kind === "ended")
    return `${view.kind} ${view.check.headSha[0]}, before ${view.previous?.headSha[0]}`;
  return view.kind;
};

describe("about the head that is there", () => {
  it.each<[string, Partial<CommentFacts>, string]>([
    ["nothing is known", {}, "nothing"],
    ["queued, silent so far", { latest: record("queued") }, "nothing"],
    [
      "queued, with an earlier report",
      { latest: record("queued"), done, exists: true },
      "started 1, before 2",
    ],
    ["running, no recipe known to be touched", { latest: record("running") }, "nothing"],
    [
      "running, a recipe is touched",
      { latest: record("running"), touched: true },
      "started 1, before undefined",
    ],
    ["running, counts are known", { latest: record("running", { result }), exists: true }, "progress"],
    ["waiting for an approval", { latest: record("waiting", { result }) }, "waiting"],
    [
      "done",
      { latest: record("done", { result }), done: record("done", { result }) },
      "report of 1, outdated by undefined",
    ],
    ["done, no recipe touched", { latest: record("done") }, "nothing"],
    ["done, no recipe touched any more", { latest: record("done"), done, exists: true }, "untouched"],
    ["failed before anything was known", { latest: record("failed") }, "nothing"],
    ["failed, a recipe is touched", { latest: record("failed"), touched: true }, "ended 1, before undefined"],
    [
      "cancelled, with an earlier report",
      { latest: record("cancelled"), done, exists: true },
      "ended 1, before 2",
    ],
    [
      "superseded, its successor on its way",
      { latest: record("superseded"), exists: true },
      "started 1, before undefined",
    ],
    ["superseded in silence", { latest: record("superseded") }, "nothing"],
  ])("%s", (_, facts, view) => {
    expect(shown(facts)).toBe(view);
  });
});

describe("when the head has moved and its check is not there yet", () => {
  const moved = { headSha: "3".repeat(40), exists: true };

  it.each<[string, Partial<CommentFacts>, string]>([
    ["a report", { latest: done, done }, "report of 2, outdated by 3"],
    ["counts that wait", { latest: record("waiting", { result }) }, "report of 1, outdated by 3"],
    ["a check without a report", { latest: record("running") }, "started 3, before undefined"],
    ["silence", { latest: done, done, exists: false }, "nothing"],
  ])("%s", (_, facts, view) => {
    expect(shown({ ...moved, ...facts })).toBe(view);
  });
});
