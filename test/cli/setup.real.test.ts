/**
 * `modprobot setup` as an operator runs it: the program in a process of its own, a real browser, and the fake GitHub's
 * pages. What is looked for afterwards: files that only their owner reads, secrets that were never shown, nothing left
 * behind where it did not come to an end.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { setUp } from "../../src/cli/setup/set-up.ts";
import { readAppManifest } from "../../src/config/app-manifest.ts";
import { manifestFor } from "../../src/domain/app-manifest.ts";
import { browserForTests } from "../harness/browser.ts";
import { type GitHub, githubForTest } from "../harness/github/github.ts";
import { listenerForTest } from "../harness/github/webhook-listener.ts";
import { modprobot, PROJECT, type Started, start, temporaryDirectory } from "../harness/modprobot.ts";

const PUBLIC_URL = "https://modprobot.example.org";
const directory = temporaryDirectory();
const visit = browserForTests();

let count = 0;
const freshOut = () => join(directory, `out-${++count}`, "deeper");

interface Setup {
  readonly program: Started;
  readonly out: string;
  readonly url: string;
}

function environment(github: GitHub): Record<string, string> {
  return { MODPROBOT_GITHUB_API_URL: github.url, GHE_HOST: "", PUBLIC_URL: "" };
}

async function startSetup(github: GitHub, args: readonly string[] = [], out = freshOut()): Promise<Setup> {
  const program = start(
    `${PROJECT}/bin/modprobot`,
    ["setup", "--public-url", PUBLIC_URL, "--out", out, ...args],
    environment(github),
  );
  await program.says("Ctrl-C stops");
  const url = /http:\/\/127\.0\.0\.1:\d+\/setup\/[\w-]{43}/.exec(program.stdoutSoFar())?.[0] ?? "";
  return { program, out, url };
}

const mode = (file: string) => (statSync(file).mode & 0o777).toString(8);

it("makes the App: a form, a click on GitHub, a key and an environment that are their owner's alone", async () => {
  const github = await githubForTest();
  const { program, out, url } = await startSetup(github, ["--org", "kernel-org"]);
  const { page, complaints } = await visit();

  await page.goto(url);
  const shown = await page.textContent("main");
  await page.click("text=Go on to GitHub");
  await page.waitForSelector("input[name=name]");
  const asked = { at: new URL(page.url()).pathname, name: await page.inputValue("input[name=name]") };
  await page.click("text=Create GitHub App for kernel-org");
  await page.waitForSelector("text=is made");
  const { status, stdout, stderr } = await program.ended;

  expect(shown).toContain(`${PUBLIC_URL}/api/github/webhooks`);
  expect(asked).toEqual({ at: "/organizations/kernel-org/settings/apps/new", name: "modprobot-kernel-org" });
  expect(await page.getAttribute("a", "href")).toBe(`${github.url}/apps/modprobot/installations/new`);
  expect(complaints).toEqual([]);
  expect([status, stderr]).toEqual([0, ""]);

  const key = join(out, "private-key.pem");
  const file = join(out, "modprobot.env");
  expect(readFileSync(key, "utf8")).toBe(github.app.privateKey);
  expect(readFileSync(file, "utf8").split("\n").slice(1)).toEqual([
    `APP_ID=${github.app.id}`,
    `PRIVATE_KEY_PATH=${key}`,
    `WEBHOOK_SECRET=${github.webhookSecret}`,
    `PUBLIC_URL=${PUBLIC_URL}`,
    "",
  ]);
  expect([mode(out), mode(key), mode(file)]).toEqual(["700", "600", "600"]);
  expect(github.webhookUrl).toBe(`${PUBLIC_URL}/api/github/webhooks`);

  expect(stdout).toContain("/installations/new");
  expect(stdout).toContain("modprobot doctor");
  expect(stdout).not.toContain(github.webhookSecret);
  expect(stdout).not.toContain("PRIVATE KEY-----");
  github.webhookUrl = undefined;
});

it("takes nothing but the answer to its own form, and that once", async () => {
  const github = await githubForTest();
  const { program, url } = await startSetup(github);
  const origin = new URL(url).origin;
  const state = /state=([\w-]+)/.exec(await (await fetch(url)).text())?.[1] ?? "";
  const statusOf = async (address: string) => (await fetch(address)).status;

  expect(state).toHaveLength(43);
  expect(await statusOf(origin)).toBe(404);
  expect(await statusOf(`${origin}/setup/${"a".repeat(43)}`)).toBe(404);
  expect(await statusOf(`${url}/made?code=stolen`)).toBe(400);
  expect(await statusOf(`${url}/made?code=stolen&state=${state.slice(1)}x`)).toBe(400);
  expect(await statusOf(`${url}/made?state=${state}`)).toBe(400);
  expect(await statusOf(`${url}/made?state=${state}&code=../../app`)).toBe(400);
  expect(github.requests).toEqual([]);

  // Nobody gave this code; it is the right form's answer all the same, and the only one.
  const answers = await Promise.all(
    ["first", "second"].map((code) => statusOf(`${url}/made?state=${state}&code=${code}`)),
  );
  const { status, stderr } = await program.ended;

  expect(answers.sort()).toEqual([410, 502]);
  expect(github.requests.map(({ operation }) => operation)).toEqual(["apps/create-from-manifest"]);
  expect(status).toBe(3);
  expect(stderr).toContain("older than an hour, or was used before");
  expect(stderr.match(/warning: refused/g)).toHaveLength(4);
});

it("says what GitHub refused", async () => {
  const github = await githubForTest();
  github.next("apps/create-from-manifest", { kind: "status", status: 422, message: "Validation Failed" });
  const { program, out, url } = await startSetup(github);
  const state = /state=([\w-]+)/.exec(await (await fetch(url)).text())?.[1] ?? "";

  const answer = await fetch(`${url}/made?state=${state}&code=abc`);
  const { status, stderr } = await program.ended;

  expect(await answer.text()).toContain("GitHub refused with 422");
  expect([status, existsSync(out)]).toEqual([3, false]);
  expect(stderr).toContain("GitHub refused with 422");
});

it("leaves nothing behind when it is interrupted", async () => {
  const github = await githubForTest();
  const { program, out, url } = await startSetup(github);

  process.kill(program.pid, "SIGINT");
  const { status, stderr } = await program.ended;

  expect(status).toBe(130);
  expect(stderr).toContain("interrupted");
  expect(existsSync(join(out, ".."))).toBe(false);
  await expect(fetch(url)).rejects.toThrow();
});

it("does not wait for ever", async () => {
  const github = await githubForTest();
  const out = freshOut();
  const manifest = manifestFor(readAppManifest(), { name: "modprobot", publicUrl: PUBLIC_URL });
  const options = {
    github: { apiUrl: github.url },
    manifest,
    publicUrl: PUBLIC_URL,
    organization: undefined,
    out,
    replace: false,
    port: 0,
    waitMs: 10,
    tell: () => undefined,
    warn: () => undefined,
  };

  await expect(setUp(options, new AbortController().signal)).rejects.toMatchObject({ code: "setup-timeout" });
  expect(existsSync(out)).toBe(false);
});

it("says which port is taken, and what to do", async () => {
  const taken = await listenerForTest();
  const args = ["--public-url", PUBLIC_URL, "--port", new URL(taken.url).port, "--out", freshOut()];

  const { status, stderr } = await modprobot(["setup", ...args], { PUBLIC_URL: "", GHE_HOST: "" });

  expect(status).toBe(3);
  expect(stderr).toContain("EADDRINUSE");
  expect(stderr).toContain("--port");
});

it("writes over nothing, unless told to", async () => {
  const github = await githubForTest();
  const out = freshOut();
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, "private-key.pem"), "another App's key\n");
  const args = ["setup", "--public-url", PUBLIC_URL, "--out", out];

  const refused = await modprobot(args, environment(github));

  expect(refused.status).toBe(2);
  expect(refused.stderr).toContain("private-key.pem");
  expect(refused.stderr).toContain("--replace");

  const { program, url } = await startSetup(github, ["--replace"], out);
  const { page } = await visit();
  await page.goto(url);
  await page.click("text=Go on to GitHub");
  await page.click("text=Create GitHub App for ann-admin");
  await page.waitForSelector("text=is made");

  expect((await program.ended).status).toBe(0);
  expect(readFileSync(join(out, "private-key.pem"), "utf8")).toBe(github.app.privateKey);
  expect(readdirSync(out).sort()).toEqual(["modprobot.env", "private-key.pem"]);
  github.webhookUrl = undefined;
});

it.each([
  { args: [], words: "--public-url" },
  { args: ["--public-url", "modprobot.example.org"], words: "no address" },
  { args: ["--public-url", PUBLIC_URL, "--name", "a".repeat(35)], words: "34 characters" },
  { args: ["--public-url", PUBLIC_URL, "--port", "70000"], words: "65535" },
  { args: ["--public-url", PUBLIC_URL, "--wait", "0"], words: "1 to 60" },
  { args: ["--public-url", PUBLIC_URL, "--out", "/tmp/a b"], words: "characters" },
])("refuses $args", async ({ args, words }) => {
  const { status, stderr } = await modprobot(["setup", ...args], { PUBLIC_URL: "", GHE_HOST: "" });

  expect(status).toBe(2);
  expect(stderr).toContain(words);
});

it("says how to do it by hand, everything filled in", async () => {
  const { status, stdout } = await modprobot(
    ["setup", "--manual", "--public-url", PUBLIC_URL, "--org", "kernel-org", "--out", "/etc/modprobot"],
    { GHE_HOST: "github.example.org" },
  );

  expect(status).toBe(0);
  expect(stdout).toContain("https://github.example.org/organizations/kernel-org/settings/apps/new?");
  expect(stdout).toContain("webhook_url=https%3A%2F%2Fmodprobot.example.org%2Fapi%2Fgithub%2Fwebhooks");
  for (const word of [
    "Read and write",
    "Issue comment",
    "GHE_HOST=github.example.org",
    "/etc/modprobot/modprobot.env",
  ])
    expect(stdout).toContain(word);
});
