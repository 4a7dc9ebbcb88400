import { describe, expect, it } from "vitest";
import { EnvironmentError } from "../../../src/errors.ts";
import { INSTALLATION, sha } from "./fake-github.ts";
import { createStory, type Story } from "./story.ts";

async function checked(): Promise<Story> {
  const story = createStory();
  story.github.open({ author: "maintainer" });
  story.github.permissions.set("maintainer", "write");
  await story.looks();
  await story.work();
  story.pass(5_000);
  return story;
}

describe("buttons", () => {
  it.each(["rerun", "vm"] as const)("%s checks again, with a check run of its own", async (button) => {
    const story = await checked();
    await story.presses(button, "maintainer", story.latest().id);
    await story.work();
    expect(story.rows).toHaveLength(2);
    expect(story.github.checkRuns.map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(story.github.comments).toHaveLength(1);
    // Nobody who presses "Run VM again" wants to read of the boots of before.
    expect(story.repository.bootsAgain.filter(Boolean)).toHaveLength(button === "vm" ? 2 : 0);
  });

  it("boots again what has passed where that is the button, and a later Re-run does not", async () => {
    const story = await checked();
    for (const button of ["vm", "rerun"] as const) {
      await story.presses(button, "maintainer", story.latest().id);
      await story.work();
      story.pass(5_000);
    }
    expect(story.repository.bootsAgain).toEqual([false, false, true, true, false, false]);
  });

  it("count as checks that somebody asked for", async () => {
    const story = await checked();
    story.github.files.set(".github/modprobot.yml", "limits: { personChecks: 1 }\n");
    for (let pressed = 0; pressed < 3; pressed += 1) {
      await story.presses("rerun", "maintainer", story.latest().id);
      await story.work();
    }
    expect(story.rows).toHaveLength(2);
  });

  it("Re-run all names no check and no pull request: the head does", async () => {
    const story = await checked();
    await story.presses("rerun", "maintainer", null);
    await story.work();
    expect(story.rows).toHaveLength(2);
  });

  it("do nothing for people who may not", async () => {
    const story = await checked();
    await story.presses("rerun", "stranger", story.latest().id);
    await story.presses("cancel", "stranger", story.latest().id);
    await story.work();
    expect(story.rows).toHaveLength(1);
  });

  it("on the run of an earlier head do nothing", async () => {
    const story = await checked();
    const { id } = story.latest();
    const { number: _, ...place } = story.hint();
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
    await story.work();
    await story.hears((events) =>
      events.buttonPressed({
        ...place,
        button: "rerun",
        login: "maintainer",
        headSha: sha("h1"),
        externalId: id,
        numbers: [],
      }),
    );
    await story.work();
    expect(story.rows).toHaveLength(2);
  });

  it("of another repository's check reach nothing here", async () => {
    const story = await checked();
    const { number: _, ...place } = story.hint();
    const press = { button: "rerun", login: "maintainer", headSha: sha("h1"), numbers: [] } as const;
    await story.hears((events) =>
      events.buttonPressed({ ...place, ...press, repositoryId: 8, externalId: story.latest().id }),
    );
    await story.work();
    expect(story.rows).toHaveLength(1);
  });

  it("cancel ends what runs", async () => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    story.github.permissions.set("maintainer", "write");
    await story.looks();
    await story.work();
    await story.presses("cancel", "maintainer", story.latest().id);
    await story.work();
    expect(story.latest().state).toBe("cancelled");
  });
});

describe("an installation", () => {
  const changed = (story: Story, change: "installed" | "removed" | "suspended" | "unsuspended") =>
    story.hears((events) =>
      events.installationChanged({ installationId: INSTALLATION, change, repositories: [] }),
    );

  it("that is new has its open pull requests checked", async () => {
    const story = createStory();
    story.github.open({ number: 1, author: "maintainer" });
    story.github.open({ number: 2, author: "maintainer", draft: true });
    story.github.open({ number: 3, author: "maintainer", state: "closed" });
    story.github.permissions.set("maintainer", "write");
    await changed(story, "installed");
    await story.work();
    expect(story.rows.map(({ number, state }) => [number, state])).toEqual([[1, "done"]]);
  });

  it.each(["removed", "suspended"] as const)("that is %s midway has its checks ended", async (change) => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    await story.looks();
    await story.work();
    await changed(story, change);
    await story.work();
    expect(story.latest().state).toBe("cancelled");
    expect(story.owing()).toHaveLength(change === "removed" ? 0 : 1);

    await changed(story, change === "removed" ? "installed" : "unsuspended");
    await story.work();
    expect(story.rows.map(({ state }) => state)).toEqual(["cancelled", "waiting"]);
    const told = story.github.checkRuns.map(({ conclusion }) => conclusion);
    if (change === "suspended") expect(told).toEqual(["cancelled", "action_required"]);
  });

  it.each([
    ["removed", "installed"],
    ["suspended", "unsuspended"],
  ] as const)("that was %s and is back has its heads checked again", async (gone, back) => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    await story.looks();
    await changed(story, gone);
    await story.work();
    await changed(story, back);
    await story.work();
    expect(story.rows.map(({ state }) => state)).toEqual(["cancelled", "waiting"]);
  });
});

describe("repair", () => {
  it("finds pull requests nobody told us of", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.permissions.set("maintainer", "write");
    await story.reconcile();
    await story.work();
    await story.reconcile();
    await story.work();
    expect(story.rows.map(({ state }) => state)).toEqual(["done"]);
  });

  it("asks again for deliveries that never came, and not for those we have", async () => {
    const story = await checked();
    const [known = ""] = story.deliveries.keys();
    story.github.failed.push({ id: 1, guid: known }, { id: 2, guid: "lost" });
    await story.reconcile();
    expect(story.github.redelivered).toEqual([2]);
  });

  it.each([
    [119_000, "running"],
    [121_000, "queued"],
  ])("a running check %i ms after its worker fell silent is %s", async (milliseconds, state) => {
    const story = await checked();
    await story.store.requestCheck({
      ...story.hint(2),
      headSha: sha("x"),
      scope: { kind: "everything" },
      requestedBy: null,
      approved: true,
    });
    story.jobs.length = 0;
    const { id } = story.latest();
    await story.store.moveCheck(id, "running");
    await story.store.heartbeat(id, "dead");
    story.pass(milliseconds);
    await story.reconcile();
    expect(story.latest().state).toBe(state);
    expect(story.jobs).toHaveLength(state === "queued" ? 1 : 0);
  });

  it("tells what is owed, and gives up after a day of being refused", async () => {
    const story = await checked();
    const row = story.latest();
    row.told = false;
    row.finishedAt = story.now();
    const { upsertCheckRun } = story.github.port;
    story.github.port.upsertCheckRun = async () => {
      throw new EnvironmentError("github-refused", "suspended", "Ask the owner.");
    };
    story.pass(3_600_000);
    await story.reconcile();
    expect(story.owing()).toHaveLength(1);
    story.pass(24 * 3_600_000);
    await story.reconcile();
    expect(story.owing()).toHaveLength(0);

    row.told = false;
    row.finishedAt = story.now();
    story.github.port.upsertCheckRun = upsertCheckRun;
    story.pass(61_000);
    await story.reconcile();
    expect(story.owing()).toHaveLength(0);
  });

  it("says on the check run that a check waits for a machine, and why where it is held back", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.permissions.set("maintainer", "write");
    await story.looks();
    const delivery = story.jobs.shift();
    await story.startWorker().delivery(delivery?.id ?? "", new AbortController().signal);

    await story.reconcile();
    expect(story.github.checkRuns).toEqual([]);
    story.pass(61_000);
    story.heldBack = "the disk of the machine is nearly full";
    await story.reconcile();
    expect(story.github.checkRuns).toMatchObject([{ status: "queued" }]);
    expect(story.github.checkRuns[0]?.title).toContain("the disk of the machine is nearly full");

    story.heldBack = null;
    await story.work();
    expect(story.latest().state).toBe("done");
    expect(story.github.checkRuns).toMatchObject([{ status: "completed", conclusion: "success" }]);
  });

  it("goes on with its other steps where one fails", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.app.failedDeliveries = async () => {
      throw new EnvironmentError("github-unavailable", "502", "Wait.", { retryable: true });
    };
    await story.reconcile();
    expect(story.rows).toHaveLength(1);
  });
});

describe("giving up", () => {
  it("on a command is said to whoever gave it", async () => {
    const story = await checked();
    story.github.port.permission = async () => {
      throw new Error("a bug");
    };
    const comment = await story.comments("maintainer", "/modprobot check");
    await story.work();
    expect(story.github.replies.at(-1)?.body).toContain("no fault of the change");
    expect(story.github.reactions.at(-1)).toBe(`${comment} confused`);
    expect([...story.deliveries.values()].at(-1)?.outcome).toBe("failed");
  });

  it("on a check completes its check run as not checked", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.permissions.set("maintainer", "write");
    story.repository.onEvaluate = async () => {
      throw new EnvironmentError("disk-full", "the disk is full", "Free some space.");
    };
    await story.looks();
    await story.work();
    expect(story.latest()).toMatchObject({ state: "failed", reason: "the disk is full", told: true });
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "neutral" });
    expect(story.comment()).toContain("no fault of the change");
    expect(story.github.labels(1)).toEqual(["modprobot: not-checked"]);
  });
});
