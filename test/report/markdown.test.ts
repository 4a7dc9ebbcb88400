import type { Node } from "mdast";
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../src/report/markdown.ts";
import { nodes, values } from "../harness/markdown-tree.ts";
import { checkResult, consumerResult, foundingCase, HOSTILE, hostile, STORIES } from "../harness/results.ts";

describe("goldens", () => {
  it.each(Object.entries(STORIES))("%s", async (name, story) => {
    await expect(renderMarkdown(story())).toMatchFileSnapshot(`golden/${name}.md`);
  });
});

describe("what a pull request wrote is inert", () => {
  const markdown = renderMarkdown(hostile());

  it("makes no links, images, emphasis or headings", () => {
    const structure = [
      "link",
      "linkReference",
      "definition",
      "image",
      "imageReference",
      "emphasis",
      "delete",
    ];

    expect(structure.flatMap((type) => nodes(markdown, type))).toEqual([]);
    expect(nodes(markdown, "heading")).toHaveLength(5);
  });

  it("makes no HTML but ours", () => {
    const tags = values(markdown, "html").flatMap((value) => value.match(/<[^>]*>/g) ?? []);

    expect(new Set(tags)).toEqual(
      new Set([
        "<br>",
        "<code>",
        "</code>",
        "<span>",
        "</span>",
        "<details>",
        "</details>",
        "<summary>",
        "</summary>",
      ]),
    );
    expect(tags.filter((tag) => tag === "<details>")).toHaveLength(
      tags.filter((tag) => tag === "</details>").length,
    );
  });

  it("leaves nothing for GitHub's own search for mentions, numbers and addresses", () => {
    const text = values(markdown, "text").join("\n");

    expect(text).toContain("octocat");
    expect(text).not.toMatch(/@\w/);
    expect(text).not.toMatch(/#\d/);
    expect(text).not.toMatch(/GH-\d/);
    expect(text).not.toMatch(/:\/\//);
    expect(text).not.toMatch(/www\./);
  });

  it("leaves nothing for its search for commits and advisories, and words and numbers as they are", () => {
    const reason = `as in ${"ab12".repeat(10)}, deadbe3f and ${"1".repeat(40)}; GHSA-h4vv-h3jq-v493; deface 1234567 added`;
    const text = renderMarkdown(
      checkResult({ consumers: [consumerResult("a", { comparison: "not-run", reason })] }),
    );

    expect(text).not.toMatch(/(?:ab12){10}|deadbe3f|1{40}|GHSA-h/);
    expect(text).toContain("dea\u200bdbe3f");
    expect(text).toContain("deface 1234567 added");
  });

  it("makes no mathematics", () => {
    const consumers = [consumerResult("a", { comparison: "not-run", reason: "costs $x^2$" })];

    expect(renderMarkdown(checkResult({ consumers }))).toContain("costs <span>$</span>x^2<span>$</span>");
  });

  it("keeps every table a table: as many cells in each row as in its head", () => {
    const tables = nodes(markdown, "table") as readonly (Node & { children: { children: Node[] }[] })[];

    expect(tables.length).toBeGreaterThan(4);
    for (const { children } of tables) {
      expect(new Set(children.map((row) => row.children.length)).size).toBe(1);
    }
  });

  it("shows no control characters", () => {
    const text = markdown.replaceAll("\n", "").replaceAll("\u200b", "");

    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });

  it("keeps a log inside its fence", () => {
    const logs = values(markdown, "code");

    expect(logs).toHaveLength(1);
    expect(logs[0]).toContain("<script>alert(1)</script>");
  });

  it.each([
    ["pipes", "a | b"],
    ["backticks", "`"],
    ["a fence", "```"],
    ["a backslash at the end", "a\\"],
    ["a backslash before a pipe", "a\\|b"],
    ["nothing", ""],
    ["spaces", "  "],
    ["an entity", "&#124;"],
    ["a dollar", "$a$"],
  ])("a consumer's name with %s stays one cell", (_, name) => {
    const broken = consumerResult(name, {
      comparison: "regressed",
      effect: "build",
      advice: name,
      reference: name,
    });

    const tables = nodes(renderMarkdown(checkResult({ verdict: "failure", consumers: [broken] })), "table");

    const rows = (tables[1] as Node & { children: { children: Node[] }[] }).children;
    expect(rows.map((row) => row.children.length)).toEqual([4, 4]);
  });

  it("shows a name's characters, whatever they are", () => {
    const name = "a|b`c*d_e<f>&amp;\\g";

    const markdown = renderMarkdown(
      checkResult({ consumers: [consumerResult(name, { comparison: "fixed" })] }),
    );

    expect(values(markdown, "text").join("")).toContain(name);
  });
});

describe("limits", () => {
  const manyConsumers = foundingCase().consumers.flatMap((consumer) =>
    Array.from({ length: 40 }, (_, index) => ({ ...consumer, name: `${consumer.name}-${index}` })),
  );
  const huge = () => {
    const { headline: _, ...result } = { ...foundingCase(), consumers: manyConsumers };
    return checkResult(result);
  };

  it.each([
    ["a comment", { characters: 60_000, bytes: 240_000 }],
    ["few characters", { characters: 6_000, bytes: 240_000 }],
    ["few bytes", { characters: 60_000, bytes: 6_000 }],
    ["next to nothing", { characters: 300, bytes: 300 }],
    ["nothing", { characters: 0, bytes: 0 }],
  ])("%s", (_, limit) => {
    for (const story of [huge(), hostile()]) {
      const markdown = renderMarkdown(story, { limit });

      expect(markdown.length).toBeLessThanOrEqual(limit.characters);
      expect(Buffer.byteLength(markdown)).toBeLessThanOrEqual(limit.bytes);
      expect(markdown.isWellFormed()).toBe(true);
      const html = values(markdown, "html").join("");
      expect(html.split("<details>").length).toBe(html.split("</details>").length);
    }
  });

  it("shortens the least important first and says so", () => {
    const whole = renderMarkdown(foundingCase());

    const shorter = renderMarkdown(foundingCase(), {
      limit: { characters: whole.length - 1, bytes: 240_000 },
    });

    expect(whole).not.toContain("Shortened");
    expect(shorter).toContain("Shortened to fit a comment: Rebuilds. The JSON report has everything.");
    expect(shorter).toContain("R13-bootspec");
  });

  it("keeps headline and summary when all else has gone", () => {
    const markdown = renderMarkdown(huge(), { limit: { characters: 2_500, bytes: 3_500 } });

    expect(markdown).toContain("### ❌ 520 consumers break, 280 of them silently");
    expect(markdown).toContain("| Sizes |");
    expect(markdown).toContain("What to do: these consumers break");
  });

  it("never calls a summary that fits too long", () => {
    expect(renderMarkdown(foundingCase(), { links: { Chart: "https://modprobot.example/1(2)" } })).toContain(
      "[Chart](https://modprobot.example/1%282%29)",
    );
  });

  it("cuts a hostile name once, wherever it stands", () => {
    const name = HOSTILE.repeat(1000);

    const markdown = renderMarkdown(checkResult({ consumers: [consumerResult(name)] }));

    expect(markdown.length).toBeLessThan(3_000);
  });
});
