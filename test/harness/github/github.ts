/**
 * A GitHub for conversations: a stateful emulator behind a proxy that holds every request and answer to GitHub's own
 * description and adds what the emulator lacks; git over http; webhooks. The vocabulary of the tests is in `story-*.ts`.
 *
 *     const github = await githubForTest();
 *     const repository = await github.createRepository({ from: directory, name: "kernels" });
 *     await github.installApp();
 *     const pull = await github.openPullRequest({ repository, from: { directory, branch: "split-modules" } });
 *     const comment = await github.nextComment(pull);
 *
 * What a test leaves behind fails it at its end: comments nobody read, open check runs, faults that were never met, and
 * anything GitHub's description does not allow.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { readAppManifest } from "../../../src/config/app-manifest.ts";
import { type Api, createApi, type PermissionUse } from "./api.ts";
import { createDeliveries, type Deliveries } from "./deliveries.ts";
import { APP, type Emulator, startEmulator } from "./emulator.ts";
import { createEvents, type Events } from "./events.ts";
import { createFaults, type Faults } from "./faults.ts";
import type { Pushed } from "./git-door.ts";
import { createGitRepositories, type GitRepositories } from "./git-repositories.ts";
import { createMoments, type Moments } from "./moments.ts";
import { eventAfter } from "./reactions-to-requests.ts";
import { type RecordedRequest, startServer } from "./server.ts";
import type { Stage } from "./stage.ts";
import { type AppStory, appStory } from "./story-app.ts";
import { type CheckStory, checkStory } from "./story-checks.ts";
import { type CommentStory, commentStory } from "./story-comments.ts";
import { type PullStory, pullStory } from "./story-pulls.ts";
import { type RepositoryStory, repositoryStory } from "./story-repositories.ts";
import type { World } from "./world.ts";

export interface GitHubOptions {
  /** What an installation is granted; default: what `app.yml` asks for. */
  readonly permissions?: Readonly<Record<string, string>>;
  /** What the App subscribed to, beside installation events, which always arrive; default: what `app.yml` asks for. */
  readonly events?: readonly string[];
}

export interface GitHub extends RepositoryStory, PullStory, CommentStory, CheckStory, AppStory {
  /** Of the interface and of git: `http://127.0.0.1:port`. */
  readonly url: string;
  readonly app: { readonly id: number; readonly slug: string; readonly privateKey: string };
  /** What deliveries are signed with; may be changed midway. */
  webhookSecret: string;
  /** Where the App listens; none, and deliveries fail. */
  webhookUrl: string | undefined;
  /** Of GitHub before this machine's. */
  readonly clock: { aheadSeconds: number };
  readonly next: Faults["next"];
  readonly always: Faults["always"];
  readonly when: Moments["when"];
  readonly requests: readonly RecordedRequest[];
  /** What an installation was seen to need, by operation. */
  permissionsUsed(): readonly PermissionUse[];
  /** Waits for what is under way. */
  settled(): Promise<void>;
  leftovers(): Promise<readonly string[]>;
  /** Ends everything, once. @throws Error that lists what was left over */
  finish(): Promise<void>;
}

const MANIFEST = readAppManifest();

/** Ends with the test that called it, and fails it with what was left over. */
export async function githubForTest(options: GitHubOptions = {}): Promise<GitHub> {
  const github = await createGitHub(options);
  onTestFinished(() => github.finish());
  return github;
}

export async function createGitHub(options: GitHubOptions = {}): Promise<GitHub> {
  const directory = await mkdtemp(join(tmpdir(), "github-"));
  const git = await createGitRepositories(join(directory, "git"));
  const faults = createFaults();
  const moments = createMoments();
  const settings: Pick<GitHub, "webhookSecret" | "webhookUrl" | "clock"> = {
    webhookSecret: "a-secret-of-the-fake-github-0123456789",
    webhookUrl: undefined,
    clock: { aheadSeconds: 0 },
  };
  const deliveries = createDeliveries({
    target: () => settings.webhookUrl,
    secret: () => settings.webhookSecret,
  });
  const own: string[] = [];
  const underWay = new Set<Promise<unknown>>();
  let made: Made | undefined;

  const server = await startServer(async (url) => {
    const parts = { settings, git, deliveries };
    made = await makeParts(url, options, parts, (problems) => own.push(...problems));
    const { api, events, world, emulator, pushed } = made;
    return {
      api,
      world,
      faults,
      moments,
      door: { world, git, emulator, onPush: pushed },
      afterwards(call, answer) {
        const sent = eventAfter(call, answer, events);
        if (sent === undefined) return;
        const ended = sent
          .catch((error: unknown) => own.push(String(error)))
          .finally(() => underWay.delete(ended));
        underWay.add(ended);
      },
    };
  });
  if (made === undefined) throw new Error("the fake GitHub did not start");
  const { world, api, events, emulator, pushed } = made;
  const stage: Stage = { world, api, git, events, deliveries, server, pushed, readComments: new Set() };
  const stories = {
    ...repositoryStory(stage),
    ...pullStory(stage),
    ...commentStory(stage),
    ...checkStory(stage),
    ...appStory(stage),
  };

  const settled = async () => {
    while (underWay.size > 0) await Promise.allSettled([...underWay]);
    await deliveries.settled();
  };
  const leftovers = async () => [
    ...new Set([...server.violations, ...own]),
    ...faults.unused(),
    ...moments.unmet(),
    ...(await stories.unreadComments()),
    ...(await stories.openCheckRuns()),
  ];
  let finished = false;
  const finish = async () => {
    if (finished) return;
    finished = true;
    const left = await leftovers().finally(async () => {
      settings.webhookUrl = undefined;
      await settled();
      await server.close();
      await emulator.close();
      await rm(directory, { recursive: true, force: true });
    });
    if (left.length > 0) throw new Error(`left over on the fake GitHub:\n${left.join("\n")}`);
  };

  return Object.assign(settings, stories, {
    url: server.url,
    app: { id: APP.id, slug: APP.slug, privateKey: emulator.privateKey },
    next: faults.next,
    always: faults.always,
    when: moments.when,
    requests: server.requests,
    permissionsUsed: () => [...api.permissionsUsed.values()],
    settled,
    leftovers,
    finish,
  });
}

interface Made {
  readonly world: World;
  readonly emulator: Emulator;
  readonly api: Api;
  readonly events: Events;
  readonly pushed: (pushed: Pushed) => Promise<void>;
}

async function makeParts(
  url: string,
  options: GitHubOptions,
  parts: {
    readonly settings: Pick<GitHub, "webhookSecret" | "webhookUrl" | "clock">;
    readonly git: GitRepositories;
    readonly deliveries: Deliveries;
  },
  violations: (problems: readonly string[]) => void,
): Promise<Made> {
  const { settings, git, deliveries } = parts;
  const { default_permissions, default_events } = MANIFEST;
  const { permissions = default_permissions, events: subscribed = default_events } = options;
  const emulator = await startEmulator({ publicUrl: url, permissions, events: subscribed });
  const world: World = {
    url,
    hook: settings,
    registrations: new Map(),
    clock: settings.clock,
    repositories: new Map(),
    formerNames: new Map(),
    pulls: [],
    checkRuns: new Map(),
    reactions: [],
    tokens: new Map(),
    installations: new Map(),
    permissions,
    events: subscribed,
    startedAt: new Date().toISOString(),
  };
  const api = createApi({ world, git, emulator, deliveries });
  const events = createEvents({ world, api, deliveries, violations });
  return { world, emulator, api, events, pushed: (pushed) => afterPush(pushed, world, git, events) };
}

/** Pull requests from a pushed branch have a new head; those based on it have to be merged anew. */
async function afterPush(
  { repository, login, branches }: Pushed,
  world: World,
  git: GitRepositories,
  events: Events,
): Promise<void> {
  for (const { name, before, after } of branches) {
    for (const pull of world.pulls.filter(({ isOpen }) => isOpen)) {
      if (pull.repositoryId === repository.id && pull.baseRef === name) pull.isStale = true;
      if (pull.headRepositoryId !== repository.id || pull.headRef !== name || after === undefined) continue;
      pull.headSha = after;
      pull.baseSha = (await git.branches(pull.repositoryId)).get(pull.baseRef) ?? pull.baseSha;
      pull.isStale = true;
      await git.setPullHead(pull.repositoryId, pull.number, repository.id, after);
      await events.pullRequest(pull, "synchronize", login, { before, after });
    }
  }
}
