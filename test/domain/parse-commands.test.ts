import { describe, expect, it } from "vitest";
import type { Command } from "../../src/domain/commands.ts";
import { parseCommands } from "../../src/domain/parse-commands.ts";

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
  it.each([
    ["backticks", "`".repeat(65_000)],
    ["backticks and a letter", `${"`".repeat(65_000)}x`],
    ["runs of growing length", Array.from({ length: 350 }, (_, n) => "`".repeat(n)).join(" ")],
    ["opened comments", "<!--".repeat(16_000)],
    ["lines of opened comments", "x <!--\n".repeat(9_000)],
    ["backslashes", "\\".repeat(65_000)],
    ["quotes", `/modprobot build ${'"'.repeat(1900)}`],
    ["escaped quotes", `/modprobot build ${'\\"'.repeat(900)}`],
    ["many quote openers", `/modprobot build ${'"\\'.repeat(900)}`],
    ["unknown command of great length", `/modprobot ${"x".repeat(1900)}`],
    ["fences", "```\n".repeat(16_000)],
    ["nul and friends", "/modprobot build a\u0000b \u202e"],
  ])("takes no time for %s", (_, comment) => {
    const started = performance.now();

    parseCommands(comment);

    expect(performance.now() - started).toBeLessThan(500);
  });

  it("shows what it did not understand without control characters", () => {
    const [parsed] = parseCommands("/modprobot \u001b[31mdance\u202e");

    expect(JSON.stringify(parsed)).not.toMatch(/\\u001b|\u202e/);
  });
});
