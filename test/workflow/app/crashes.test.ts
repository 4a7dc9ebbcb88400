import { describe, expect, it, vi } from "vitest";
import { sha } from "./fake-github.ts";
import { createStory, type Story } from "./story.ts";

// Some eighty lives a case, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000 });

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

/** Each returns how many checks it takes. */
const STORIES: Readonly<Record<string, (story: Story) => Promise<number>>> = {
  "a pull request is opened": async (story) => {
    await story.looks();
    return 1;
  },
  "a pull request is opened, and pushed to before anything ran": async (story) => {
    await story.looks();
    const job = story.jobs.shift();
    if (job !== undefined) await story.startWorker().delivery(job.id, new AbortController().signal);
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
    return 2;
  },
  "a check that is waiting is approved": async (story) => {
    story.github.pullRequest(1).author = "stranger";
    await story.looks();
    await story.work();
    story.pass(5_000);
    await story.comments("maintainer", "/modprobot approve", 900);
    return 1;
  },
  "a check is commanded": async (story) => {
    await story.looks();
    await story.work();
    story.pass(5_000);
    await story.comments("maintainer", "/modprobot build hello\n/modprobot nonsense", 900);
    return 2;
  },
};

describe.each(Object.entries(STORIES))("when %s", (_, prepare) => {
  it.each([
    ["a worker may die before any call", "killed", "come again"],
    ["its job may be lost with it", "killed", "are lost"],
    ["any answer of GitHub may be lost", "answer-lost", "come again"],
  ] as const)("%s", async (_rule, how, killedJobs) => {
    for (let killAt = 1; ; killAt += 1) {
      const story = createStory();
      story.github.open({ author: "maintainer" });
      story.github.permissions.set("maintainer", "write");
      const checks = await prepare(story);
      const killed = await story.work({ ...story.eternal(), killAt, how }, killedJobs);
      story.pass(20 * 60_000);
      await story.reconcile();
      await story.work();
      await story.reconcile();

      expectOrder(story);
      expect(story.rows).toHaveLength(checks);
      expect(story.latest().state).toBe("done");
      expect(story.github.labels(1)).toEqual([]);
      if (story.github.reactions.length > 0) {
        const last = story.github.reactions.at(-1);
        expect(last).toMatch(/^900 (?:rocket|confused)$/);
        expect(story.github.reactions).toHaveLength(2);
        // One to the comment, one that `hello` is the same on both sides; neither of them twice.
        const kinds = story.github.replies.map(({ key }) => key.replace(/-.*/, ""));
        expect(kinds).toEqual([...new Set(kinds)]);
      }
      if (!killed) return;
    }
  });
});
