/**
 * Who may what: each command by each permission on the repository, both what happens where it is allowed and that
 * nothing happens where it is not. On a pull request of a stranger's, whose builds wait for an approval.
 */
import { describe, expect, it } from "vitest";
import type { CommandKind } from "../../../src/domain/commands.ts";
import type { Permission } from "../../../src/domain/pull-request.ts";
import { createStory, type Story } from "./story.ts";

const LEVELS = [
  "none",
  "read",
  "triage",
  "write",
  "maintain",
  "admin",
] as const satisfies readonly Permission[];

/** The least that suffices, with the default configuration. */
const NEEDS: Readonly<Record<CommandKind, Permission>> = {
  help: "none",
  status: "none",
  check: "read",
  rebuilds: "read",
  build: "triage",
  test: "triage",
  consumers: "triage",
  cancel: "write",
  approve: "write",
};
const WORDS: Readonly<Record<CommandKind, string>> = {
  help: "help",
  status: "status",
  check: "check",
  rebuilds: "rebuilds --why hello",
  build: "build hello",
  test: "test hello",
  consumers: "consumers hello",
  cancel: "cancel",
  approve: "approve",
};
/** Whoever can write and asks for builds has looked at what is built. */
const APPROVES: readonly CommandKind[] = ["check", "build", "test", "consumers", "approve"];

async function waiting(config?: string): Promise<Story> {
  const story = createStory();
  if (config !== undefined) {
    story.github.files.set(".github/modprobot.yml", config);
    story.repository.config = `kernels: [linux]\nvmTests: []\n${config}`;
  }
  story.github.open({ author: "stranger" });
  await story.looks();
  await story.work();
  story.pass(5_000);
  return story;
}

async function says(story: Story, login: string, body: string): Promise<void> {
  await story.comments(login, body);
  await story.work();
}

const atLeast = (has: Permission, needs: Permission) => LEVELS.indexOf(has) >= LEVELS.indexOf(needs);
const CELLS = (Object.keys(NEEDS) as CommandKind[]).flatMap((kind) =>
  LEVELS.map((has) => ({ kind, has, may: atLeast(has, NEEDS[kind]) })),
);

describe("each command by each permission", () => {
  it.each(CELLS.filter(({ may }) => may))("$kind with $has: done", async ({ kind, has }) => {
    const story = await waiting();
    story.github.permissions.set("somebody", has);
    await says(story, "somebody", `/modprobot ${WORDS[kind]}`);

    expect(story.github.reactions.map((one) => one.split(" ")[1])).toEqual(["eyes", "rocket"]);
    const approves = APPROVES.includes(kind) && atLeast(has, "write");
    expect(story.latest().state).toBe(kind === "cancel" ? "cancelled" : approves ? "done" : "waiting");
    expect(story.repository.builds > 0).toBe(approves);
  });

  it.each(CELLS.filter(({ may }) => !may))("$kind with $has: refused", async ({ kind, has }) => {
    const story = await waiting();
    const before = structuredClone(story.rows);
    story.github.permissions.set("somebody", has);
    await says(story, "somebody", `/modprobot ${WORDS[kind]}`);

    expect(story.github.reactions.map((one) => one.split(" ")[1])).toEqual(["eyes", "confused"]);
    expect(story.github.replies.at(-1)?.body).toContain(`needs ${NEEDS[kind]} access`);
    expect(story.rows).toEqual(before);
    expect(await story.store.isApproved(7, 1, story.latest().headSha)).toBe(false);
  });
});

describe("each button by each permission", () => {
  const buttons = { rerun: "read", vm: "triage", cancel: "write" } as const;
  const cells = (["rerun", "vm", "cancel"] as const).flatMap((button) =>
    LEVELS.map((has) => ({ button, has, may: atLeast(has, buttons[button]) })),
  );

  it.each(cells)("$button with $has: $may", async ({ button, has, may }) => {
    const story = await waiting();
    const before = structuredClone(story.rows);
    story.github.permissions.set("somebody", has);
    await story.presses(button, "somebody", story.latest().id);
    await story.work();

    if (!may) expect(story.rows).toEqual(before);
    else if (button === "cancel") expect(story.latest().state).toBe("cancelled");
    else expect(story.latest().requestedBy ?? "joined").toMatch(/^(somebody|joined)$/);
    expect(story.repository.builds > 0).toBe(may && button !== "cancel" && atLeast(has, "write"));
  });
});

describe("what a configuration says", () => {
  it.each<[string, Permission, Permission]>([
    ["check", "read", "admin"],
    ["build", "read", "maintain"],
    ["cancel", "triage", "admin"],
    ["approve", "write", "admin"],
  ])("%s: %s or %s", async (kind, low, high) => {
    for (const needs of [low, high]) {
      const story = await waiting(`commands: { ${kind}: ${needs} }\n`);
      story.github.permissions.set("just", needs);
      const below = LEVELS[LEVELS.indexOf(needs) - 1];
      if (below !== undefined) {
        story.github.permissions.set("below", below);
        await says(story, "below", `/modprobot ${kind} ${kind === "build" ? "hello" : ""}`);
        expect(story.github.reactions.at(-1)).toContain("confused");
        story.pass(1_000);
      }
      await says(story, "just", `/modprobot ${kind} ${kind === "build" ? "hello" : ""}`);
      expect(story.github.reactions.at(-1)).toContain("rocket");
    }
  });

  it("opens approving to nobody below write access", async () => {
    const story = await waiting("commands: { approve: triage }\n");
    story.github.permissions.set("somebody", "triage");
    await says(story, "somebody", "/modprobot approve");

    expect(story.github.reactions.at(-1)).toContain("confused");
    expect(story.latest().state).not.toBe("done");
  });
});

describe("whose pull requests are built without being asked for", () => {
  it.each<[string, Permission, boolean]>([
    ["everyone", "none", true],
    ["everyone", "write", true],
    ["collaborators", "none", false],
    ["collaborators", "read", false],
    ["collaborators", "triage", false],
    ["collaborators", "write", true],
    ["collaborators", "maintain", true],
    ["collaborators", "admin", true],
  ])("%s, an author with %s: %s", async (authors, has, built) => {
    const story = createStory();
    story.repository.config = `kernels: [linux]\nvmTests: []\ncommands: { authors: ${authors} }\n`;
    story.github.permissions.set("author", has);
    story.github.open({ author: "author" });
    await story.looks();
    await story.work();

    expect(story.latest().state).toBe(built ? "done" : "waiting");
    expect(story.repository.builds > 0).toBe(built);
  });
});
