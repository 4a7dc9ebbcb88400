/**
 * Every kind of request that the App makes, and everything that can go wrong with it: the story of a pull request ends as
 * if nothing had happened, or, where GitHub refuses for good, honestly; and never with a second comment or check run.
 */
import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasMarker, REPORT_MARKER } from "../../src/domain/marker.ts";
import { commitFiles, gitIn } from "../git/repositories.ts";
import { personToken } from "../harness/github/cast.ts";
import type { Fault } from "../harness/github/faults.ts";
import { createGitHub, type GitHub } from "../harness/github/github.ts";
import type { Pull, Repository } from "../harness/github/world.ts";
import { temporaryDirectory } from "../harness/modprobot.ts";
import { type AppInProcess, appInProcess, SHORT_PACE } from "./app-in-process.ts";

/** What has to happen for a request of this kind to be made. */
type Act =
  /** The webhook of a new pull request gets lost, and is asked for again. */
  | "missed"
  /** A pull request is opened and checked. */
  | "checked"
  /** Then somebody comments commands. */
  | "commanded";

const OPERATIONS: Readonly<Record<string, Act>> = {
  "apps/list-webhook-deliveries": "missed",
  "apps/redeliver-webhook-delivery": "missed",
  "apps/list-installations": "missed",
  "apps/list-repos-accessible-to-installation": "missed",
  "pulls/list": "missed",
  "apps/create-installation-access-token": "checked",
  "pulls/get": "checked",
  "git/get-commit": "checked",
  "repos/get-collaborator-permission-level": "checked",
  "checks/list-for-ref": "checked",
  "checks/create": "checked",
  "issues/list-comments": "checked",
  "issues/create-comment": "checked",
  "issues/list-labels-on-issue": "checked",
  "issues/get-label": "checked",
  "issues/create-label": "checked",
  "issues/add-labels": "checked",
  "checks/update": "commanded",
  "issues/update-comment": "commanded",
  "issues/remove-label": "commanded",
  "reactions/create-for-issue-comment": "commanded",
  "repos/get-content": "commanded",
};

/** What passes. */
const PASSING: Readonly<Record<string, Fault>> = {
  "500": { kind: "status", status: 500 },
  "502 after success": { kind: "502-after-success" },
  "a cut after success": { kind: "cut-after-success" },
  "a secondary limit": { kind: "secondary-limit" },
  "the primary limit": { kind: "primary-limit", resetInSeconds: -1 },
  "401": { kind: "status", status: 401 },
  "an answer too late": { kind: "slow", milliseconds: SHORT_PACE.timeoutMs + 200 },
  silence: { kind: "silent" },
};
const REFUSALS = [403, 404, 410, 422] as const;
type Refusal = (typeof REFUSALS)[number];

interface End {
  /** With the report; replies are counted apart. */
  readonly comments: number;
  readonly replies: number;
  /** Conclusions, or the status of what has none. */
  readonly runs: readonly string[];
  readonly labels: readonly string[];
  readonly check: string | undefined;
  /** How the webhooks about this pull request that were worth something ended. */
  readonly failedDeliveries: number;
}

const LABELS = ["10.rebuild-linux: 1", "10.rebuild-linux: 1-10"];
const CHECKED: End = {
  comments: 1,
  replies: 0,
  runs: ["success"],
  labels: LABELS,
  check: "done",
  failedDeliveries: 0,
};
const USUAL: Readonly<Record<Act, End>> = {
  missed: CHECKED,
  checked: CHECKED,
  commanded: { ...CHECKED, replies: 1, runs: ["success", "success"] },
};

const NOTHING = { comments: 0, runs: [], labels: [], check: undefined };
const REFUSED = { ...NOTHING, failedDeliveries: 1 };
const NO_MERGE = { comments: 0, runs: ["neutral"], labels: [], check: "failed" };
const UNTRUSTED = {
  runs: ["action_required"],
  labels: [...LABELS, "modprobot: needs-approval"],
  check: "waiting",
};
const NO_RUN = { runs: [] };
const NO_COMMENT = { comments: 0 };
const NO_LABELS = { labels: [] };
const STALE_LABEL = { labels: [...LABELS, "modprobot: boot-fails"] };
/** Who may do what is not known, so nothing is done; the reply says so. */
const NO_POLICY = { runs: ["success"], ...STALE_LABEL };
const OPEN_RUN = { runs: ["in_progress", "success"] };

/** Where GitHub refuses for good and the end is another one: nothing is made up, and what can be said is said. */
const ENDS: Readonly<Record<string, Partial<Record<Refusal, Partial<End>>>>> = {
  "apps/create-installation-access-token": { 403: REFUSED, 404: NOTHING, 410: NOTHING, 422: REFUSED },
  "pulls/get": { 403: REFUSED, 404: NOTHING, 410: NOTHING, 422: REFUSED },
  "git/get-commit": { 403: NO_MERGE, 404: NO_MERGE, 410: NO_MERGE, 422: NO_MERGE },
  "repos/get-collaborator-permission-level": {
    403: UNTRUSTED,
    404: UNTRUSTED,
    410: UNTRUSTED,
    422: UNTRUSTED,
  },
  "checks/list-for-ref": { 403: NO_RUN, 404: NO_RUN, 410: NO_RUN, 422: NO_RUN },
  "checks/create": { 403: NO_RUN, 404: NO_RUN, 410: NO_RUN, 422: NO_RUN },
  // A locked conversation still takes labels; a pull request that is gone takes nothing.
  "issues/list-comments": {
    403: NO_COMMENT,
    404: { ...NO_COMMENT, ...NO_LABELS },
    410: { ...NO_COMMENT, ...NO_LABELS },
    422: NO_COMMENT,
  },
  "issues/create-comment": {
    403: NO_COMMENT,
    404: { ...NO_COMMENT, ...NO_LABELS },
    410: { ...NO_COMMENT, ...NO_LABELS },
    422: NO_COMMENT,
  },
  "issues/list-labels-on-issue": { 403: NO_LABELS, 404: NO_LABELS, 410: NO_LABELS, 422: NO_LABELS },
  "issues/get-label": { 403: NO_LABELS, 422: NO_LABELS },
  "issues/create-label": { 404: NO_LABELS, 410: NO_LABELS },
  "issues/add-labels": { 403: NO_LABELS, 404: NO_LABELS, 410: NO_LABELS, 422: NO_LABELS },
  "issues/remove-label": { 403: STALE_LABEL, 404: STALE_LABEL, 410: STALE_LABEL, 422: STALE_LABEL },
  "repos/get-content": { 403: NO_POLICY, 422: NO_POLICY },
  "checks/update": { 403: OPEN_RUN, 404: OPEN_RUN, 410: OPEN_RUN, 422: OPEN_RUN },
};

/** As many as cases of one operation. */
const MOST_PULLS = 2 + Object.keys(PASSING).length + REFUSALS.length;

/** For git-fast-import(1): a branch that changes the recipe. */
function changed(branch: string): string {
  const text = `{ linux = "${branch}"; }\n`;
  return [
    `commit refs/heads/${branch}`,
    "committer A <a@example.org> 1700000000 +0000",
    "data 0",
    "from refs/heads/main",
    "M 100644 inline default.nix",
    `data ${text.length}`,
    text,
  ].join("\n");
}

describe.each(Object.entries(OPERATIONS))("%s", (operation, act) => {
  const directory = temporaryDirectory();
  const branches = Array.from({ length: MOST_PULLS }, (_, index) => `change-${index}`);
  let github: GitHub;
  let repository: Repository;
  let app: AppInProcess;

  beforeAll(async () => {
    gitIn(directory, "init", "--quiet", "--initial-branch=main");
    commitFiles(directory, { "default.nix": "{ }\n" });
    const base = gitIn(directory, "rev-parse", "main");
    // All at once: a push for each would take longer than everything else.
    execFileSync("git", ["-C", directory, "fast-import", "--quiet"], {
      input: branches.map(changed).join(""),
    });
    github = await createGitHub();
    repository = await github.createRepository({ from: directory, name: "kernels" });
    await github.installApp();
    app = await appInProcess(github, (commit) => commit === base);
  });
  afterAll(async () => {
    await github.finish();
    await app.close();
  });

  async function open(): Promise<Pull> {
    return github.openPullRequest({ repository, from: { branch: branches.pop() ?? "" } });
  }

  /** @param onTrouble when GitHub may be well again: something has to be done once more */
  async function play(onTrouble = () => {}): Promise<Pull> {
    if (operation === "apps/create-installation-access-token") github.expireTokens();
    if (operation === "issues/create-label") await forgetLabels();
    github.webhookUrl = act === "missed" ? undefined : app.webhookUrl;
    const pull = await open();
    github.webhookUrl = app.webhookUrl;
    if (act === "missed") {
      await app.reconcile();
      onTrouble();
      await app.reconcile();
    }
    await app.work(onTrouble);
    if (act === "commanded") {
      await github.addLabel(pull, "modprobot: boot-fails");
      await github.comment(pull, "wim-write", "/modprobot check\n/modprobot nonsense");
      await app.work(onTrouble);
    }
    return pull;
  }

  async function forgetLabels(): Promise<void> {
    for (const label of LABELS)
      await fetch(`${github.url}/repos/kernel-org/kernels/labels/${encodeURIComponent(label)}`, {
        method: "DELETE",
        headers: { authorization: `Bearer ${personToken("ann-admin")}` },
      });
  }

  async function endOf(pull: Pull): Promise<End> {
    const ours = (await github.comments(pull)).filter(({ login }) => login.endsWith("[bot]"));
    const reports = ours.filter(({ body }) => hasMarker(body, REPORT_MARKER));
    const runs = await github.checkRuns(pull.headSha);
    const about = (payload: unknown) =>
      (payload as { pull_request?: { number: number } }).pull_request?.number === pull.number;
    const failed = [...app.store.deliveries.values()].filter(
      ({ payload, outcome }) => about(payload) && outcome === "failed",
    );
    return {
      comments: reports.length,
      replies: ours.length - reports.length,
      runs: runs.map(({ status, conclusion }) => conclusion ?? status),
      labels: await github.labels(pull),
      check: app.store.rows.findLast(({ number }) => number === pull.number)?.state,
      failedDeliveries: failed.length,
    };
  }

  it("as it should be", async () => {
    expect(await endOf(await play())).toEqual(USUAL[act]);
  });

  it.each(Object.entries(PASSING))("%s, once", async (_name, fault) => {
    github.next(operation, fault);

    expect(await endOf(await play())).toEqual(USUAL[act]);
  });

  it("500 until the queue has to try again", async () => {
    const stop = github.always(operation, { kind: "status", status: 500 });
    const pull = await play(stop);
    stop();

    expect(await endOf(pull)).toEqual(USUAL[act]);
  });

  it.each(REFUSALS)("%i for good", async (status) => {
    const stop = github.always(operation, { kind: "status", status });
    const pull = await play();
    stop();

    expect(await endOf(pull)).toEqual({ ...USUAL[act], ...ENDS[operation]?.[status] });
    // What it did not take stays owed, for a day.
    if (operation !== "checks/update") return;
    app.pass(3_600_000);
    await app.reconcile();
    app.pass(-3_600_000);
    expect(await endOf(pull)).toEqual(USUAL[act]);
  });
});
