/**
 * The founding case as people live through it: the App is installed, somebody without rights opens a pull request that
 * moves modules to an output, a maintainer approves, and the comment says what breaks. Then life goes on: pushes,
 * buttons, an end. Real server and worker, git, Nix, kernel and QEMU; only GitHub is ours.
 */
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { appSceneForFile } from "../harness/app-scene.ts";
import type { CheckRun } from "../harness/github/story-checks.ts";
import type { Comment } from "../harness/github/story-comments.ts";
import { waitFor } from "../harness/github/waits.ts";
import type { Pull } from "../harness/github/world.ts";
import { branchWith, createKernels, edited } from "../harness/kernel-pulls.ts";
import { makeKernelRepo, temporaryDirectory } from "../harness/modprobot.ts";
import { descendants, isAlive, type Process } from "../harness/processes.ts";

const local = join(temporaryDirectory(), "kernels");
const scene = appSceneForFile();
beforeAll(() => makeKernelRepo(local));

const CONSUMERS = /\b([RN]\d\d)-/g;
const mentioned = (text: string, letter: "R" | "N") =>
  [
    ...new Set([...text.matchAll(CONSUMERS)].flatMap(([, name = ""]) => (name[0] === letter ? [name] : []))),
  ].sort();
const EVERY_R = Array.from({ length: 13 }, (_, index) => `R${String(index + 1).padStart(2, "0")}`);

/** What a comment says before its folded parts. */
const unfolded = (body: string) => body.replace(/<details>[\s\S]*?<\/details>/g, "");
const LINUX = "pkgs/os-specific/linux/kernel/linux.nix";

describe("the founding case", () => {
  let pull: Pull;
  let report: Comment;
  const lastRun = async (): Promise<CheckRun | undefined> =>
    (await scene.github.checkRuns(pull.headSha)).at(-1);

  it("counts at once what a stranger opens, and says what waits for whom", async () => {
    const { github } = scene;
    const repository = await createKernels(github, {
      from: local,
      name: "kernels",
      config: "labels: true\n",
    });
    await github.installApp();
    pull = await github.openPullRequest({
      repository,
      from: { directory: local, branch: "split-modules" },
      author: "fay-forker",
      fork: true,
      title: "linux: move modules to an output",
    });

    const run = await waits();
    report = await github.commentThatSays(pull, "`/modprobot approve`");

    expect(report.body).toMatch(/Rebuilds.*\*\*\d+\*\* of \d+ attrs/);
    expect(report.body).toContain("Somebody with write access can start them");
    expect(report.body).not.toMatch(/✅/);
    expect(run.summary).toContain("write access");
    expect(run.actions).toEqual(["rerun", "vm", "cancel"]);
    await github.labelled(pull, [
      "10.rebuild-linux: 11-100",
      "10.rebuild-nixos-tests",
      // R07 reads what an aggregate of modules does not have.
      "modprobot: breaks-evaluation",
      "modprobot: needs-approval",
    ]);
  });

  it("is not moved by a stranger's approval", async () => {
    const { github } = scene;
    const asked = await github.comment(pull, "eve-stranger", "/modprobot approve");

    await github.nextReaction(asked, "confused");
    expect(github.reactions(asked)).toEqual(["eyes", "confused"]);
    expect((await github.nextComment(pull)).body).toContain(
      "`/modprobot approve` needs write access to this repository; you have read access. Nothing was done.",
    );
    expect(await lastRun()).toMatchObject({ status: "completed", conclusion: "action_required" });
  });

  it("goes on with a maintainer's approval, and names everything that breaks", async () => {
    const { github } = scene;
    const asked = await github.comment(pull, "max-maintain", "Thank you!\n\n/modprobot approve");
    await github.nextReaction(asked, "rocket");
    const going = await github.checkRunThat(pull, "goes on", ({ status }) => status === "in_progress");
    const run = await failed();

    // One check, one run, from beginning to end.
    expect(run.id).toBe(going.id);
    expect(run.title).toMatch(/^❌ 13 consumers break, 7 of them silently/);
    expect(mentioned(run.annotations.map(({ title }) => title).join("\n"), "R")).toEqual(EVERY_R);
    for (const annotation of run.annotations) {
      expect(annotation).toMatchObject({ annotation_level: "failure", start_line: annotation.end_line });
      expect(annotation.start_line).toBeGreaterThan(0);
      expect(annotation.message).toContain("Write instead:");
    }
  });

  it("says so in the comment that was there, and nowhere else", async () => {
    const { github } = scene;
    const { id, body } = await github.commentThatSays(pull, /^### ❌ 13 consumers break/);

    expect(id).toBe(report.id);
    expect(mentioned(unfolded(body), "R")).toEqual(EVERY_R);
    expect(mentioned(unfolded(body), "N")).toEqual([]);
    expect(body).toContain(pull.headSha.slice(0, 12));
    expect(body).not.toContain("/modprobot approve");
    expect((await github.comments(pull)).filter(({ body }) => body.includes("###"))).toHaveLength(1);
    await github.labelled(pull, [
      "10.rebuild-linux: 11-100",
      "10.rebuild-nixos-tests",
      "modprobot: breaks-consumers",
    ]);
  });

  it("shows the same facts on its page", async () => {
    const run = await lastRun();
    expect(run?.detailsUrl).toMatch(new RegExp(`^${scene.app.url}/checks/[0-9a-f-]{36}$`));

    const page = await fetch(run?.detailsUrl ?? "");
    const json = await fetch(`${run?.detailsUrl}.json`);

    expect(page.status).toBe(200);
    const text = await page.text();
    expect(text).toContain("13 consumers break, 7 of them silently");
    expect(mentioned(text, "R")).toEqual(EVERY_R);
    expect(await json.json()).toMatchObject({
      verdict: "failure",
      head: expect.stringMatching(/^[0-9a-f]{40}$/),
    });
  });

  it("has its logs there too: why builds failed, and what the kernels said", async () => {
    const address = (await lastRun())?.detailsUrl ?? "";
    const page = await (await fetch(address)).text();
    const links = [...page.matchAll(/<a href="([^"]+\/logs\/[^"]+)">([^<]+)<\/a>/g)];
    const read = async (name: RegExp) => {
      const [, href = ""] = links.find(([, , label = ""]) => name.test(label)) ?? [];
      return (await fetch(new URL(href, address))).text();
    };

    const comment = (await scene.github.comments(pull)).find(({ id }) => id === report.id);
    expect(comment?.body).toContain(`${address}#logs`);
    expect(await read(/^boot-linux-/)).toContain("Linux version");
    expect(await read(/^build-/)).not.toBe("");
  });

  it("is outdated with a push, which waits for an approval of its own", async () => {
    const { github } = scene;
    const before = pull.headSha;
    const build = edited(
      local,
      LINUX,
      "builtins.readFile ./install-prebuilt-build-tree.sh",
      'builtins.readFile ./install-prebuilt-build-tree.sh + "# once more\\n"',
    );
    await github.push(pull, branchWith(local, "built-anew", "split-modules", build));

    const { id } = await github.commentThatSays(pull, /^### 🕰️ Outdated: head is now/);
    expect(id).toBe(report.id);
    await waits();
    expect(await github.commentThatSays(pull, `Head \`${pull.headSha.slice(0, 12)}\`, base`)).toMatchObject({
      id: report.id,
      body: expect.stringContaining("with `/modprobot approve`"),
    });
    // What was said about the other commits stands, where it was said.
    expect((await github.checkRuns(before)).at(-1)).toMatchObject({ conclusion: "failure" });
  });

  it("ends the processes of a check that a push supersedes", async () => {
    const { github } = scene;
    const approved = await github.comment(pull, "max-maintain", "/modprobot approve");
    await github.nextReaction(approved, "rocket");
    const building = await runs("--realise");
    const before = pull.headSha;
    await github.push(pull, branchWith(local, "as-before", "built-anew", edited(local, LINUX, "", "")));

    await end(building);
    await waitFor("the old check run to be cancelled", "answer", async () =>
      (await github.checkRuns(before)).at(-1)?.conclusion === "cancelled" ? true : undefined,
    );
    await waits();
  });

  it("has three buttons: cancel, which a stranger cannot press", async () => {
    const { github } = scene;
    await github.pressButton(pull, "cancel", "eve-stranger");
    await github.pressButton(pull, "cancel", "wim-write");

    await github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled");
    expect((await lastRun())?.title).toBe("Cancelled: by wim-write");
    await github.commentThatSays(pull, "This check was cancelled: by `wim-write`.");
  });

  it("re-run, which stands for an approval, and finds everything built", async () => {
    const { github } = scene;
    const before = await lastRun();
    await github.pressButton(pull, "rerun", "wim-write");

    const run = await failed();
    expect(run.id).not.toBe(before?.id);
    expect((await github.commentThatSays(pull, /^### ❌ 13 consumers break/)).id).toBe(report.id);
  });

  it("and run VM again, which boots although the kernels have passed", async () => {
    const { github } = scene;
    const before = await lastRun();
    await github.pressButton(pull, "vm", "wim-write");

    await runs("qemu-system");
    await github.checkRunThat(pull, "goes on", ({ id }) => id !== before?.id);
  });

  it("is let go when the pull request is closed, processes and all", async () => {
    const { github } = scene;
    const booting = await runs("qemu-system");
    await github.close(pull);

    await end(booting);
    // The head has another run that was cancelled, by button.
    await github.checkRunThat(
      pull,
      "is cancelled with the pull request",
      ({ title }) => title === "Cancelled: the pull request is closed",
    );
    await github.commentThatSays(pull, "the pull request is closed");
    const said = (await github.comments(pull)).filter(({ login }) => login === "modprobot[bot]");
    // The report and the answer to the stranger.
    expect(said).toHaveLength(2);
  });

  const waits = () =>
    scene.github.checkRunThat(
      pull,
      "waits for an approval",
      ({ conclusion }) => conclusion === "action_required",
      "stage",
    );
  const failed = () =>
    scene.github.checkRunThat(
      pull,
      "has failed and is annotated",
      ({ conclusion, annotations }) => conclusion === "failure" && annotations.length > 0,
      "report",
    );

  /** Waits until the App runs such a program. Returns all that it runs. */
  const runs = (program: string) => {
    const processes = () => descendants(scene.app.server.pid);
    return waitFor(
      `${program} to run`,
      "stage",
      () => (processes().some(({ command }) => command.includes(program)) ? processes() : undefined),
      () => shown(processes()),
    );
  };
  const end = async (processes: readonly Process[]) => {
    // What outlives its check does so because the App is not its parent: git's servers, say, are the fake GitHub's.
    const ofCheck = processes.filter(({ command }) => /nix|bwrap|qemu/.test(command));
    await waitFor(
      "the check's processes to end",
      "answer",
      () => (ofCheck.some(isAlive) ? undefined : true),
      () => shown(ofCheck.filter(isAlive)),
    );
  };
});

const shown = (processes: readonly Process[]) => processes.map(({ command }) => command).join("\n");
