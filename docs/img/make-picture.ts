/**
 * Makes the README's pictures from a JSON report, so that they can be redone and never show what modprobot
 * does not say: `report.png`, the top of the page down to the first broken consumers, and `charts.png`.
 *
 *     node docs/img/make-picture.ts report.json [DIRECTORY]
 *
 * Needs Chromium at /usr/bin/chromium (Debian: `apt-get install chromium`, or `bin/setup --tests`).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { argv, exit, getuid, stderr } from "node:process";
import { chromium, type Page } from "playwright-core";
import { renderHtml } from "../../src/report/html.ts";
import { reportSchema } from "../../src/report/schema.ts";

const WIDTH = 1040;
/** Rows of the table of broken consumers that the first picture shows: the rest is more of the same. */
const ROWS = 6;
const MARGIN = 16;

const [reportFile, directory = import.meta.dirname] = argv.slice(2);
if (reportFile === undefined) {
  stderr.write("usage: node docs/img/make-picture.ts report.json [DIRECTORY]\n");
  exit(2);
}

const report = reportSchema.parse(JSON.parse(await readFile(reportFile, "utf8")));
// Chromium's own sandbox does not start as root; the page is ours and fetches nothing.
const args = ["--disable-gpu", ...(getuid?.() === 0 ? ["--no-sandbox"] : [])];
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
try {
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: 900 },
    deviceScaleFactor: 1.5,
    colorScheme: "light",
  });
  await page.setContent(renderHtml(report));
  await shoot(
    page,
    join(directory, "report.png"),
    "header",
    `#consumers tbody tr:nth-child(${ROWS}), #summary`,
  );
  await shoot(page, join(directory, "charts.png"), "#sizes", "#modules figure:last-of-type, #sizes");
} finally {
  await browser.close();
}

/** From the top of one element to the bottom of the last that `to` selects. */
async function shoot(page: Page, path: string, from: string, to: string): Promise<void> {
  const top = await page.locator(from).first().boundingBox();
  const bottom = await page.locator(to).last().boundingBox();
  if (top === null || bottom === null) return;
  const y = Math.max(0, top.y - MARGIN);
  const height = bottom.y + bottom.height + MARGIN / 2 - y;
  await page.screenshot({ path, fullPage: true, clip: { x: 0, y, width: WIDTH, height } });
}
