/**
 * Pages for people and programs that look: a check's report, its JSON, health, version. Read only.
 *
 * A report's address holds a random id, and whoever has it may read: it stands where only those look who may read the
 * repository, on its pull request. So no page lists ids, nothing is cached between, and no address leaks as a referrer.
 */
import { createHash } from "node:crypto";
import { Hono } from "hono";
import type { CheckRecord } from "../domain/check-record.ts";
import { isFinal } from "../domain/check-record.ts";
import { renderCheckPage } from "../report/check-page.ts";
import { renderNotice } from "../report/html.ts";
import { STYLE } from "../report/html-style.ts";
import { renderJson } from "../report/json.ts";
import type { CheckLogs, StorePort } from "../workflow/app-ports.ts";
import type { Readiness } from "./readiness.ts";

export interface PagesWorld {
  readonly store: Pick<StorePort, "report" | "logs">;
  readonly logs: Pick<CheckLogs, "read">;
  readonly readiness: Readiness;
  readonly version: string;
  readonly onError: (error: unknown, path: string) => void;
}

const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
const HEADERS = {
  "content-security-policy": `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-robots-tag": "noindex",
  "cross-origin-resource-policy": "same-origin",
};
/** The browser may keep it and has to ask whether it still holds. */
const KEEP = "private, no-cache";

export function createPages({ store, logs, readiness, version, onError }: PagesWorld): Hono {
  const rendered = createRenderedPages();
  const pages = new Hono();

  pages.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(HEADERS)) context.header(name, value);
  });

  addHealth(pages, { readiness, version });

  pages.get("/checks/:id{[0-9a-f-]{36}}", async (context) => {
    const check = (await store.report(context.req.param("id")))?.check;
    if (check === undefined) return context.html(notFound(), 404);
    const kept = (await store.logs(check.id)).map(({ name }) => name);
    const tag = etag(check, kept);
    const headers = { etag: tag, "cache-control": KEEP };
    if (context.req.header("if-none-match") === tag) return context.body(null, 304, headers);
    return context.html(rendered(check, kept, tag), 200, headers);
  });

  pages.get("/checks/:id{[0-9a-f-]{36}}/logs/:name", async (context) => {
    const { id, name } = context.req.param();
    if (!(await store.logs(id)).some((log) => log.name === name)) return context.html(notFound(), 404);
    const text = await logs.read(id, name);
    if (text === undefined)
      return context.text("This log is on the machine of the worker that made it.\n", 404);
    return context.text(text, 200, { "cache-control": KEEP });
  });

  pages.get("/checks/:file{[0-9a-f-]{36}\\.json}", async (context) => {
    const check = (await store.report(context.req.param("file").slice(0, -".json".length)))?.check;
    if (check === undefined) return context.json({ error: "there is no such check" }, 404);
    const { state, reason, result } = check;
    const headers = { "x-modprobot-state": state, "cache-control": KEEP };
    if (result === null) return context.json({ state, reason }, isFinal(state) ? 404 : 202, headers);
    return context.body(renderJson(result), 200, { ...headers, "content-type": "application/json" });
  });

  pages.notFound((context) => context.html(notFound(), 404));
  pages.onError((error, context) => {
    onError(error, context.req.path);
    return context.html(
      renderNotice("This page cannot be shown", { notes: [["Try again in a moment."]] }),
      500,
    );
  });
  return pages;
}

export function addHealth(
  pages: Hono,
  { readiness, version }: Pick<PagesWorld, "readiness" | "version">,
): void {
  pages.get("/version", (context) => context.json({ version, node: process.versions.node }));
  pages.get("/livez", (context) => context.json({ status: "alive" }));
  pages.get("/readyz", async (context) => {
    const { ready, reasons } = await readiness.look();
    return context.json(ready ? { status: "ready" } : { status: "not-ready", reasons }, ready ? 200 : 503);
  });
}

function notFound(): string {
  return renderNotice("There is nothing here", {
    notes: [["Reports are kept for 90 days, under the address in the comment."]],
  });
}

/** A tag of what a page is made of; reading the record costs less than rendering it. */
function etag(
  { state, stage, reason, result, baseSha, finishedAt }: CheckRecord,
  logs: readonly string[],
): string {
  const made = JSON.stringify([state, stage, reason, baseSha, finishedAt, result, logs]);
  return `"${createHash("sha256").update(made).digest("base64url").slice(0, 22)}"`;
}

const KEPT_PAGES = 16;

/** Rendering a large report takes as long as many webhooks, and the same few are asked for again and again. */
function createRenderedPages(): (check: CheckRecord, logs: readonly string[], tag: string) => string {
  const pages = new Map<string, string>();
  return (check, logs, tag) => {
    const key = check.id + tag;
    const page = pages.get(key) ?? renderCheckPage(check, logs);
    pages.delete(key);
    pages.set(key, page);
    const [oldest] = pages.keys();
    if (pages.size > KEPT_PAGES && oldest !== undefined) pages.delete(oldest);
    return page;
  };
}
