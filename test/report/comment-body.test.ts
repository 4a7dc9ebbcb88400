import { fromMarkdown } from "mdast-util-from-markdown";
import { gfmFromMarkdown } from "mdast-util-gfm";
import { gfm } from "micromark-extension-gfm";
import { visit } from "unist-util-visit";
import { describe, expect, it } from "vitest";
import type { CheckResult } from "../../src/domain/check-result.ts";
import { hasMarker, REPORT_MARKER } from "../../src/domain/marker.ts";
import { renderComment } from "../../src/report/comment-body.ts";
import { checkResult, consumerResult, foundingCase, HOSTILE, hostile, notRun } from "../harness/results.ts";
import { checkRecord } from "./check-records.ts";

const HEAD = "a".repeat(40);
const NEWER = "d".repeat(40);
const page = (id: string) => `https://modprobot.example/checks/${id}`;
const links = { pageOf: page, falseAlarmUrl: null };
const noLinks = { pageOf: () => null, falseAlarmUrl: null };
const report = checkRecord({ result: foundingCase() });

function linesOf(...given: Parameters<typeof renderComment>): string[] {
  return renderComment(...given)
    .split("\n")
    .filter((line) => line !== "");
}

it("begins with what is wrong, then says what it is about", () => {
  const [headline, about] = linesOf({ kind: "report", check: report, outdatedBy: null }, HEAD, links);

  expect(headline).toMatch(/^### ❌ 13 consumers break, 7 of them silently/);
  expect(about).toBe(
    "Head `aaaaaaaaaaaa`, base `bbbbbbbbbbbb`, test merge `cccccccccccc`, 2025-01-31 12:00 UTC.",
  );
});

it("says since when it is being found out, as long as it is", () => {
  const check = checkRecord({ state: "running", finishedAt: null, result: foundingCase() });

  expect(renderComment({ kind: "progress", check }, HEAD, links)).toContain(
    "test merge `cccccccccccc`, begun 2025-01-31 11:01 UTC.",
  );
});

it("says that a conflict made it compare something else", () => {
  const check = { ...report, mergeSha: null, conflict: true };

  expect(renderComment({ kind: "report", check, outdatedBy: null }, HEAD, links)).toContain(
    "conflicts with its base branch, so it was compared with the merge base `bbbbbbbbbbbb`",
  );
});

it("says that it is outdated before anything else, and takes the mark of success away", () => {
  const check = checkRecord({ result: checkResult({ headline: "✅ Nothing breaks" }) });
  const [headline] = linesOf({ kind: "report", check, outdatedBy: NEWER }, NEWER, links);

  expect(headline).toBe(
    "### 🕰️ Outdated: head is now `dddddddddddd`, this is about `aaaaaaaaaaaa`. Nothing breaks",
  );
});

it("says who can go on where it waits", () => {
  const check = checkRecord({ state: "waiting", result: notRun() });
  const [, note] = linesOf({ kind: "waiting", check }, HEAD, links);

  expect(note).toContain("Somebody with write access");
  expect(note).toContain("`/modprobot approve`");
});

it("keeps the last report, as outdated, while the next one is made", () => {
  const check = checkRecord({ headSha: NEWER, state: "running" });
  const [headline, note] = linesOf({ kind: "started", check, previous: report }, NEWER, links);

  expect(headline).toMatch(/^### 🕰️ Outdated/);
  expect(note).toBe("⏳ Checking head `dddddddddddd`.");
});

it("calls a report of the same head by no such name", () => {
  const again = checkRecord({ state: "running" });
  const [headline, note] = linesOf({ kind: "started", check: again, previous: report }, HEAD, links);

  expect(headline).not.toContain("Outdated");
  expect(note).toBe("⏳ This head is checked again.");
});

it.each([
  ["failed", "the disk is full", "could not be checked: the disk is full. That is no fault of the change."],
  ["cancelled", null, "This check was cancelled. `/modprobot check` starts it again."],
] as const)("says how a check without a report ended: %s", (state, reason, words) => {
  const check = checkRecord({ state, reason });

  expect(renderComment({ kind: "ended", check, previous: null }, HEAD, links)).toContain(words);
});

it("says that nothing is touched", () => {
  expect(renderComment({ kind: "untouched", check: checkRecord() }, HEAD, links)).toContain(
    "Nothing to check: no kernel recipe is touched at head `aaaaaaaaaaaa`.",
  );
});

it("links the full report where there is one to link", () => {
  const view = { kind: "report", check: report, outdatedBy: null } as const;

  expect(renderComment(view, HEAD, links)).toContain(`[Full report](${page(report.id)})`);
  expect(renderComment(view, HEAD, noLinks)).not.toContain("Full report");
});

it("asks to be told of false alarms where there is somewhere to tell", () => {
  const falseAlarmUrl = "https://git.example/o/r/issues/new?template=false-alarm.yml";
  const view = { kind: "report", check: report, outdatedBy: null } as const;

  expect(linesOf(view, HEAD, { ...links, falseAlarmUrl }).at(-2)).toBe(
    `[A false alarm? Say so](${falseAlarmUrl}) · \`/modprobot help\` lists all commands.`,
  );
  expect(renderComment(view, HEAD, links)).not.toContain("false alarm");
});

it("links the logs where something fails", () => {
  const commented = (result: CheckResult) =>
    renderComment(
      { kind: "report", check: checkRecord({ state: "done", result }), outdatedBy: null },
      HEAD,
      links,
    );

  expect(commented(foundingCase())).toMatch(/\[Logs\]\(\S+#logs\)/);
  expect(commented(checkResult())).not.toContain("[Logs]");
});

describe("every view", () => {
  const views = [
    { kind: "report", check: report, outdatedBy: null },
    { kind: "report", check: report, outdatedBy: NEWER },
    { kind: "progress", check: report },
    { kind: "waiting", check: report },
    { kind: "started", check: report, previous: null },
    { kind: "started", check: report, previous: report },
    { kind: "untouched", check: report },
    { kind: "ended", check: report, previous: null },
    { kind: "ended", check: report, previous: report },
  ] as const;

  it.each(views)("$kind ends in the marker", (view) => {
    expect(hasMarker(renderComment(view, HEAD, links), REPORT_MARKER)).toBe(true);
  });

  it("fits a comment, whatever is in the report", () => {
    const consumers = Array.from({ length: 3_000 }, (_, n) =>
      consumerResult(`consumers.n${n}.${"x".repeat(150)}`, {
        comparison: "regressed",
        effect: "build",
        evidence: ["漢".repeat(140)],
        advice: "🐧".repeat(100),
      }),
    );
    const check = checkRecord({ result: { ...foundingCase(), consumers }, reason: "x".repeat(10_000) });
    for (const view of views) {
      const again =
        "previous" in view && view.previous !== null
          ? { ...view, check, previous: check }
          : { ...view, check };

      const falseAlarmUrl = `https://git.example/${"x".repeat(280)}`;
      expect(renderComment(again, HEAD, { ...links, falseAlarmUrl }).length).toBeLessThanOrEqual(60_000);
    }
  });

  it("makes nothing of what a pull request wrote", () => {
    const check = checkRecord({ result: hostile(), state: "failed", reason: HOSTILE });
    for (const view of [
      { kind: "report", check, outdatedBy: NEWER },
      { kind: "ended", check, previous: null },
    ] as const) {
      const tree = fromMarkdown(renderComment(view, HEAD, noLinks), {
        extensions: [gfm()],
        mdastExtensions: [gfmFromMarkdown()],
      });
      visit(tree, (node) => {
        expect(["link", "linkReference", "image", "imageReference", "definition"]).not.toContain(node.type);
        if (node.type === "html")
          for (const tag of node.value.match(/<[^>]*>/g) ?? [])
            expect(tag).toMatch(/^<\/?(?:br|code|span|details|summary)>$|^<!-- modprobot:report -->$/);
        if (node.type === "text") expect(node.value).not.toMatch(/@\w|:\/\/|#\d/);
      });
    }
  });
});
