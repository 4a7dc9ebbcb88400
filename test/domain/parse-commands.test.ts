import { describe, expect, it } from "vitest";
import { parseAttrPath } from "../../src/domain/attr-path.ts";
import type { Command } from "../../src/domain/commands.ts";
import { COMMANDS, parseCommands } from "../../src/domain/parse-commands.ts";
import { expectLinear } from "../harness/linear.ts";

/** Commands that were understood; `null` for each that was not. */
function commands(comment: string): (Command | null)[] {
  return parseCommands(comment).map((parsed) => (parsed.ok ? parsed.command : null));
}

function problem(comment: string): string {
  const [parsed] = parseCommands(comment);
  return parsed?.ok === false ? parsed.problem : "";
}

describe("every command", () => {
  it.each<[string, Command]>([
    ["check", { kind: "check" }],
    ["rebuilds", { kind: "rebuilds" }],
    ["rebuilds --why git", { kind: "rebuilds", why: "git" }],
    ["rebuilds --why=linuxPackages.zfs", { kind: "rebuilds", why: "linuxPackages.zfs" }],
    ["build linux", { kind: "build", attrs: ["linux"] }],
    ["build linux linux_6_12", { kind: "build", attrs: ["linux", "linux_6_12"] }],
    ["build linux, linux_6_12", { kind: "build", attrs: ["linux", "linux_6_12"] }],
    ["build linux linux", { kind: "build", attrs: ["linux"] }],
    ["build `linux`", { kind: "build", attrs: ["linux"] }],
    ['build checks."a b" x', { kind: "build", attrs: ['checks."a b"', "x"] }],
    ["test", { kind: "test", tests: [] }],
    ["test nixosTests.simple-vm", { kind: "test", tests: ["nixosTests.simple-vm"] }],
    ["consumers", { kind: "consumers", attrs: [] }],
    ["consumers vmTools.runInLinuxVM", { kind: "consumers", attrs: ["vmTools.runInLinuxVM"] }],
    ["cancel", { kind: "cancel" }],
    ["status", { kind: "status" }],
    ["approve", { kind: "approve" }],
    ["help", { kind: "help" }],
    ["CHECK", { kind: "check" }],
  ])("/modprobot %s", (text, command) => {
    expect(commands(`/modprobot ${text}`)).toEqual([command]);
  });

  it("is help when it is nothing but the name", () => {
    expect(commands("/modprobot")).toEqual([{ kind: "help" }]);
    expect(commands("/modprobot   ")).toEqual([{ kind: "help" }]);
  });
});

describe("prose behind a command is not read as attributes", () => {
  it.each<[string, readonly string[]]>([
    ["build linux please", ["linux"]],
    ["build linux, please!", ["linux"]],
    ["build linux. It failed for me", ["linux"]],
    ["build linux thanks a lot", ["linux"]],
    ["build linux and tell me", ["linux"]],
    ["build linux again", ["linux"]],
    ["build linux – for the installer", ["linux"]],
    ["build linux (the default)", ["linux"]],
    ["build linux # see above", ["linux"]],
    ["build linux // see above", ["linux"]],
    ["build linux @somebody asked", ["linux"]],
    ["build linux 🙏", ["linux"]],
    ['build linux "please"', ["linux", "please"]],
  ])("/modprobot %s", (text, attrs) => {
    expect(commands(`/modprobot ${text}`)).toEqual([{ kind: "build", attrs }]);
  });

  it.each([
    ["check please, it was flaky", "check"],
    ["cancel, wrong branch", "cancel"],
    ["status?", "status"],
    ["rebuilds of what exactly", "rebuilds"],
  ])("is allowed behind the others: %s", (text, kind) => {
    expect(commands(`/modprobot ${text}`)).toEqual([{ kind }]);
  });

  it.each(["build linux ../x", "build linux a/b", "build $(id)", "build x;y", "build a..b", "build .a"])(
    "is explained where it is neither: %s",
    (text) => {
      expect(problem(`/modprobot ${text}`)).toContain("is no attribute path");
    },
  );
});

describe("what is not understood is answered", () => {
  it.each([
    ["chekc", "did you mean `check`?"],
    ["rebuild", "did you mean `rebuilds`?"],
    ["dance", "`/modprobot help` lists all"],
    ["build", "needs at least one attribute"],
    ["build please", "needs at least one attribute"],
    ["rebuilds --why", "`--why` needs one attribute"],
    ["rebuilds --all", "`--all` is no option"],
    ["build --option sandbox false", "`--option` is no option"],
    ["check -f", "`-f` is no option"],
    [`build ${"x".repeat(201)}`, "is no attribute path"],
    [`build ${Array.from({ length: 51 }, (_, n) => `a${n}`).join(" ")}`, "can name 50 attributes"],
    [`build ${"a ".repeat(1001)}`, "2000 characters"],
  ])("/modprobot %.40s: %s", (text, said) => {
    expect(problem(`/modprobot ${text}`)).toContain(said);
  });

  it("takes 50 attributes and one of 200 characters", () => {
    const many = Array.from({ length: 50 }, (_, n) => `a${n}`);
    expect(commands(`/modprobot build ${many.join(" ")}`)).toEqual([{ kind: "build", attrs: many }]);
    expect(commands(`/modprobot build ${"x".repeat(200)}`)).toHaveLength(1);
  });

  it("takes ten commands of a comment and says that it leaves out the rest", () => {
    const ten = parseCommands("/modprobot check\n".repeat(10));
    const parsed = parseCommands("/modprobot check\n".repeat(5000));

    expect(ten.every(({ ok }) => ok)).toBe(true);
    expect(ten).toHaveLength(10);
    expect(parsed).toHaveLength(11);
    expect(parsed.at(-1)).toMatchObject({ ok: false, problem: expect.stringContaining("10 commands") });
  });
});

describe("only lines that are shown as text, at their start", () => {
  it.each([
    ["first line", "/modprobot check\nthanks", 1],
    ["last line", "thanks\n\n/modprobot check", 1],
    ["Windows line ends", "thanks\r\n/modprobot check\r\n/modprobot status", 2],
    ["behind a finished fence", "```\nx\n```\n/modprobot check", 1],
    ["behind finished inline code", "`x`\n/modprobot check", 1],
    ["behind a lone backtick", "it's ` here\n/modprobot check", 1],
    ["behind inline code of another length", "``x` y\n/modprobot check", 1],
    ["behind a finished comment", "<!-- x -->\n/modprobot check", 1],
    ["behind a quote", "> what now?\n/modprobot check", 1],
    ["behind a finished pre", "<pre>\nx\n</pre>\n\n/modprobot check", 1],
    ["backticks behind backticks are no fence", "``` a ``` b\n/modprobot check", 1],
    ["escaped backticks", "\\`\n/modprobot check\n\\`", 1],
    ["an inline comment that never ends", "x <!-- y\n/modprobot check", 1],
    ["in a sentence", "say /modprobot check", 0],
    ["indented", " /modprobot check", 0],
    ["indented code", "    /modprobot check", 0],
    ["in a list", "- /modprobot check", 0],
    ["quoted", "> /modprobot check", 0],
    ["in a fence", "```\n/modprobot check\n```", 0],
    ["in a fence of tildes", "~~~ nix\n/modprobot check\n~~~", 0],
    ["in a fence that a shorter one does not end", "````\n```\n/modprobot check\n````", 0],
    ["in a fence that another sign does not end", "```\n~~~\n/modprobot check", 0],
    ["in a fence that never ends", "```\n/modprobot check", 0],
    ["in an indented fence", "   ```\n/modprobot check\n   ```", 0],
    ["in inline code over lines", "`a\n/modprobot check\nb`", 0],
    ["in inline code itself", "`/modprobot check`", 0],
    ["in a comment", "<!--\n/modprobot check\n-->", 0],
    ["in a comment that never ends", "<!--\n/modprobot check", 0],
    ["in a comment within a line", "x <!--\n/modprobot check\n--> y", 0],
    ["in pre", "<pre>\n/modprobot check\n</pre>", 0],
    ["in blockquote", "<blockquote>\n/modprobot check\n</blockquote>", 0],
    ["another name", "/modprobot2 check", 0],
    ["another bot", "@modprobot check", 0],
  ])("%s", (_, comment, count) => {
    expect(parseCommands(comment)).toHaveLength(count);
  });
});

describe("hostile comments", () => {
  const repeated = (part: string) => (size: number) =>
    part.repeat(Math.ceil(size / part.length)).slice(0, size);
  it.each([
    ["backticks", repeated("`")],
    ["backticks and a letter", (size: number) => `${"`".repeat(size)}x`],
    [
      "runs of growing length",
      (size: number) => Array.from({ length: Math.sqrt(2 * size) }, (_, n) => "`".repeat(n)).join(" "),
    ],
    ["opened comments", repeated("<!--")],
    ["lines of opened comments", repeated("x <!--\n")],
    ["backslashes", repeated("\\")],
    ["fences", repeated("```\n")],
    ["fences of two kinds", repeated("```\n~~~~\n")],
    ["blocks that never end", repeated("<pre>\n")],
    ["commands", repeated("/modprobot build a.b\n")],
    ["quotes", repeated('/modprobot build "\\"\\" "\n')],
    ["carriage returns", repeated("\r")],
  ])("take no more time than they are long: %s", (_, comment) => {
    expectLinear((size) => parseCommands(comment(size)));
  });

  it.each([
    ["quotes", `/modprobot build ${'"'.repeat(1900)}`],
    ["escaped quotes", `/modprobot build ${'\\"'.repeat(900)}`],
    ["an unknown command of great length", `/modprobot ${"x".repeat(1900)}`],
    ["nul and friends", "/modprobot build a\u0000b \u202e"],
  ])("are answered: %s", (_, comment) => {
    expect(parseCommands(comment)).toMatchObject([{ ok: false }]);
  });

  /** Everything that means something to somebody: commands, attributes, Markdown, line ends, what breaks parsers. */
  const PIECES = [
    ..."\n|\r\n|\r| |\t|`|``|```|~~~|>|#|-|1.|<!--|-->|<pre>|</pre>|<details>|\\|\"|'|.|,|!|…|(|)|--why|--|=".split(
      "|",
    ),
    ..."/modprobot|/modprobot |/MODPROBOT|check|build|test|rebuilds|consumers|approve|cancel|help|please|linux|a.b".split(
      "|",
    ),
    ...["\u0000", "\ud800", "\u202e", "\u001b[31m", "🐧", "漢", "constructor", "__proto__", "x".repeat(300)],
  ];

  it("of any kind are read without an error, the same each time, and within bounds", () => {
    const random = randomNumbers(20_260_101);
    const pick = (below: number) => Math.floor(random() * below);
    let understood = 0;
    for (let round = 0; round < 10_000; round += 1) {
      const noise = () => Array.from({ length: pick(20) }, () => PIECES[pick(PIECES.length)]).join("");
      const comment = `${noise()}\n/modprobot ${COMMANDS[pick(COMMANDS.length)]} ${noise()}`;
      const commands = parseCommands(comment);

      expect(parseCommands(comment), comment).toEqual(commands);
      expect(commands.length, comment).toBeLessThanOrEqual(11);
      for (const parsed of commands) {
        expect(parsed.line.isWellFormed(), comment).toBe(true);
        if (!parsed.ok) expect(parsed.problem, comment).not.toBe("");
        else if ("attrs" in parsed.command)
          for (const attr of parsed.command.attrs) expect(parseAttrPath(attr), comment).toBeDefined();
        understood += parsed.ok ? 1 : 0;
      }
      // Nothing of it is a command where it is shown as code or as somebody else's words.
      const fenced = `${"`".repeat(200)}\n${comment.replaceAll("`", "'")}\n${"`".repeat(200)}`;
      expect(parseCommands(fenced), comment).toEqual([]);
      const quotation = comment.split(/\r\n|\r|\n/).map((line) => `> ${line}`);
      expect(parseCommands(quotation.join("\n")), comment).toEqual([]);
    }
    // Else nothing was tested.
    expect(understood).toBeGreaterThan(50);
  });

  it("shows what it did not understand without control characters", () => {
    const [parsed] = parseCommands("/modprobot \u001b[31mdance\u202e");

    expect(JSON.stringify(parsed)).not.toMatch(/\\u001b|\u202e/);
  });
});

/** The same numbers each time: a failure can be seen again. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
