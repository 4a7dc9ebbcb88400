/**
 * What happens to a pull request while it is checked: conflicts, pushes, drafts, closing, forks and repositories that
 * go away. Real server, git and Nix on a package set of a handful of attributes.
 */
import { describe, expect, it } from "vitest";
import { appSceneForFile } from "../harness/app-scene.ts";
import type { Owner } from "../harness/github/cast.ts";
import type { PullStory } from "../harness/github/story-pulls.ts";
import { waitFor } from "../harness/github/waits.ts";
import type { Pull, Repository } from "../harness/github/world.ts";
import { edited } from "../harness/kernel-pulls.ts";
import { nodes, values } from "../harness/markdown-tree.ts";
import { descendants, isAlive, type Process } from "../harness/processes.ts";
import { CONFIG, CONFIG_FILE, RECIPE, recipe, smallKernels } from "../harness/small-kernels.ts";

const scene = appSceneForFile();
const kernels = smallKernels();
const installed = new Set<Owner>();
let number = 0;

async function repositoryOf(owner: Owner = "kernel-org"): Promise<Repository> {
  number += 1;
  const repository = await scene.github.createRepository({
    from: kernels.directory,
    name: `kernels-${number}`,
    owner,
    branches: ["main"],
  });
  if (!installed.has(owner)) await scene.github.installApp(owner);
  installed.add(owner);
  return repository;
}

type Opening = Partial<Parameters<PullStory["openPullRequest"]>[0]>;

/** By somebody who may write, unless said otherwise. */
async function open(repository: Repository, version: string, more: Opening = {}): Promise<Pull> {
  return scene.github.openPullRequest({
    repository,
    from: kernels.branch(`version-${version}`, { [RECIPE]: recipe(version) }),
    ...more,
  });
}

const cancelled = (pull: Pull) =>
  scene.github.checkRunThat(pull, "is cancelled", ({ conclusion }) => conclusion === "cancelled");
const waits = (pull: Pull) =>
  scene.github.checkRunThat(
    pull,
    "waits for an approval",
    ({ conclusion }) => conclusion === "action_required",
    "stage",
  );

/** A pull request whose kernel is being built, which takes until it is ended. */
async function building(repository: Repository): Promise<{ pull: Pull; processes: readonly Process[] }> {
  number += 1;
  const mark = `sleep 30${number}`;
  const pull = await scene.github.openPullRequest({
    repository,
    from: kernels.branch(`slow-${number}`, { [RECIPE]: recipe("slow", `${mark}; echo ${Math.random()}`) }),
  });
  const processes = await waitFor("a build", "stage", () => {
    const found = descendants(scene.app.server.pid).filter(({ command }) => command.includes(mark));
    return found.length === 0 ? undefined : found;
  });
  return { pull, processes };
}

async function ended(processes: readonly Process[]): Promise<void> {
  await waitFor(
    "the build to end",
    "stage",
    () => (processes.some(isAlive) ? undefined : true),
    () => processes.map(({ command }) => command).join("\n"),
  );
}

it("says nothing but a neutral check run where no recipe is touched", async () => {
  const { github } = scene;
  const pull = await github.openPullRequest({
    repository: await repositoryOf(),
    from: kernels.branch("readme", { README: "more kernels\n" }),
  });

  expect(await github.completedCheckRun(pull, "stage")).toMatchObject({
    conclusion: "neutral",
    title: "No kernel recipe is touched",
  });
  expect(await github.comments(pull)).toEqual([]);
  expect(await github.labels(pull)).toEqual([]);
});

it("sees the recipe behind more than 3,000 changed files, where GitHub's list ends", async () => {
  const { github } = scene;
  const many = Object.fromEntries(
    Array.from({ length: 3_100 }, (_, index) => [`docs/${String(index).padStart(4, "0")}`, `${index}\n`]),
  );
  const pull = await github.openPullRequest({
    repository: await repositoryOf(),
    // In the order of names it comes last.
    from: kernels.branch("many", { ...many, [RECIPE]: recipe("many") }),
  });

  await github.completedCheckRun(pull, "stage");
  await github.commentThatSays(pull, "**4** of 5 attrs");
});

it("compares with the merge base where head and base conflict, and says so", async () => {
  const { github } = scene;
  const repository = await repositoryOf();
  await github.moveBase(repository, { [RECIPE]: recipe("moved") });
  const pull = await open(repository, "conflicting");

  await github.completedCheckRun(pull, "stage");
  const conflicts = `Head \`${pull.headSha.slice(0, 12)}\` conflicts with its base branch`;
  const { body } = await github.commentThatSays(pull, conflicts);
  expect(body).toContain("compared with the merge base");
});

it("forgets a head that was forced away while it was checked", async () => {
  const { github } = scene;
  const { pull, processes } = await building(await repositoryOf());
  const before = pull.headSha;
  await github.push(pull, kernels.branch("forced", { [RECIPE]: recipe("forced") }), { force: true });

  await ended(processes);
  await github.completedCheckRun(pull, "stage");
  const [old, ...more] = await github.checkRuns(before);
  expect([old?.status, old?.conclusion, more]).toEqual(["completed", "cancelled", []]);
  const { body } = await github.commentThatSays(pull, `Head \`${pull.headSha.slice(0, 12)}\`, base`);
  expect(body).not.toContain(before.slice(0, 12));
});

it("leaves drafts alone until they are ready, or until somebody asks", async () => {
  const { github } = scene;
  const repository = await repositoryOf();
  const draft = await open(repository, "draft", { draft: true });
  const asked = await open(repository, "asked", { draft: true });
  await github.comment(asked, "wim-write", "/modprobot check");
  await github.completedCheckRun(asked, "stage");
  await github.nextComment(asked);
  expect(await github.checkRuns(draft.headSha)).toEqual([]);

  await github.readyForReview(draft);
  await github.completedCheckRun(draft, "stage");
  await github.nextComment(draft);

  const { pull, processes } = await building(repository);
  await github.convertToDraft(pull);
  await ended(processes);
  expect((await cancelled(pull)).title).toBe("Cancelled: the pull request is a draft");
  await github.commentThatSays(pull, "the pull request is a draft");
});

it("ends what runs when the pull request is closed, and begins again when it is reopened", async () => {
  const { github } = scene;
  const { pull, processes } = await building(await repositoryOf());
  await github.close(pull);

  await ended(processes);
  expect((await cancelled(pull)).title).toBe("Cancelled: the pull request is closed");
  await github.commentThatSays(pull, "the pull request is closed");

  await github.reopen(pull);
  await github.checkRunThat(pull, "runs", ({ status }) => status === "in_progress");
  await github.comment(pull, "wim-write", "/modprobot cancel");
  await github.checkRunThat(pull, "is cancelled", ({ title }) => title === "Cancelled: by wim-write");
});

it("goes on where the repository has another name, or another owner, midway", async () => {
  const { github } = scene;
  const renamed = await repositoryOf();
  const one = await open(renamed, "renamed", { author: "fay-forker", fork: true });
  await waits(one);
  await github.renameRepository(renamed, "kernels-with-another-name");
  await github.comment(one, "max-maintain", "/modprobot approve");
  await github.checkRunThat(one, "ends", ({ conclusion }) => conclusion === "neutral", "stage");
  expect((await github.comments(one)).filter(({ body }) => body.includes("### "))).toHaveLength(1);

  await repositoryOf("other-org");
  const transferred = await repositoryOf();
  const two = await open(transferred, "transferred", { author: "fay-forker", fork: true });
  await waits(two);
  await github.transfer(transferred, "other-org");
  await github.comment(two, "max-maintain", "/modprobot approve");
  await github.checkRunThat(two, "ends", ({ conclusion }) => conclusion === "neutral", "stage");
  expect((await github.comments(two)).filter(({ body }) => body.includes("### "))).toHaveLength(1);
});

it("needs no fork to go on: what was pushed is with the pull request", async () => {
  const { github } = scene;
  const pull = await open(await repositoryOf(), "vanished", { author: "fay-forker", fork: true });
  await waits(pull);
  await github.deleteFork(pull);
  await github.comment(pull, "max-maintain", "/modprobot approve");

  await github.checkRunThat(pull, "ends", ({ conclusion }) => conclusion === "neutral", "stage");
  await github.nextComment(pull);
});

it("serves several installations at once, each with its own", async () => {
  const { github } = scene;
  const pulls = await Promise.all(
    (["kernel-org", "other-org", "ann-admin"] as const).map(async (owner) =>
      open(await repositoryOf(owner), `of-${owner}`, { author: "ann-admin" }),
    ),
  );

  for (const pull of pulls) {
    await github.completedCheckRun(pull, "stage");
    await github.commentThatSays(pull, `Head \`${pull.headSha.slice(0, 12)}\`, base`);
  }
});

it("stops where the App is suspended or removed, and comes back with it", async () => {
  const { github } = scene;
  const suspended = await building(await repositoryOf("other-org"));
  await github.suspendInstallation("other-org");
  await ended(suspended.processes);
  await github.unsuspendInstallation("other-org");
  expect((await cancelled(suspended.pull)).title).toBe("Cancelled: the App is suspended here");
  // Nobody has to ask for what was taken away.
  await github.checkRunThat(suspended.pull, "runs again", ({ status }) => status === "in_progress");
  await github.comment(suspended.pull, "ann-admin", "/modprobot cancel");
  await github.checkRunThat(
    suspended.pull,
    "is cancelled",
    ({ title }) => title === "Cancelled: by ann-admin",
  );
  await github.commentThatSays(suspended.pull, "cancelled: by `ann-admin`");

  const removed = await building(await repositoryOf("ann-admin"));
  await github.uninstallApp("ann-admin");
  await ended(removed.processes);
  installed.delete("ann-admin");
  await github.comments(removed.pull);
});

describe("configuration", () => {
  it("is that of base: a change cannot let itself be built", async () => {
    const { github } = scene;
    const repository = await repositoryOf();
    const files = {
      [RECIPE]: recipe("greedy"),
      [CONFIG_FILE]: `${CONFIG}commands: { authors: everyone, approve: write, cancel: read }\n`,
    };
    const pull = await github.openPullRequest({
      repository,
      from: kernels.branch("greedy", files),
      author: "fay-forker",
      fork: true,
    });
    await waits(pull);
    await github.nextComment(pull);

    // Its own rules would let its author.
    const asked = await github.comment(pull, "fay-forker", "/modprobot cancel");
    await github.nextReaction(asked, "confused");
    await github.nextComment(pull);
    expect((await github.checkRuns(pull.headSha)).at(-1)?.conclusion).toBe("action_required");
  });

  it("may say that everybody's changes are built, which then holds", async () => {
    const { github } = scene;
    const repository = await repositoryOf();
    await github.moveBase(repository, { [CONFIG_FILE]: `${CONFIG}commands: { authors: everyone }\n` });
    const pull = await open(repository, "trusted", { author: "fay-forker", fork: true });

    await github.checkRunThat(pull, "ends", ({ conclusion }) => conclusion === "neutral", "stage");
    const { body } = await github.commentThatSays(pull, `Head \`${pull.headSha.slice(0, 12)}\`, base`);
    expect(body).not.toContain("/modprobot approve");
  });
});

it("shows what a pull request wrote as text, wherever it wrote it", async () => {
  const { github } = scene;
  const evil =
    "@octocat #1 [x](https://evil.example) ![i](https://evil.example/i.png) <img src=x onerror=alert(1)>";
  const names = ["@octocat", "![i](https://evil.example/i.png)", "<img src=x onerror=alert(1)>"];
  const attrs = names.map(
    (name) => `  ${JSON.stringify(name)} = sh "evil" "cat \${linux}/version > $out";\n`,
  );
  const entry = edited(
    kernels.directory,
    "default.nix",
    "  inherit linux;\n",
    `  inherit linux;\n${attrs.join("")}`,
  );
  const pull = await github.openPullRequest({
    repository: await repositoryOf(),
    from: kernels.branch('@octocat/zzz";echo${IFS}"hello";#<img>', {
      ...entry,
      [RECIPE]: recipe("evil", `echo "${evil}"; echo "::error::\`\`\`"; printf "\\033[31mred\\007"; exit 1`),
    }),
    title: evil,
    // Commands are given in comments.
    body: `/modprobot approve\n${evil}`,
    author: "fay-forker",
    fork: true,
  });
  await waits(pull);
  await github.comment(pull, "max-maintain", "/modprobot approve");
  const run = await github.checkRunThat(pull, "fails", ({ conclusion }) => conclusion === "failure", "stage");
  await github.comment(pull, "tim-triage", `/modprobot build "${evil.replaceAll('"', "")}"`);

  const { body: reply } = await github.commentThatSays(pull, "There is no attribute");
  const { body } = await github.commentThatSays(pull, /^### ❌ `linux` no longer builds/);
  expect(body).toContain("octocat");
  for (const markdown of [body, reply, run.summary, run.text]) {
    expect(nodes(markdown, "image")).toEqual([]);
    expect(JSON.stringify(nodes(markdown, "link"))).not.toContain("evil.example");
    expect(values(markdown, "html").join()).not.toMatch(/<img|<script/);
    expect(values(markdown, "text").join("\n")).not.toMatch(/@\w|#\d|:\/\//);
    expect(markdown).not.toMatch(/[\u0007\u001b]/);
  }
  const page = await (await fetch(run.detailsUrl ?? "")).text();
  expect(page).toContain("octocat");
  expect(page).not.toMatch(/<img|href="https:\/\/evil|[\u0007\u001b]/);
});
