import { generateKeyPairSync } from "node:crypto";
import nock from "nock";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createReceiver } from "../src/cli/app/receive.ts";
import type { PullRequestEvents } from "../src/workflow/pull-request-events.ts";
import { payload } from "./payloads.ts";

const { privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});
const receive = await createReceiver({ appId: 12, privateKey });

// The application asks GitHub nothing; whatever it tried would fail the test.
beforeAll(() => nock.disableNetConnect());
afterAll(() => nock.enableNetConnect());

const repository = { id: 77, name: "r", full_name: "o/r", owner: { login: "o" } };
const installation = { id: 7, node_id: "x" };
const from = { repository, installation };
const hint = { installationId: 7, repositoryId: 77, owner: "o", name: "r" };

function delivery(name: string, body: unknown) {
  return { guid: "g", event: name.split(".")[0] ?? "", bodySha256: "0", payload: body };
}

/** What a delivery becomes. */
async function heard(name: string, set: Readonly<Record<string, unknown>>): Promise<unknown[][]> {
  const calls: unknown[][] = [];
  const note =
    (call: string) =>
    async (...given: unknown[]) =>
      void calls.push([call, ...given]);
  const events = {
    lookAt: note("lookAt"),
    closed: note("closed"),
    commented: note("commented"),
    buttonPressed: note("buttonPressed"),
    installationChanged: note("installationChanged"),
  } satisfies PullRequestEvents;
  await receive(delivery(name, payload(name, set)), events);
  return calls;
}

describe("pull requests", () => {
  it.each(["opened", "synchronize", "reopened", "ready_for_review"])(
    "%s: to be looked at",
    async (action) => {
      expect(
        await heard(`pull_request.${action}`, { ...from, number: 3, pull_request: { number: 3 } }),
      ).toEqual([["lookAt", { ...hint, number: 3 }]]);
    },
  );

  it("with another base branch: to be looked at", async () => {
    const changes = { base: { ref: { from: "master" }, sha: { from: "a" } } };

    expect(
      await heard("pull_request.edited", { ...from, changes, pull_request: { number: 3 } }),
    ).toHaveLength(1);
  });

  it("with another title: nothing", async () => {
    const changes = { title: { from: "old" } };

    expect(await heard("pull_request.edited", { ...from, changes, pull_request: { number: 3 } })).toEqual([]);
  });

  it.each([
    ["closed", "closed"],
    ["converted_to_draft", "draft"],
  ])("%s: %s", async (action, why) => {
    expect(await heard(`pull_request.${action}`, { ...from, pull_request: { number: 3 } })).toEqual([
      ["closed", { ...hint, number: 3 }, why],
    ]);
  });

  it("labelled: nothing", async () => {
    expect(await heard("pull_request.labeled", { ...from, pull_request: { number: 3 } })).toEqual([]);
  });

  it("without an installation: nothing", async () => {
    expect(await heard("pull_request.opened", { repository, pull_request: { number: 3 } })).toEqual([]);
  });
});

describe("comments", () => {
  const comment = {
    id: 5,
    body: "/modprobot check",
    created_at: "2025-01-01T12:00:00Z",
    user: { login: "somebody", type: "User", id: 9 },
  };
  const pull_request = {
    url: "https://example.org/",
    html_url: "https://example.org/",
    diff_url: "https://example.org/",
    patch_url: "https://example.org/",
  };
  const user = { login: "author", id: 8, type: "User" };
  const issue = { number: 3, user, pull_request };

  it("on a pull request", async () => {
    expect(await heard("issue_comment.created", { ...from, issue, comment })).toEqual([
      [
        "commented",
        {
          ...hint,
          number: 3,
          commentId: 5,
          body: "/modprobot check",
          login: "somebody",
          isBot: false,
          createdAt: new Date("2025-01-01T12:00:00Z"),
        },
      ],
    ]);
  });

  it("by a bot: said to be one", async () => {
    const bot = { ...comment, user: { login: "modprobot[bot]", type: "Bot", id: 9 } };

    expect(await heard("issue_comment.created", { ...from, issue, comment: bot })).toMatchObject([
      ["commented", { isBot: true }],
    ]);
  });

  it.each([
    ["on an issue", "created", { number: 3, user }, comment],
    ["by nobody", "created", issue, { ...comment, user: null }],
    ["edited", "edited", issue, comment],
    ["deleted", "deleted", issue, comment],
  ])("%s: nothing", async (_, action, on, said) => {
    const changes = action === "edited" ? { changes: { body: { from: "x" } } } : {};

    expect(await heard(`issue_comment.${action}`, { ...from, issue: on, comment: said, ...changes })).toEqual(
      [],
    );
  });
});

describe("buttons", () => {
  const sender = { login: "somebody" };
  const check_run = { head_sha: "abc", external_id: "check-1", pull_requests: [] };

  it("GitHub's own Re-run, on a fork without numbers", async () => {
    expect(await heard("check_run.rerequested", { ...from, sender, check_run })).toEqual([
      [
        "buttonPressed",
        { ...hint, button: "rerun", login: "somebody", headSha: "abc", externalId: "check-1", numbers: [] },
      ],
    ]);
  });

  it.each(["rerun", "vm", "cancel"])("ours: %s", async (identifier) => {
    const calls = await heard("check_run.requested_action", {
      ...from,
      sender,
      check_run,
      requested_action: { identifier },
    });

    expect(calls).toMatchObject([["buttonPressed", { button: identifier, externalId: "check-1" }]]);
  });

  it.each([
    ["check_run.requested_action", { requested_action: { identifier: "constructor" } }],
    ["check_run.created", {}],
    ["check_run.completed", {}],
  ])("%s with what we do not know: nothing", async (name, more) => {
    expect(await heard(name, { ...from, sender, check_run, ...more })).toEqual([]);
  });

  it("Re-run all", async () => {
    const check_suite = { head_sha: "abc" };

    expect(await heard("check_suite.rerequested", { ...from, sender, check_suite })).toEqual([
      [
        "buttonPressed",
        { ...hint, button: "rerun", login: "somebody", headSha: "abc", externalId: null, numbers: [] },
      ],
    ]);
  });
});

describe("installations", () => {
  it.each([
    ["created", "installed"],
    ["deleted", "removed"],
    ["suspend", "suspended"],
    ["unsuspend", "unsuspended"],
    ["new_permissions_accepted", "permissions-accepted"],
  ])("%s: %s", async (action, change) => {
    expect(await heard(`installation.${action}`, { installation: { id: 7 } })).toEqual([
      ["installationChanged", { installationId: 7, change, repositories: [] }],
    ]);
  });

  it.each(["added", "removed"])("repositories %s", async (action) => {
    const listed = [{ id: 77, name: "r", full_name: "o/r", node_id: "x", private: false }];

    expect(
      await heard(`installation_repositories.${action}`, {
        installation: { id: 7 },
        [`repositories_${action}`]: listed,
      }),
    ).toEqual([
      [
        "installationChanged",
        {
          installationId: 7,
          change: `repositories-${action}`,
          repositories: [{ id: 77, owner: "o", name: "r" }],
        },
      ],
    ]);
  });
});

it("throws where a call threw, so that the delivery is tried again", async () => {
  const fails = async () => {
    throw new Error("the database is away");
  };
  const events = {
    lookAt: fails,
    closed: fails,
    commented: fails,
    buttonPressed: fails,
    installationChanged: fails,
  };

  const opened = payload("pull_request.opened", { ...from, pull_request: { number: 3 } });

  await expect(receive(delivery("pull_request.opened", opened), events)).rejects.toThrow();
});
