import { describe, expect, it } from "vitest";
import { sha } from "./fake-github.ts";
import { createStory, type Story } from "./story.ts";

/** A pull request of a maintainer's that has been checked, five seconds ago. */
async function checked(author = "maintainer"): Promise<Story> {
  const story = createStory();
  story.github.open({ author });
  story.github.permissions.set("maintainer", "write");
  story.github.permissions.set("reader", "read");
  await story.looks();
  await story.work();
  story.pass(5_000);
  return story;
}

async function says(story: Story, login: string, body: string): Promise<number> {
  const id = await story.comments(login, body);
  await story.work();
  return id;
}

const faces = (story: Story) => story.github.reactions.map((text) => text.split(" ")[1]);
const reply = (story: Story) => story.github.replies.at(-1)?.body ?? "";

describe("a comment", () => {
  it("without commands is none of our business", async () => {
    const story = await checked();
    await says(story, "maintainer", "Looks good, `/modprobot check` later.");
    expect(story.github.reactions).toEqual([]);
    expect(story.rows).toHaveLength(1);
  });

  it("of a bot, ourselves included, is never answered", async () => {
    const story = await checked();
    const comment = {
      ...story.hint(),
      commentId: 5,
      body: "/modprobot check",
      login: "modprobot[bot]",
      isBot: true,
      createdAt: story.now(),
    };
    await story.hears((events) => events.commented(comment));
    await story.work();
    expect(story.github.reactions).toEqual([]);
    expect(story.rows).toHaveLength(1);
  });

  it("is handled once, however often it is delivered", async () => {
    const story = await checked();
    await story.comments("maintainer", "/modprobot check", 5);
    await story.work();
    await story.comments("maintainer", "/modprobot check", 5);
    await story.work();
    expect(story.rows).toHaveLength(2);
    expect(story.github.reactions).toEqual(["5 eyes", "5 rocket"]);
  });

  it("with several commands gets one reply about all of them", async () => {
    const story = await checked();
    await says(story, "maintainer", "/modprobot status\n/modprobot chekc\n/modprobot help");
    expect(faces(story)).toEqual(["eyes", "confused"]);
    expect(story.github.replies).toHaveLength(1);
    expect(reply(story)).toMatch(/is done/);
    expect(reply(story)).toContain("did you mean `check`");
    expect(reply(story)).toContain("/modprobot approve");
  });

  it("about a check that nobody can take says whom it waits for", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    const delivery = await story.looks();
    await story.startWorker().delivery(delivery, new AbortController().signal);
    // Its job lies in a queue that nobody takes from.
    story.jobs.length = 0;
    story.served.clear();

    await says(story, "maintainer", "/modprobot status");

    expect(reply(story)).toContain("waits for a worker for `x86_64-linux`, and none is running");
  });

  it("with several commands is one check, in which each line adds to those before", async () => {
    const story = await checked();
    await says(
      story,
      "maintainer",
      "/modprobot build linux\n/modprobot rebuilds --why hello\n/modprobot check",
    );
    expect(story.latest()).toMatchObject({
      state: "done",
      scope: { kind: "everything", build: ["linux"], why: ["hello"] },
    });
    expect(story.rows.filter(({ state }) => state === "done")).toHaveLength(2);
  });
});

describe("who may", () => {
  it("follows the configuration of the base branch, and is strict where that has mistakes", async () => {
    const story = await checked();
    story.github.files.set(".github/modprobot.yml", "commands: { check: maintain }\n");
    await says(story, "maintainer", "/modprobot check");
    expect(faces(story).at(-1)).toBe("confused");

    story.github.files.set(".github/modprobot.yml", "commands: { check: nonsense }\n");
    await says(story, "reader", "/modprobot check");
    expect(faces(story).at(-1)).toBe("confused");
    await says(story, "maintainer", "/modprobot check");
    expect(faces(story).at(-1)).toBe("rocket");
  });
});

describe("the head a command was given for", () => {
  it("has moved since: nothing is done, and the reply says so", async () => {
    const story = await checked();
    const before = story.now();
    story.pass(60_000);
    story.github.pullRequest(1).headSha = sha("h2");
    await story.looks();
    await story.work();
    const late = {
      ...story.hint(),
      commentId: 9,
      body: "/modprobot check",
      login: "maintainer",
      isBot: false,
    };
    await story.hears((events) => events.commented({ ...late, createdAt: before }));
    await story.work();

    expect(story.github.reactions).toEqual(["9 eyes", "9 confused"]);
    expect(reply(story)).toContain(sha("h2").slice(0, 12));
    expect(story.rows).toHaveLength(2);
  });

  it("also where we have not heard of the push yet, which then is checked by itself", async () => {
    const story = await checked();
    const written = story.now();
    story.pass(30_000);
    story.github.pullRequest(1).headSha = sha("h2");
    const late = {
      ...story.hint(),
      commentId: 9,
      body: "/modprobot approve",
      login: "maintainer",
      isBot: false,
    };
    await story.hears((events) => events.commented({ ...late, createdAt: written }));
    await story.work();

    expect(faces(story)).toEqual(["eyes", "confused"]);
    expect(story.latest()).toMatchObject({ headSha: sha("h2"), requestedBy: null });
    expect(await story.store.isApproved(7, 1, sha("h2"))).toBe(false);
  });

  it("is not approved by a comment of the very second in which it came", async () => {
    const story = createStory();
    story.github.open({ author: "stranger" });
    story.github.permissions.set("maintainer", "write");
    story.pass(300);
    await story.looks();
    await story.work();
    const second = new Date(Math.floor(story.now().getTime() / 1000) * 1000);
    const comment = {
      ...story.hint(),
      commentId: 9,
      body: "/modprobot approve",
      login: "maintainer",
      isBot: false,
    };
    await story.hears((events) => events.commented({ ...comment, createdAt: second }));
    await story.work();

    expect(faces(story)).toEqual(["eyes", "confused"]);
    expect(story.latest().state).toBe("waiting");
  });
});

describe("/modprobot check", () => {
  it("checks again, in the same comment", async () => {
    const story = await checked();
    await says(story, "reader", "/modprobot check");
    expect(story.rows.map(({ state }) => state)).toEqual(["done", "done"]);
    expect(story.github.comments).toHaveLength(1);
  });

  it("by a reader does not approve what a stranger wrote; by somebody who can write it does", async () => {
    const story = await checked("stranger");
    expect(story.latest().state).toBe("waiting");
    await says(story, "reader", "/modprobot check");
    expect(story.latest().state).toBe("waiting");
    story.pass(2_000);
    await says(story, "maintainer", "/modprobot check");
    expect(story.latest().state).toBe("done");
  });

  it("works on a draft, which is otherwise left alone", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer", draft: true });
    story.github.permissions.set("maintainer", "write");
    await story.looks();
    await story.work();
    expect(story.rows).toEqual([]);
    await says(story, "maintainer", "/modprobot check");
    expect(story.latest()).toMatchObject({ state: "done", requestedBy: "maintainer" });
  });

  it("on a closed pull request, or over the quota, is answered", async () => {
    const story = await checked();
    story.github.files.set(".github/modprobot.yml", "limits: { personChecks: 1 }\n");
    await says(story, "reader", "/modprobot check");
    await says(story, "reader", "/modprobot check");
    expect(reply(story)).toContain("1 check in 24 hours");
    story.github.pullRequest(1).state = "closed";
    await says(story, "reader", "/modprobot check");
    expect(reply(story)).toContain("closed");
    expect(faces(story).slice(-2)).toEqual(["eyes", "confused"]);
  });

  it("where no recipe is touched is answered, since somebody asked", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.permissions.set("maintainer", "write");
    story.repository.changedFiles = ["README.md"];
    await story.looks();
    await story.work();
    story.pass(2_000);
    await says(story, "maintainer", "/modprobot check");
    expect(story.github.comments).toEqual([]);
    expect(reply(story)).toContain("no changed file is a kernel recipe");
  });
});

describe("/modprobot build, test, consumers", () => {
  it("add to what is checked, and to what another command added to a check that has not ended", async () => {
    const story = await checked();
    await story.comments("maintainer", "/modprobot build hello");
    await story.comments("maintainer", "/modprobot consumers hello");
    await story.work();
    expect(story.latest().scope).toEqual({ kind: "everything", build: ["hello"], consumers: ["hello"] });
    expect(story.latest().state).toBe("done");
  });

  it("boot again what has passed where tests are asked for", async () => {
    const story = await checked();
    await says(story, "maintainer", "/modprobot test");
    expect(story.latest().scope).toEqual({ kind: "everything", bootAgain: true });
    expect(story.repository.bootsAgain.slice(-2)).toEqual([true, true]);
  });

  it("say at once which names nobody knows, with what was probably meant", async () => {
    const story = await checked();
    await says(story, "maintainer", "/modprobot build helo");
    expect(faces(story)).toEqual(["eyes", "confused"]);
    expect(reply(story)).toContain("did you mean `hello`");
    expect(story.rows).toHaveLength(1);
  });

  it("say it later where the names were not known yet, and leave the report that is there", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer", draft: true });
    story.github.permissions.set("maintainer", "write");
    await says(story, "maintainer", "/modprobot consumers helo");
    expect(story.latest()).toMatchObject({ state: "cancelled", told: true });
    expect(reply(story)).toContain("did you mean `hello`");
  });
});

describe("/modprobot rebuilds", () => {
  it("answers from what is known of this head", async () => {
    const story = await checked();
    await says(story, "reader", "/modprobot rebuilds");
    expect(reply(story)).toContain("1 rebuild, 1 derivation");
    expect(story.rows).toHaveLength(1);
  });

  it("says why something is rebuilt, and why nothing is", async () => {
    const story = await checked();
    await says(story, "maintainer", "/modprobot rebuilds --why linux");
    expect(reply(story)).toContain("Why `linux` is rebuilt");
    expect(reply(story)).toContain("`side`: `base` → `head`");
    story.pass(2_000);
    await says(story, "maintainer", "/modprobot rebuilds --why hello");
    expect(reply(story)).toContain("`hello` is not rebuilt");
    expect(story.latest().state).toBe("done");
  });

  it("only counts where nothing is known", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer", draft: true });
    story.github.permissions.set("maintainer", "write");
    await says(story, "maintainer", "/modprobot rebuilds");
    expect(story.latest()).toMatchObject({ state: "done", scope: { kind: "rebuilds" } });
    expect(story.repository.builds).toBe(0);
    expect(story.comment()).not.toMatch(/✅|Nothing breaks/);
    expect(story.comment()).toContain("only the counts were asked for");

    story.github.pullRequest(1).draft = false;
    await story.looks();
    await story.work();
    expect(story.latest()).toMatchObject({ state: "done", scope: { kind: "everything" } });
    expect(story.repository.builds).toBeGreaterThan(0);
  });
});

describe("/modprobot cancel", () => {
  it("ends the check that runs, whose check run is completed", async () => {
    const story = await checked("stranger");
    await says(story, "maintainer", "/modprobot cancel");
    expect(story.latest()).toMatchObject({ state: "cancelled", reason: "by `maintainer`" });
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "cancelled" });
    await story.looks();
    await story.work();
    expect(story.rows).toHaveLength(1);
  });

  it("says so where nothing runs", async () => {
    const story = await checked();
    await says(story, "maintainer", "/modprobot cancel");
    expect(faces(story)).toEqual(["eyes", "confused"]);
    expect(reply(story)).toContain("No check");
  });

  it("reaches processes that run", async () => {
    const story = createStory();
    story.github.open({ author: "maintainer" });
    story.github.permissions.set("maintainer", "write");
    const job = new AbortController();
    story.repository.onBuild = async () => {
      await story.store.moveCheck(story.latest().id, "cancelled", "by `maintainer`");
      // As the queue does it.
      job.abort();
    };
    await story.looks();
    const handlers = story.startWorker();
    const delivery = story.jobs.shift();
    if (delivery !== undefined) await handlers.delivery(delivery.id, job.signal);
    await handlers.check(story.latest().id, job.signal);

    expect(story.repository.builds).toBe(0);
    expect(story.latest()).toMatchObject({ state: "cancelled", told: true });
    expect(story.github.checkRuns[0]).toMatchObject({ status: "completed", conclusion: "cancelled" });
  });
});
