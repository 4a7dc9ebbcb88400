import { describe, expect, it } from "vitest";
import { sha } from "./fake-github.ts";
import { createStory, type Story } from "./story.ts";

/** Everything that has to hold in the end, whatever died on the way. */
function expectOrder(story: Story) {
  expect(story.owing()).toEqual([]);
  expect(story.github.comments).toHaveLength(1);
  expect(story.github.checkRuns.filter(({ status }) => status !== "completed")).toEqual([]);
  const externalIds = story.github.checkRuns.map(({ externalId }) => externalId);
  expect(new Set(externalIds).size).toBe(externalIds.length);
  expect(story.comment()).toContain(story.github.pullRequest(1).headSha.slice(0, 12));
  expect(story.comment()).not.toContain("Outdated");
  expect([...story.deliveries.values()].map(({ outcome }) => outcome)).toEqual(
    [...story.deliveries.values()].map(() => "handled"),
  );
}

const STORIES: Readonly<Record<string, (story: Story) => Promise<void>>> = {
  "a pull request is opened": async (story) => {
    await story.looks();
  },
  "a pull request is opened, and pushed to before anything ran": async (story) => {
    await story.looks();
    const job = story.jobs.shift();
    if (job !== undefined) await story.startWorker().delivery(job.id, new AbortController().signal);
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
  },
  "a check that is waiting is approved": async (story) => {
    story.github.pullRequest(1).author = "stranger";
    await story.looks();
    await story.work();
    story.pass(5_000);
    await story.comments("maintainer", "/modprobot approve", 900);
  },
  "a check is commanded": async (story) => {
    await story.looks();
    await story.work();
    story.pass(5_000);
    await story.comments("maintainer", "/modprobot build hello\n/modprobot nonsense", 900);
  },
};

describe.each(Object.entries(STORIES))("when %s", (_, prepare) => {
  it.each([
    ["a worker may die before any call", "killed"],
    ["any answer of GitHub may be lost", "answer-lost"],
  ] as const)("%s", async (_rule, how) => {
    for (let killAt = 1; ; killAt += 1) {
      const story = createStory();
      story.github.open({ author: "maintainer" });
      story.github.permissions.set("maintainer", "write");
      await prepare(story);
      const killed = await story.work({ ...story.eternal(), killAt, how });
      story.pass(10 * 60_000);
      await story.reconcile();
      await story.work();
      await story.reconcile();

      expectOrder(story);
      expect(story.latest().state).toBe("done");
      expect(story.github.labels(1)).toEqual([]);
      if (story.github.reactions.length > 0) {
        const last = story.github.reactions.at(-1);
        expect(last).toMatch(/^900 (?:rocket|confused)$/);
        expect(story.github.reactions).toHaveLength(2);
        expect(story.github.replies.length).toBeLessThanOrEqual(1);
      }
      if (!killed) return;
    }
  });
});
