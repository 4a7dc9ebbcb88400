import { expect, it } from "vitest";
import { createStory } from "./story.ts";

it("one id leads from a delivery through its check and stages to what was published", async () => {
  const story = createStory();
  story.github.open({ author: "maintainer" });
  story.github.permissions.set("maintainer", "write");
  const guid = await story.looks();
  await story.work();

  const about = story.logged.filter(({ delivery }) => delivery === guid);
  const messages = about.map(({ message, stage }) => (stage === undefined ? message : `stage ${stage}`));
  expect(messages.slice(0, 3)).toEqual(["check requested", "delivery handled", "check begins"]);
  expect(messages).toEqual(expect.arrayContaining(["stage evaluate", "stage build", "stage vm"]));
  expect(messages.indexOf("stage build")).toBeGreaterThan(messages.indexOf("stage evaluate"));
  expect(messages.slice(-3)).toEqual(["check run published", "comment published", "labels published"]);
  // From the other end: whoever has a check's id, out of the address of its page, finds the same lines.
  const ofCheck = about.filter(({ check }) => check === story.latest().id);
  expect(ofCheck).toHaveLength(about.length - 1);
  expect(about.find(({ message }) => message === "check left")).toMatchObject({
    state: "done",
    verdict: "success",
    ms: expect.any(Number),
  });
});

it("a command's delivery leads to the check it asked for", async () => {
  const story = createStory();
  story.github.open({ author: "maintainer" });
  story.github.permissions.set("maintainer", "write");
  await story.looks();
  await story.work();
  story.pass(5_000);
  await story.comments("maintainer", "/modprobot check");
  const guid = [...story.deliveries.keys()].at(-1);
  await story.work();

  const messages = story.logged.filter(({ delivery }) => delivery === guid).map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(["commands answered", "check requested", "check left"]));
});
