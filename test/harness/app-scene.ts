/**
 * One fake GitHub and one App for all tests of a file, where each has a repository of its own: starting a database and
 * proving Nix' sandbox take longer than most conversations.
 *
 *     const scene = appSceneForFile();
 *     it("answers", async () => { const pull = await scene.github.openPullRequest(…); … });
 */
import { afterAll, beforeAll, beforeEach, onTestFailed } from "vitest";
import { type AppOptions, type RunningApp, startApp } from "./app.ts";
import { createGitHub, type GitHub, type GitHubOptions } from "./github/github.ts";

export interface AppScene {
  readonly github: GitHub;
  readonly app: RunningApp;
}

/** Call it where tests are collected. What was left over on the fake GitHub fails the file at its end. */
export function appSceneForFile(
  options: Partial<Pick<AppOptions, "database" | "env">> & { readonly github?: GitHubOptions } = {},
): AppScene {
  const { database = "pglite", env, github: gitHubOptions } = options;
  const parts: { github?: GitHub; app?: RunningApp } = {};
  let failed = false;

  beforeAll(async () => {
    parts.github = await createGitHub(gitHubOptions);
    parts.app = await startApp({ github: parts.github, database, ...(env === undefined ? {} : { env }) });
  });
  beforeEach(() => {
    onTestFailed(async () => {
      failed = true;
      console.error(`what the App logged:\n${(await parts.app?.logs())?.slice(-20_000)}`);
    });
  });
  afterAll(async () => {
    await parts.app?.finish(failed);
    await parts.github?.finish();
  });

  return {
    get github() {
      return given(parts.github);
    },
    get app() {
      return given(parts.app);
    },
  };
}

function given<T>(part: T | undefined): T {
  if (part === undefined) throw new Error("the scene is there from `beforeAll` on");
  return part;
}
