import { describe, expect, it } from "vitest";
import { sha } from "./fake-github.ts";
import { createStory } from "./story.ts";

function trusted() {
  const story = createStory();
  story.github.open({ author: "maintainer" });
  story.github.permissions.set("maintainer", "write");
  return story;
}

describe("a pull request that touches a recipe", () => {
  it("gets one comment, one completed check run, and is told", async () => {
    const story = trusted();
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "done", told: true, headSha: sha("h1") });
    expect(await story.store.logs(story.latest().id)).toMatchObject([{ name: "boot" }]);
    expect(story.github.comments).toHaveLength(1);
    expect(story.comment()).toContain("1 rebuild");
    expect(story.github.checkRuns).toHaveLength(1);
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "success" });
    expect(story.repository.builds).toBeGreaterThan(0);
  });

  it("is compared as merge against first parent, or on conflict as head against merge base", async () => {
    const merged = trusted();
    await merged.looks();
    await merged.work();
    expect(merged.latest()).toMatchObject({ baseSha: sha("b1"), conflict: false });
    expect(merged.latest().mergeSha).not.toBeNull();

    const conflict = trusted();
    conflict.github.pullRequest(1).conflict = true;
    await conflict.looks();
    await conflict.work();
    expect(conflict.latest()).toMatchObject({ baseSha: sha("b1"), mergeSha: null, conflict: true });
    expect(conflict.comment()).toContain("conflict");
  });

  it("is told on which branch it belongs by the branches it has, where the configuration wants that", async () => {
    const about = async (headRepository: string | null) => {
      const story = trusted();
      story.repository.config = "kernels: [linux]\nvmTests: []\nstagingBranches: true\n";
      Object.assign(story.github.pullRequest(1), { baseRef: "master", headRef: "staging", headRepository });
      await story.looks();
      await story.work();
      return story.comment();
    };

    expect(await about("octo/pkgs")).not.toContain("| Branch |");
    expect(await about("stranger/pkgs")).toContain(
      "| Branch | no advice (not counted: darwin, NixOS tests) |",
    );
  });

  it("is looked at once, however often we are told", async () => {
    const story = trusted();
    await story.looks();
    await story.looks();
    await story.work();
    await story.looks();
    await story.work();
    await story.reconcile();

    expect(story.rows).toHaveLength(1);
    expect(story.github.checkRuns).toHaveLength(1);
  });
});

describe("a pull request that touches no recipe", () => {
  it("gets a neutral check run and not a word", async () => {
    const story = trusted();
    story.repository.changedFiles = ["README.md"];
    await story.looks();
    await story.work();

    expect(story.github.comments).toEqual([]);
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "neutral" });
    expect(story.latest()).toMatchObject({ state: "done", result: null, told: true });
  });

  it("that touched one before has its comment and labels put right", async () => {
    const story = trusted();
    story.repository.config = "kernels: [linux]\nvmTests: []\nlabels: true\n";
    await story.looks();
    await story.work();
    expect(story.github.labels(1)).toContain("10.rebuild-linux: 1");

    story.github.pullRequest(1).headSha = sha("h2");
    story.repository.changedFiles = ["README.md"];
    await story.looks();
    await story.work();

    expect(story.github.comments).toHaveLength(1);
    expect(story.comment()).toContain("no kernel recipe is touched");
    expect(story.github.labels(1).filter((label) => label.startsWith("modprobot"))).toEqual([]);
  });
});

describe("an author without write access", () => {
  it("gets counts at once, and the rest waits for an approval of that head", async () => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "waiting", told: true });
    expect(story.repository.builds).toBe(0);
    expect(story.comment()).toContain("/modprobot approve");
    expect(story.comment()).toContain("**1** of 2 attrs");
    expect(story.comment()).not.toMatch(/✅|Nothing breaks|not needed/);
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "action_required" });
    expect(story.github.labels(1)).toContain("modprobot: needs-approval");

    story.github.permissions.set("maintainer", "write");
    story.pass(5_000);
    const comment = await story.comments("maintainer", "/modprobot approve");
    await story.work();

    expect(story.github.reactions).toEqual([`${comment} eyes`, `${comment} rocket`]);
    expect(story.latest()).toMatchObject({ state: "done", told: true });
    expect(story.repository.builds).toBeGreaterThan(0);
    expect(story.rows).toHaveLength(1);
    expect(story.github.checkRuns).toHaveLength(1);
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "success" });
    expect(story.github.labels(1)).not.toContain("modprobot: needs-approval");
  });

  it("waits again after the next push", async () => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    story.github.permissions.set("maintainer", "write");
    await story.looks();
    await story.work();
    story.pass(5_000);
    await story.comments("maintainer", "/modprobot approve");
    await story.work();
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "waiting", headSha: sha("h2") });
  });

  it("does not wait where everybody may, or where nothing would be built", async () => {
    const everyone = createStory();
    everyone.github.open();
    everyone.repository.config = "kernels: [linux]\nvmTests: []\ncommands: { authors: everyone }\n";
    await everyone.looks();
    await everyone.work();
    expect(everyone.latest().state).toBe("done");

    const nothing = createStory();
    nothing.github.open();
    nothing.repository.config = "kernels: [hello]\nvmTests: []\n";
    await nothing.looks();
    await nothing.work();
    expect(nothing.latest().state).toBe("done");
  });

  it("has an approval that comes while the counts run taken up", async () => {
    const story = createStory();
    story.github.open();
    story.github.permissions.set("maintainer", "write");
    story.repository.onEvaluate = async () => {
      story.repository.onEvaluate = async () => {};
      const { store } = story;
      await store.approve(7, 1, sha("h1"), "maintainer");
      await store.requestCheck({
        ...story.hint(),
        headSha: sha("h1"),
        scope: { kind: "everything" },
        requestedBy: "maintainer",
        approved: true,
      });
    };
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "done", told: true });
    expect(story.repository.builds).toBeGreaterThan(0);
  });
});

describe("a push while a check runs", () => {
  it("supersedes it, marks what is shown as outdated, and leaves one comment about the new head", async () => {
    const story = trusted();
    await story.looks();
    await story.work();
    await story.comments("maintainer", "/modprobot check");
    story.repository.onBuild = async () => {
      story.repository.onBuild = async () => {};
      story.github.pullRequest(1).headSha = sha("h2");
      const handlers = story.startWorker();
      await story.looks();
      const job = story.jobs.shift();
      if (job?.kind === "delivery") await handlers.delivery(job.id, new AbortController().signal);
    };
    await story.work();

    expect(story.rows.map(({ state }) => state)).toEqual(["done", "superseded", "done"]);
    expect(story.github.commentHistory.some((body) => body.includes("Outdated"))).toBe(true);
    expect(story.comment()).not.toContain("Outdated");
    expect(story.comment()).toContain(sha("h2").slice(0, 12));
    expect(story.github.comments).toHaveLength(1);
    expect(story.github.checkRuns.map(({ status }) => status)).toEqual([
      "completed",
      "completed",
      "completed",
    ]);
    expect(story.github.checkRuns.map(({ conclusion }) => conclusion)).toEqual([
      "success",
      "cancelled",
      "success",
    ]);
    expect(story.owing()).toEqual([]);
  });

  it("that nobody told us of is found at the end, and at gathering", async () => {
    const story = trusted();
    story.repository.onBuild = async () => {
      story.github.pullRequest(1).headSha = sha("h2");
    };
    await story.looks();
    await story.work();
    expect(story.latest()).toMatchObject({ state: "done", headSha: sha("h2") });

    story.github.pullRequest(1).headSha = sha("h3");
    story.repository.onBuild = async () => {};
    await story.looks();
    story.github.pullRequest(1).headSha = sha("h4");
    await story.work();
    expect(story.latest()).toMatchObject({ state: "done", headSha: sha("h4") });
    expect(story.comment()).toContain(sha("h4").slice(0, 12));
  });
});

describe("what a pull request may become midway", () => {
  it.each([
    ["closed", { state: "closed" as const }, "the pull request is closed"],
    ["a draft", { draft: true }, "the pull request is a draft"],
  ])("%s: the check ends, and comes back with it", async (_, change, reason) => {
    const story = trusted();
    story.repository.onEvaluate = async () => {
      story.repository.onEvaluate = async () => {};
      Object.assign(story.github.pullRequest(1), change);
      const handlers = story.startWorker();
      await handlers.delivery(
        await story.hears((events) => events.closed(story.hint(), "closed")),
        new AbortController().signal,
      );
    };
    await story.looks();
    await story.work();
    expect(story.latest()).toMatchObject({ state: "cancelled", reason, told: true });
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "cancelled" });

    Object.assign(story.github.pullRequest(1), { state: "open", draft: false });
    await story.looks();
    await story.work();
    expect(story.latest().state).toBe("done");
  });

  it("gone: nobody is told, and nothing stays owed", async () => {
    const story = trusted();
    await story.looks();
    const job = story.jobs.shift();
    if (job !== undefined) await story.startWorker().delivery(job.id, new AbortController().signal);
    story.github.vanish();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "cancelled", told: true });
  });

  it("about another branch: checked again, as the same head means something else", async () => {
    const story = trusted();
    await story.looks();
    await story.work();
    Object.assign(story.github.pullRequest(1), { baseRef: "staging", baseSha: sha("b2") });
    await story.looks();
    await story.work();

    expect(story.rows.map(({ state, baseSha }) => [state, baseSha])).toEqual([
      ["done", sha("b1")],
      ["done", sha("b2")],
    ]);
  });
});

describe("trouble", () => {
  it("with the configuration ends the check as not checked, without a comment about it", async () => {
    const story = trusted();
    story.repository.config = "kernels: 5\n";
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "failed", told: true });
    expect(story.latest().reason).toContain(".github/modprobot.yml");
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "neutral" });
    expect(story.github.comments).toEqual([]);
  });

  it("of GitHub's with the test merge is waited for, and then said", async () => {
    const story = trusted();
    story.github.pullRequest(1).mergeKnown = false;
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "failed", told: true });
    expect(story.latest().reason).toContain("merge");
    expect(story.github.checkRuns.filter(({ status }) => status !== "completed")).toEqual([]);
  });

  it("with too many pushes is said on the check run", async () => {
    const story = trusted();
    story.repository.config = "kernels: [linux]\nvmTests: []\nlimits: { pullRequestChecks: 1 }\n";
    await story.looks();
    await story.work();
    expect(story.latest().state).toBe("done");
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
    await story.work();

    expect(story.latest()).toMatchObject({ state: "failed", told: true });
    expect(story.latest().reason).toContain("1 checks");
    expect(story.comment()).toContain("Outdated");
  });
});
