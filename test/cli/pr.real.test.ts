/** `modprobot pr` as a reviewer runs it, with a token of their own, against a GitHub that remembers. */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hasMarker, REPORT_MARKER } from "../../src/domain/marker.ts";
import { commitFiles, gitIn, repositoryOf } from "../git/repositories.ts";
import { personToken } from "../harness/github/cast.ts";
import { type GitHub, githubForTest } from "../harness/github/github.ts";
import type { Pull } from "../harness/github/world.ts";
import { type Ended, modprobot, readReport, temporaryDirectory } from "../harness/modprobot.ts";

const work = temporaryDirectory();
const data = join(work, "data");

const set = (linux: string, zfs: string) => `{ system, config }:
let drv = name: derivation { inherit name system; builder = "/bin/sh"; args = [ "-c" "echo > $out" ]; };
in { linux = ${linux}; zfs = ${zfs}; }
`;
const FINE = set('drv "linux"', 'drv "zfs"');
const CONFIG = "recipes: [default.nix]\nkernels: [linux]\nvmTests: []\n";

interface Scene {
  readonly github: GitHub;
  readonly pull: Pull;
  readonly local: string;
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ended>;
}

async function scene(atHead: string): Promise<Scene> {
  const local = repositoryOf({ "default.nix": FINE, ".github/modprobot.yml": CONFIG });
  gitIn(local, "checkout", "--quiet", "-b", "change");
  commitFiles(local, { "default.nix": atHead });
  const github = await githubForTest();
  const repository = await github.createRepository({ from: local, name: "kernels", branches: ["main"] });
  const pull = await github.openPullRequest({ repository, from: { directory: local, branch: "change" } });
  const env = {
    GITHUB_TOKEN: "",
    GH_TOKEN: personToken("wim-write"),
    GHE_HOST: "",
    MODPROBOT_GITHUB_API_URL: github.url,
  };
  const run: Scene["run"] = (args, more = {}) =>
    modprobot(["pr", "--data", data, "--progress", "none", ...args], { ...env, ...more });
  return { github, pull, local, run };
}

const BROKEN = set('drv "linux"', 'throw "needs the modules output"');

describe("modprobot pr", () => {
  it("says what a pull request breaks, and nothing on GitHub", async () => {
    const { github, pull, run } = await scene(BROKEN);
    const json = join(work, "report.json");

    const { status, stdout, stderr } = await run([`kernel-org/kernels#${pull.number}`, "--json", json]);

    expect(stderr).toBe("");
    expect(status).toBe(1);
    expect(stdout).toMatch(/zfs/);
    expect(stdout).toContain("needs the modules output");
    expect(readReport(json)).toMatchObject({ verdict: "failure", base: pull.baseSha });
    expect(await github.comments(pull)).toEqual([]);
    const asked = github.requests.filter(({ operation }) => !operation?.startsWith("git/"));
    expect(asked.map(({ method }) => method)).not.toEqual([]);
    expect(asked.filter(({ method }) => method !== "GET")).toEqual([]);
    expect(stdout + stderr).not.toContain(personToken("wim-write"));
  });

  it("posts one comment where it is told to, and updates it the next time", async () => {
    const { github, pull, run } = await scene(BROKEN);
    const address = `https://github.com/kernel-org/kernels/pull/${pull.number}/files`;

    const first = await run([address, "--post"]);
    const second = await run([address, "--post"]);

    const comments = await github.comments(pull);
    expect(comments).toHaveLength(1);
    const [comment] = comments;
    expect(hasMarker(comment?.body ?? "", REPORT_MARKER)).toBe(true);
    expect(comment?.body).toContain(pull.headSha.slice(0, 12));
    expect(comment?.body).toContain("needs the modules output");
    for (const { status, stderr } of [first, second]) {
      expect(status).toBe(1);
      expect(stderr).toContain(`posted as comment ${comment?.id}`);
    }
  });

  it("ends with 0 where nothing is wrong", async () => {
    const { pull, run } = await scene(`${FINE}# the same\n`);

    const { status, stdout } = await run([`kernel-org/kernels#${pull.number}`]);

    expect([status, stdout]).toEqual([0, expect.stringContaining("no rebuilds")]);
  });

  it("goes to an Enterprise host that is set, and to no other with its token", async () => {
    const { github, pull, run } = await scene(`${FINE}# the same\n`);
    const env = { GHE_HOST: "github.example.org" };

    const own = await run([`https://github.example.org/kernel-org/kernels/pull/${pull.number}`], env);
    const asked = github.requests.length;
    const other = await run([`https://github.com/kernel-org/kernels/pull/${pull.number}`], env);

    expect(own.status).toBe(0);
    expect(other.status).toBe(2);
    expect(other.stderr).toMatch(
      /the pull request is on github\.com, and the token is for github\.example\.org/,
    );
    expect(github.requests).toHaveLength(asked);
  });

  it("says what is wrong with what it was given", async () => {
    const { pull, run } = await scene(FINE);

    const none = await run([`kernel-org/kernels#${pull.number}`], { GH_TOKEN: "" });
    const name = await run(["kernels"]);
    const gone = await run(["kernel-org/kernels#999"]);

    expect([none.status, name.status, gone.status]).toEqual([2, 2, 3]);
    expect(none.stderr).toContain("gh auth token");
    expect(name.stderr).toContain("owner/repo#number");
    expect(gone.stderr).toContain("kernel-org/kernels#999");
  });

  it("says what to do about a pull request that is closed", async () => {
    const { github, pull, run } = await scene(BROKEN);
    await github.close(pull);

    const { status, stderr } = await run([`kernel-org/kernels#${pull.number}`]);

    expect(status).toBe(2);
    expect(stderr).toMatch(/closed[\s\S]*modprobot check --base/);
  });
});
