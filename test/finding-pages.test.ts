import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { FINDINGS } from "../src/domain/findings.ts";

const DIRECTORY = join(import.meta.dirname, "..", "docs", "findings");
const SECTIONS = ["What it says", "What follows", "Common causes", "What to write instead", "Seen in"];
const kinds = Object.entries(FINDINGS);

it("every kind has a page, and every page a kind", () => {
  const pages = readdirSync(DIRECTORY).filter((name) => name !== "README.md");

  expect(pages.sort()).toEqual(kinds.map(([kind]) => `${kind}.md`).sort());
});

describe.each(kinds)("%s", (kind, { severity, title }) => {
  const text = readFileSync(join(DIRECTORY, `${kind}.md`), "utf8");

  it("says what it is, in the words of the catalogue", () => {
    expect(text.startsWith(`# ${kind}\n\n**${severity}** · ${title}\n`)).toBe(true);
    expect(readFileSync(join(DIRECTORY, "README.md"), "utf8")).toContain(
      `| [${kind}](${kind}.md) | ${severity} | ${title} |`,
    );
  });

  it("answers every question", () => {
    const sections = text.split(/^## /m).slice(1);

    expect(sections.map((section) => section.split("\n")[0])).toEqual(SECTIONS);
    for (const section of sections)
      expect(section.split("\n").slice(1).join("").trim().length).toBeGreaterThan(20);
  });

  it("links to what is there", () => {
    const targets = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].flatMap(([, target]) => target ?? []);

    expect(targets.length).toBeGreaterThan(0);
    for (const target of targets)
      expect(existsSync(join(dirname(join(DIRECTORY, kind)), target)), target).toBe(true);
  });
});
