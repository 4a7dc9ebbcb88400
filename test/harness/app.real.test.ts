/** The App's processes beside the fake GitHub: started, killed, started again on what was left. */
import { expect, it } from "vitest";
import { commitFiles, gitIn, repositoryOf } from "../git/repositories.ts";
import { appForTest, startApp } from "./app.ts";
import { githubForTest } from "./github/github.ts";
import { waitFor } from "./github/waits.ts";

it("answers a pull request that touches no recipe, and one that was opened while it was dead", async () => {
  const local = repositoryOf({ README: "kernels\n" });
  for (const branch of ["one", "two"]) {
    gitIn(local, "checkout", "--quiet", "-b", branch, "main");
    commitFiles(local, { README: `${branch}\n` });
  }
  const github = await githubForTest();
  const app = await appForTest({ github, database: "pglite" });
  const repository = await github.createRepository({ from: local, name: "kernels", branches: ["main"] });
  await github.installApp();
  // Else the pull request may be met while open ones are looked for, which is done for each new installation.
  await waitFor("the installation to be handled", "answer", async () =>
    /"event":"installation".*"delivery handled"/.test(await app.logs()) ? true : undefined,
  );

  const first = await github.openPullRequest({ repository, from: { directory: local, branch: "one" } });
  expect(await github.completedCheckRun(first)).toMatchObject({ conclusion: "neutral" });
  await app.server.kill();
  const second = await github.openPullRequest({ repository, from: { directory: local, branch: "two" } });
  expect(github.deliveries().at(-1)).toMatchObject({ event: "pull_request", statusCode: 502 });
  await app.restart();

  expect(await github.completedCheckRun(second)).toMatchObject({ conclusion: "neutral" });
  expect(await github.comments(second)).toEqual([]);
  expect(await app.server.stop()).toBe(0);

  const [{ guid } = { guid: "" }] = github.deliveries().filter(({ event }) => event === "pull_request");
  const lines = (await app.logs()).split("\n").filter((line) => line.includes(guid));
  const messages = lines.map((line) => (JSON.parse(line) as { message: string }).message);
  // What was not known to be told when it was killed is told once more.
  expect(messages.slice(0, 7)).toEqual([
    "webhook",
    "check requested",
    "delivery handled",
    "check begins",
    "check run published",
    "check left",
    "check run published",
  ]);
});

it("says what the App said where it does not start", async () => {
  const github = await githubForTest();

  await expect(
    startApp({ github, database: "pglite", env: { WEBHOOK_SECRET: "development" } }),
  ).rejects.toThrow(/ended at once:\n[\s\S]*WEBHOOK_SECRET/);
});
