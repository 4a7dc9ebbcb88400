/** The HTML report in a real browser: nothing fetched, nothing complained of, readable on a phone. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderHtml } from "../../src/report/html.ts";
import { foundingCase, STORIES } from "../harness/results.ts";

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];
const PHONE = { width: 390, height: 844 };
const DESK = { width: 1280, height: 900 };

let browser: Browser;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "modprobot-html-"));
  browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
});

afterAll(async () => {
  await browser?.close();
  await rm(directory, { recursive: true, force: true });
});

interface Visit {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

async function open(html: string, viewport: typeof PHONE, colorScheme: "light" | "dark"): Promise<Visit> {
  const file = join(directory, "report.html");
  await writeFile(file, html);
  const page = await browser.newPage({ viewport, colorScheme });
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(file).href);
  return { page, complaints, requests: requests.slice(1) };
}

const overflow = (page: Page) =>
  page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth");

describe.each(Object.entries(STORIES))("%s", (_, story) => {
  it.each([
    ["phone", PHONE, "light"],
    ["desk", DESK, "dark"],
  ] as const)("on a %s", async (_where, viewport, scheme) => {
    const { page, complaints, requests } = await open(renderHtml(story()), viewport, scheme);
    await page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true");

    expect(await overflow(page)).toBe(0);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.close();
  });
});

describe("pictures", () => {
  it.each([PHONE, DESK])("are there, and inside the page, at $width px", async (viewport) => {
    const { page } = await open(renderHtml(foundingCase()), viewport, "light");

    for (const selector of ["svg.chart", "svg.tree"]) {
      const pictures = await page.locator(selector).all();
      expect(pictures).toHaveLength(2);
      for (const picture of pictures) {
        const box = await picture.boundingBox();
        expect(box?.width ?? 0).toBeGreaterThan(250);
        expect((box?.x ?? 0) + (box?.width ?? 0)).toBeLessThanOrEqual(viewport.width);
      }
    }
    await page.close();
  });

  it("draw bars in proportion", async () => {
    const { page } = await open(renderHtml(foundingCase()), DESK, "light");
    const bars = page.locator("svg.chart").first();

    const base = await bars.locator("rect.base").first().boundingBox();
    const head = await bars.locator("rect.head").first().boundingBox();

    expect((head?.width ?? 0) / (base?.width ?? 1)).toBeCloseTo(14.1 / 126.4, 2);
    await page.close();
  });

  it("have names for those who hear the page", async () => {
    const { page } = await open(renderHtml(foundingCase()), DESK, "light");

    const names = await page.locator("svg[role=img] > title").allTextContents();

    expect(names).toEqual([
      "Sizes of the outputs of linux, base and head",
      "Sizes of the outputs of linux_tiny, base and head",
      "Modules of linux at head, by directory",
      "Modules of linux_tiny at head, by directory",
    ]);
    await page.close();
  });
});
