import { fromMarkdown } from "mdast-util-from-markdown";
import { visit } from "unist-util-visit";
import { describe, expect, it } from "vitest";
import { defaultConfig } from "../../src/config/config.ts";
import { COMMANDS, parseCommands } from "../../src/domain/parse-commands.ts";
import {
  answerText,
  headMoved,
  helpText,
  notPermitted,
  notUnderstood,
  overQuota,
  statusOf,
  trouble,
  unknownAttrs,
  whyRebuilt,
} from "../../src/report/replies.ts";
import { foundingCase, HOSTILE, hostile } from "../harness/results.ts";
import { checkRecord } from "./check-records.ts";

describe("what is said", () => {
  it.each([
    [
      notPermitted("approve", "write", "read"),
      "`/modprobot approve` needs write access to this repository; you have read access. Nothing was done.",
    ],
    [
      notPermitted("build", "triage", "none"),
      "`/modprobot build` needs triage access to this repository. Nothing was done.",
    ],
    [
      notUnderstood("there is no command `chekc`; did you mean `check`?"),
      "There is no command `chekc`; did you mean `check`?",
    ],
    [
      headMoved("d".repeat(40)),
      "The pull request was pushed to since that was written and is at `dddddddddddd` now. Nothing was done; give the command again if it is meant for this head.",
    ],
    [
      overQuota({ allowed: false, quota: "person", most: 100 }),
      "One person may ask for 100 checks in 24 hours, and has; try again later.",
    ],
    [unknownAttrs(["linx"], ["linux", "git"]), "There is no attribute `linx`; did you mean `linux`?"],
    [unknownAttrs(["nothing-like-it"], ["linux"]), "There is no attribute `nothing-like-it`."],
    [
      trouble("GitHub answered 502"),
      "That did not work, which is no fault of the change: GitHub answered 502.",
    ],
    [whyRebuilt("git", []), "`git` is not rebuilt."],
  ])("%s", (said, words) => {
    expect(said).toBe(words);
  });

  it("lists unknown attributes, not without end", () => {
    const text = unknownAttrs(
      Array.from({ length: 50 }, (_, n) => `zz${n}`),
      [],
    );

    expect(text.split("\n")).toHaveLength(21);
    expect(text).toContain("… and 30 more");
  });

  it.each([
    [undefined, "has not been checked yet"],
    [checkRecord({ state: "queued" }), "is queued."],
    [checkRecord({ state: "running", stage: "evaluate" }), "is running; finished last: evaluation."],
    [checkRecord({ state: "waiting" }), "`/modprobot approve`"],
    [checkRecord(), "no changed file is a kernel recipe"],
    [checkRecord({ result: foundingCase() }), "is done: ❌ 13 consumers break"],
    [checkRecord({ state: "failed", reason: "the disk is full." }), "could not be made: the disk is full."],
    [checkRecord({ state: "cancelled" }), "was cancelled."],
    [
      checkRecord({ state: "superseded", reason: "the head moved to `x`" }),
      "was superseded: the head moved to `x`.",
    ],
  ])("status", (check, words) => {
    expect(statusOf(check)).toContain(words);
  });

  it("status: a check that nobody can take says whom it waits for", () => {
    const text = statusOf(checkRecord({ state: "queued" }), "riscv64-linux");

    expect(text).toContain("waits for a worker for `riscv64-linux`, and none is running");
  });

  it("names every command and who may", () => {
    const text = helpText(defaultConfig().commands);

    for (const command of COMMANDS) expect(text).toContain(`/modprobot ${command}`);
    expect(text).toContain("write access");
  });
});

describe("answers to a comment", () => {
  it("are one reply, each behind its command where there are several", () => {
    const one = { line: "/modprobot dance", ok: false, text: "No." };
    const silent = { line: "/modprobot check", ok: true, text: "" };

    expect(answerText([one])).toBe("No.");
    expect(answerText([silent])).toBe("");
    expect(answerText([silent, silent])).toBe("");
    expect(answerText([silent, one])).toBe("`/modprobot dance`\n\nNo.");
  });
});

it("gives no command by quoting one", () => {
  const said = [
    answerText([
      { line: "/modprobot check", ok: false, text: notUnderstood("there is no command `x`") },
      { line: "/modprobot approve", ok: false, text: helpText(defaultConfig().commands) },
    ]),
    whyRebuilt("a", ["/modprobot approve"]),
  ].join("\n\n");

  expect(parseCommands(said)).toEqual([]);
});

it("makes nothing of what somebody wrote", () => {
  const check = checkRecord({ result: { ...hostile(), headline: HOSTILE }, reason: HOSTILE });
  const said = [
    ...parseCommands(`/modprobot ${HOSTILE.split("\n")[0]}`).map((parsed) =>
      answerText([
        { line: parsed.line, ok: false, text: parsed.ok ? "" : notUnderstood(parsed.problem) },
        { line: HOSTILE, ok: false, text: notUnderstood(HOSTILE) },
      ]),
    ),
    unknownAttrs([HOSTILE], [HOSTILE]),
    statusOf(check),
    statusOf({ ...check, state: "failed" }),
    whyRebuilt(HOSTILE, [HOSTILE, HOSTILE]),
    trouble(HOSTILE),
  ];

  expect(said).toHaveLength(6);
  for (const text of said)
    visit(fromMarkdown(text), (node) => {
      expect(["link", "linkReference", "image", "imageReference", "definition", "heading"]).not.toContain(
        node.type,
      );
      if (node.type === "html") expect(node.value).toMatch(/^<\/?(?:code|span)>$/);
      if (node.type === "text") expect(node.value).not.toMatch(/@\w|:\/\/|#\d/);
    });
});
