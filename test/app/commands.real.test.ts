/**
 * Commands in comments, over HTTP: each does what it says, and what cannot be done is answered with the reason. Real
 * server, git and Nix on a package set of a handful of attributes.
 */
import { describe, expect, it } from "vitest";
import { appSceneForFile } from "../harness/app-scene.ts";
import type { Login } from "../harness/github/cast.ts";
import { waitFor } from "../harness/github/waits.ts";
import type { Pull } from "../harness/github/world.ts";
import { descendants, isAlive } from "../harness/processes.ts";
import { RECIPE, recipe, smallKernels } from "../harness/small-kernels.ts";

const scene = appSceneForFile();
const kernels = smallKernels();
let repositories = 0;

/** A repository with the App, and a pull request of somebody who may write, that has been checked. */
async function open(branch = "two", files = { [RECIPE]: recipe("two") }): Promise<Pull> {
  const { github } = scene;
  repositories += 1;
  const repository = await github.createRepository({
    from: kernels.directory,
    name: `kernels-${repositories}`,
    branches: ["main"],
  });
  if (repositories === 1) await github.installApp();
  return github.openPullRequest({ repository, from: kernels.branch(branch, files) });
}

/** Says it, waits until it was answered, and returns what was said; empty where the reaction says everything. */
async function says(pull: Pull, login: Login, body: string, end: "rocket" | "confused"): Promise<string> {
  const { github } = scene;
  const asked = await github.comment(pull, login, body);
  await github.nextReaction(asked, end);
  expect(github.reactions(asked)).toEqual(["eyes", end]);
  const reply = (await github.comments(pull)).find((one) => one.body.includes(`reply comment-${asked} `));
  return reply?.body ?? "";
}

/** The check run after those that were there, completed. */
async function nextRun(pull: Pull, before: readonly { readonly id: number }[]) {
  const known = new Set(before.map(({ id }) => id));
  return scene.github.checkRunThat(
    pull,
    "is new, completed and not cancelled",
    ({ id, status, conclusion }) => !known.has(id) && status === "completed" && conclusion !== "cancelled",
    "stage",
  );
}
const runsOf = (pull: Pull) => scene.github.checkRuns(pull.headSha);

describe("on a pull request that has been checked", () => {
  let pull: Pull;
  let report: number;

  it("status, rebuilds and help are answered at once, in one reply", async () => {
    const { github } = scene;
    pull = await open();
    await github.completedCheckRun(pull, "stage");
    report = (await github.nextComment(pull)).id;

    const reply = await says(
      pull,
      "rob-read",
      "Hello!\n\n/modprobot status\n/modprobot rebuilds\n/modprobot help",
      "rocket",
    );

    expect(reply).toContain(`The check of \`${pull.headSha.slice(0, 12)}\` is done`);
    expect(reply).toMatch(/`x86_64-linux`: 4 rebuilds, 4 derivations/);
    for (const command of ["check", "rebuilds [--why ATTR]", "build ATTR…", "approve"])
      expect(reply).toContain(`/modprobot ${command}`);
    expect(await runsOf(pull)).toHaveLength(1);
  });

  it("check checks again, in the same comment", async () => {
    const before = await runsOf(pull);
    expect(await says(pull, "rob-read", "/modprobot check", "rocket")).toBe("");

    await nextRun(pull, before);
    expect((await scene.github.comments(pull)).filter(({ body }) => body.includes("### "))).toMatchObject([
      { id: report },
    ]);
  });

  it("rebuilds --why says why", async () => {
    await says(pull, "rob-read", "/modprobot rebuilds --why tool", "rocket");

    const reply = await scene.github.commentThatSays(pull, "Why `tool` is rebuilt", "stage");
    expect(reply.body).toContain("linux");
  });

  it("build, test and consumers add to the report what they name, and not what is said behind", async () => {
    const { github } = scene;
    const before = await runsOf(pull);
    await says(
      pull,
      "tim-triage",
      "/modprobot build apart please, it is used by many\n/modprobot test nixosTests.simple.\n/modprobot consumers `toolbox`, thanks!",
      "rocket",
    );

    await nextRun(pull, before);
    const { body } = await github.commentThatSays(pull, "| `nixosTests.simple` | x86_64-linux |");
    expect(body).toContain("`toolbox`");
    // What is the same on both sides is no part of a report, and is missed there.
    const { body: reply } = await github.commentThatSays(pull, "`apart` is the same at base and at");
    expect(reply).toContain("so it was not built");
    expect(body).not.toMatch(/please|thanks/);
  });

  it("test and consumers without names run what is configured", async () => {
    const before = await runsOf(pull);
    expect(await says(pull, "tim-triage", "/modprobot test\n/modprobot consumers", "rocket")).toBe("");

    await nextRun(pull, before);
  });

  it("what is not understood, not known or not permitted is answered, and the rest is done", async () => {
    const before = await runsOf(pull);
    const reply = await says(
      pull,
      "rob-read",
      [
        "/modprobot chekc",
        "/modprobot rebuilds --why toool",
        "/modprobot build linux",
        "/modprobot approve",
        "/modprobot status",
        "/modprobot frobnicate",
        "/modprobot check --force",
      ].join("\n"),
      "confused",
    );

    expect(reply).toContain("There is no command `chekc`; did you mean `check`?");
    expect(reply).toContain("There is no attribute `toool`; did you mean `tool`");
    expect(reply).toContain(
      "`/modprobot build` needs triage access to this repository; you have read access.",
    );
    expect(reply).toContain("`/modprobot approve` needs write access");
    expect(reply).toContain("is done");
    expect(reply).toContain("There is no command `frobnicate`; `/modprobot help` lists all.");
    expect(reply).toContain("`--force` is no option here");
    expect(await runsOf(pull)).toHaveLength(before.length);
  });

  it("an unknown attribute among known ones builds nothing", async () => {
    const before = await runsOf(pull);
    const reply = await says(pull, "tim-triage", "/modprobot build tool linus", "confused");

    expect(reply).toContain("There is no attribute `linus`; did you mean `linux`?");
    expect(reply).not.toContain("`tool`;");
    expect(await runsOf(pull)).toHaveLength(before.length);
  });

  it("cancel has nothing to end", async () => {
    expect(await says(pull, "wim-write", "/modprobot cancel", "confused")).toContain("No check");
  });

  it("is not heard in quotes, code, HTML comments or the middle of a line, from bots, or where a comment was edited", async () => {
    const { github } = scene;
    const before = await runsOf(pull);
    const unheard = [
      await github.comment(pull, "wim-write", "> /modprobot check\n\nWhat does that do?"),
      await github.comment(pull, "wim-write", "```\n/modprobot check\n```"),
      await github.comment(pull, "wim-write", "    /modprobot check"),
      await github.comment(pull, "wim-write", "<!--\n/modprobot check\n-->"),
      await github.comment(pull, "wim-write", "`/modprobot check` or please /modprobot check"),
      await github.comment(pull, "wim-write", "/modprobot check", { bot: "renovate[bot]" }),
    ];
    const edited = await github.comment(pull, "wim-write", "Looks good.");
    await github.editComment(pull, "wim-write", edited, "/modprobot check");

    // Told later, so that the others were looked at.
    await says(pull, "wim-write", "/modprobot status", "rocket");
    for (const comment of [...unheard, edited]) expect(github.reactions(comment)).toEqual([]);
    expect(await runsOf(pull)).toHaveLength(before.length);
  });

  it("is done once, however often it is delivered", async () => {
    const { github } = scene;
    await says(pull, "rob-read", "/modprobot status", "rocket");
    const delivery = github
      .deliveries()
      .findLast(({ payload }) => JSON.stringify(payload).includes('"/modprobot status"'));
    if (delivery === undefined) throw new Error("the comment was not delivered");
    const said = (await github.comments(pull)).length;

    await github.deliver(delivery);
    await github.deliver({ ...delivery, guid: crypto.randomUUID() });
    await says(pull, "rob-read", "/modprobot help", "rocket");

    expect(await github.comments(pull)).toHaveLength(said + 2);
  });

  it("is judged by the permission GitHub tells when asked, never by what the payload claims", async () => {
    const { github } = scene;
    const claimed = await github.comment(pull, "eve-stranger", "/modprobot cancel", { association: "OWNER" });
    await github.nextReaction(claimed, "confused");
    expect((await github.nextComment(pull)).body).toContain("`/modprobot cancel` needs write access");

    // Members whose membership is private are told as strangers.
    const hidden = await github.comment(pull, "max-maintain", "/modprobot check", { association: "NONE" });
    await github.nextReaction(hidden, "rocket");

    github.next("repos/get-collaborator-permission-level", { kind: "status", status: 404 });
    const unknown = await github.comment(pull, "ann-admin", "/modprobot check", { association: "OWNER" });
    await github.nextReaction(unknown, "confused");
    expect((await github.nextComment(pull)).body).toContain(
      "`/modprobot check` needs read access to this repository. Nothing was done.",
    );
  });

  it("is for the head that was there when it was written", async () => {
    const { github } = scene;
    const found = github.loseDeliveries();
    const late = await github.comment(pull, "wim-write", "/modprobot check");
    const lost = github.deliveries().at(-1);
    found();
    // Comments are dated to the second.
    const second = Math.floor(Date.now() / 1000);
    await waitFor("the second to end", "answer", () => (Date.now() / 1000 >= second + 1 ? true : undefined));
    await github.push(pull, kernels.branch("three", { [RECIPE]: recipe("three") }, "two"));
    await github.completedCheckRun(pull, "stage");
    const before = await runsOf(pull);
    if (lost === undefined) throw new Error("no delivery was lost");
    await github.deliver(lost);

    await github.nextReaction(late, "confused");
    expect((await github.nextComment(pull)).body).toContain(
      `was pushed to since that was written and is at \`${pull.headSha.slice(0, 12)}\` now. Nothing was done`,
    );
    expect(await runsOf(pull)).toHaveLength(before.length);
  });

  it("is refused on a pull request that is closed", async () => {
    await scene.github.close(pull);

    expect(await says(pull, "wim-write", "/modprobot check", "confused")).toContain("is closed");
  });
});

it("cancel ends a check that runs, with its processes", async () => {
  const { github, app } = scene;
  const sleeping = `sleep 300 # ${Math.random()}`;
  const pull = await open("slow", { [RECIPE]: recipe("slow", sleeping) });
  const building = await waitFor("a build", "stage", () => {
    const found = descendants(app.server.pid).filter(({ command }) => command.includes("sleep 300"));
    return found.length === 0 ? undefined : found;
  });
  expect(await says(pull, "rob-read", "/modprobot status", "rocket")).toContain("is running");

  await says(pull, "wim-write", "/modprobot cancel", "rocket");

  await waitFor("the build to end", "answer", () => (building.some(isAlive) ? undefined : true));
  await github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled");
  await github.commentThatSays(pull, "This check was cancelled: by `wim-write`");
  expect(await says(pull, "rob-read", "/modprobot status", "rocket")).toContain("was cancelled");
});
