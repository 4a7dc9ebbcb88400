import { describe, expect, it } from "vitest";
import { renderHtml } from "../../src/report/html.ts";
import { foundingCase, hostile, notRun, STORIES } from "../harness/results.ts";

/** Tags with their attributes, in order. */
const tags = (page: string) => page.replace(/<style>[\s\S]*?<\/style>/, "").match(/<[^>]*>/g) ?? [];

describe("one file that needs nothing", () => {
  it.each(Object.entries(STORIES))("%s names no other resource and runs nothing", (_, story) => {
    const page = renderHtml(story());

    expect(tags(page).filter((tag) => /^<(script|link|img|iframe|object|base|form|a)\b/i.test(tag))).toEqual(
      [],
    );
    expect(
      tags(page).filter((tag) => /\s(src|href|style|on\w+)\s*=/i.test(tag.replace(/"[^"]*"/g, '""'))),
    ).toEqual([]);
    expect(page).not.toMatch(/url\(|@import/);
  });

  it("forbids everything but its style sheet", () => {
    expect(renderHtml(foundingCase())).toContain(
      `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    );
  });

  it("shows nothing of a pull request as markup, and no control characters", () => {
    const page = renderHtml(hostile());

    expect(page).not.toContain("<script");
    expect(page).not.toContain("<img");
    expect(page.replaceAll("\n", "")).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  });
});

describe("pictures", () => {
  it("draws sizes and modules of each kernel, with words for those who do not see them", () => {
    const page = renderHtml(foundingCase());

    expect(page.match(/<svg class="chart"/g)).toHaveLength(2);
    expect(page.match(/<svg class="tree"/g)).toHaveLength(2);
    expect(page).toContain("Sizes of the outputs of linux_tiny, base and head");
    expect(page).toContain("out: 126.4 → 14.1 MB (−112.3 MB, −89 %). ");
    expect(page).toContain("<title>drivers/net: 171 modules, 17.3 MB</title>");
  });

  it("draws no bar for a side that is not known, and none for a tree that was not measured", () => {
    const page = renderHtml(notRun());

    expect(page.match(/<rect class="base"/g)).toHaveLength(1);
    expect(page).not.toContain('<rect class="head"');
    expect(page).toContain("126.4 MB → ?");
    expect(page).not.toContain('<svg class="tree"');
  });

  it("gives ids once each", () => {
    const ids = [...renderHtml(foundingCase()).matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);

    expect(new Set(ids).size).toBe(ids.length);
  });
});
