/** A real browser, started once for a test file. Call it where tests are collected. */
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll } from "vitest";

const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"];

export interface Visit {
  readonly page: Page;
  /** What the browser wrote to its console, blocked content among it. */
  readonly complaints: readonly string[];
}

export function browserForTests(): () => Promise<Visit> {
  let started: Promise<Browser> | undefined;
  afterAll(async () => (await started)?.close());
  return async () => {
    started ??= chromium.launch({ executablePath: "/usr/bin/chromium", args: ARGUMENTS });
    const page = await (await started).newPage();
    const complaints: string[] = [];
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    return { page, complaints };
  };
}
