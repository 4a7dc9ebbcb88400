import { describe, expect, it } from "vitest";
import { REPORT_MARKER, replyMarker } from "../../src/domain/marker.ts";
import { EnvironmentError } from "../../src/errors.ts";
import type { CheckRunUpdate } from "../../src/workflow/app-ports.ts";
import { type Fault, fakeGitHub, HEAD, ours } from "./fake-github.ts";

const signal = new AbortController().signal;
const ref = { owner: "o", name: "r", number: 1 };
const isOurs = (label: string) => label.startsWith("modprobot: ");
type Fake = Awaited<ReturnType<typeof fakeGitHub>>;

const update: CheckRunUpdate = {
  headSha: HEAD,
  externalId: "check-1",
  status: "completed",
  conclusion: "failure",
  title: "t",
  summary: "s",
  annotations: Array.from({ length: 120 }, (_, n) => ({
    path: `file-${n}`,
    line: 1,
    level: "failure" as const,
    title: "t",
    message: "m",
  })),
};

interface Call {
  readonly name: string;
  /** The request that goes wrong. */
  readonly route: RegExp;
  /** As the App itself: there is no other token to get. */
  readonly asApp?: boolean;
  readonly before?: (github: Fake) => void;
  readonly run: (github: Fake) => Promise<unknown>;
  /** Holds once it has worked, whatever went wrong before. */
  readonly holds: (github: Fake) => void | Promise<void>;
  /** What a 404 means, where it is not that everything is gone. */
  readonly on404?: "works" | "github-unavailable, later";
  /** What a 403 means, where it is not that GitHub refuses: the label is added in grey. */
  readonly on403?: "works";
  /** What a 422 means, where it is not that GitHub refuses. */
  readonly on422?: "works";
}

const CALLS: readonly Call[] = [
  {
    name: "read the head",
    route: /^GET .*\/pulls\/1$/,
    run: ({ port }) => port.head(ref, signal),
    holds: () => undefined,
  },
  {
    name: "read the merge commit",
    route: /^GET .*\/git\/commits\/merge$/,
    run: async ({ port }) => {
      const { comparison } = await port.pullRequest(ref, signal);
      // Asked for until there is none, and then not known, which is an answer too.
      expect(["merge", "unknown"]).toContain(comparison.kind);
    },
    holds: async ({ port }) => {
      const { comparison } = await port.pullRequest(ref, signal);
      expect(comparison).toEqual({ kind: "merge", merge: "merge", base: "base" });
    },
    on404: "works",
  },
  {
    name: "list open pull requests",
    route: /^GET .*\/pulls$/,
    run: async ({ port }) =>
      expect(await port.openPullRequests(ref, signal)).toEqual([{ number: 1, headSha: HEAD, draft: false }]),
    holds: () => undefined,
  },
  {
    name: "react",
    route: /^POST .*\/reactions$/,
    run: ({ port }) => port.react(ref, 5, "eyes", signal),
    holds: ({ state }) => expect(state.reactions).toEqual(["eyes"]),
  },
  {
    name: "reply",
    route: /^POST .*\/issues\/1\/comments$/,
    run: ({ port }) => port.reply(ref, "comment-5", "no", signal),
    holds: ({ state }) =>
      expect(state.comments.map(({ body }) => body)).toEqual([`no\n\n${replyMarker("comment-5")}\n`]),
  },
  {
    name: "create the comment",
    route: /^POST .*\/issues\/1\/comments$/,
    run: ({ port }) => port.upsertComment(ref, null, "new", signal),
    holds: ({ state }) =>
      expect(state.comments.map(({ body }) => body)).toEqual([`new\n\n${REPORT_MARKER}\n`]),
  },
  {
    name: "look for the comment",
    route: /^GET .*\/issues\/1\/comments$/,
    run: ({ port }) => port.upsertComment(ref, null, "new", signal),
    holds: ({ state }) => expect(state.comments).toHaveLength(1),
  },
  {
    name: "update the comment",
    route: /^PATCH .*\/issues\/comments\/3$/,
    before: ({ state }) => void state.comments.push(ours(3)),
    run: ({ port }) => port.upsertComment(ref, 3, "new", signal),
    holds: ({ state }) =>
      expect(state.comments.map(({ body }) => body)).toEqual([`new\n\n${REPORT_MARKER}\n`]),
    on404: "works",
  },
  {
    name: "create the check run",
    route: /^POST .*\/check-runs$/,
    run: ({ port }) => port.upsertCheckRun(ref, null, update, signal),
    holds: runIsWhole,
  },
  {
    name: "update and annotate the check run",
    route: /^PATCH .*\/check-runs\/\d+$/,
    run: async ({ port }) => {
      const { id } = await port.upsertCheckRun(ref, null, { ...update, annotations: [] }, signal);
      return port.upsertCheckRun(ref, id, update, signal);
    },
    // It is made anew, but not beside one that GitHub still lists.
    on404: "github-unavailable, later",
    holds: ({ state }) => {
      const [run] = state.runs;
      expect(state.runs.every(({ status }) => status === "completed")).toBe(true);
      expect(run?.annotations.map(({ path }) => path)).toEqual(update.annotations?.map(({ path }) => path));
    },
  },
  {
    name: "list labels",
    route: /^GET .*\/issues\/1\/labels$/,
    ...labelling(),
  },
  { name: "add labels", route: /^POST .*\/issues\/1\/labels$/, ...labelling() },
  {
    name: "create a label",
    route: /^POST .*\/repos\/o\/r\/labels$/,
    ...labelling(),
    on403: "works",
    on422: "works",
  },
  {
    name: "take a label away",
    route: /^DELETE .*\/labels\/.*$/,
    ...labelling(),
    holds: () => undefined,
    on404: "works",
  },
  {
    name: "get a token for git",
    route: /^POST .*\/access_tokens$/,
    asApp: true,
    run: ({ port }) => port.gitCredential(ref, signal),
    holds: ({ state }) => expect(state.tokens).toBeGreaterThan(0),
  },
  {
    name: "list installations",
    route: /^GET \/app\/installations$/,
    asApp: true,
    run: async ({ app }) =>
      expect(await app.installations(signal)).toEqual([
        { id: 7, suspended: false },
        { id: 8, suspended: true },
      ]),
    holds: () => undefined,
  },
  {
    name: "list repositories",
    route: /^GET \/installation\/repositories$/,
    run: async ({ app }) =>
      expect(await app.repositories(7, signal)).toEqual([{ id: 1, owner: "o", name: "r" }]),
    holds: () => undefined,
  },
  {
    name: "list deliveries",
    route: /^GET \/app\/hook\/deliveries$/,
    asApp: true,
    run: ({ app }) => app.failedDeliveries(new Date(0), signal),
    holds: () => undefined,
  },
  {
    name: "have a delivery made again",
    route: /^POST \/app\/hook\/deliveries\/3\/attempts$/,
    asApp: true,
    run: ({ app }) => app.redeliver(3, signal),
    holds: ({ state }) => expect(state.redelivered).toContain(3),
  },
];

function labelling() {
  return {
    before: ({ state }: Fake) => void state.labels.push("bug", "modprobot: boot-fails"),
    run: ({ port }: Fake) => port.setLabels(ref, ["modprobot: build-fails"], isOurs, signal),
    holds: ({ state }: Fake) => expect(state.labels).toEqual(["bug", "modprobot: build-fails"]),
  };
}

function runIsWhole({ state }: Fake) {
  expect(state.runs).toHaveLength(1);
  expect(state.runs[0]).toMatchObject({ status: "completed", conclusion: "failure", external_id: "check-1" });
  expect(state.runs[0]?.annotations.map(({ path }) => path)).toEqual(
    update.annotations?.map(({ path }) => path),
  );
}

async function outcome(call: Call, github: Fake): Promise<string> {
  try {
    await call.run(github);
    return "works";
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    expect(error.message).toMatch(/^cannot /);
    expect(error.details).not.toBe("");
    return error.retryable ? `${error.code}, later` : error.code;
  }
}

describe.each(CALLS)("$name", (call) => {
  it("works", async () => {
    const github = await fakeGitHub();
    call.before?.(github);

    expect(await outcome(call, github)).toBe("works");
    await call.holds(github);
  });

  it.each<Fault>([500, 503, "lost", "secondary", "slow", "silent", "cut"])(
    "works after %s",
    async (fault) => {
      const github = await fakeGitHub();
      call.before?.(github);
      github.fault(call.route, fault);

      expect(await outcome(call, github)).toBe("works");
      await call.holds(github);
    },
  );

  it.each<[Fault, string]>([
    [500, "github-unavailable, later"],
    ["secondary", "github-unavailable, later"],
    ["primary", "github-unavailable, later"],
    ["silent", "github-unavailable, later"],
    ["slow", "github-unavailable, later"],
    ["garbage", "github-unavailable, later"],
    [403, "github-refused"],
    [404, call.on404 ?? "github-gone"],
    [410, call.on404 ?? "github-gone"],
    [422, call.on422 ?? "github-refused"],
  ])("%s without end: %s", async (fault, said) => {
    const github = await fakeGitHub();
    call.before?.(github);
    github.fault(call.route, fault, Number.POSITIVE_INFINITY);

    expect(await outcome(call, github)).toBe(fault === 403 ? (call.on403 ?? said) : said);
  });
});
