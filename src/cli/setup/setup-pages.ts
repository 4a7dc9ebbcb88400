/** The pages of `modprobot setup`: a form for GitHub, and what became of it. No scripts; nothing is fetched. */
import { createHash } from "node:crypto";
import { html, raw } from "hono/html";
import type { AppManifest } from "../../domain/app-manifest.ts";
import { STYLE } from "../../report/html-style.ts";

type Markup = ReturnType<typeof html>;

const OWN_STYLE = `${STYLE}
button { font: inherit; font-weight: 650; color: #fff; background: #1f6feb; border: 0; border-radius: 8px; padding: .6rem 1.1rem; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--head); outline-offset: 3px; }
`;
const STYLE_HASH = createHash("sha256").update(OWN_STYLE).digest("base64");

/** @param formTarget the only place a form of ours may go to */
export function pageHeaders(formTarget: string): Readonly<Record<string, string>> {
  return {
    "content-security-policy": `default-src 'none'; img-src data:; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; form-action ${formTarget}; frame-ancestors 'none'`,
    // The path holds the token; GitHub learns the origin only, without which some browsers send forms as from nobody.
    "referrer-policy": "origin",
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  };
}

export interface FormPage {
  readonly manifest: AppManifest & { readonly redirect_url: string };
  /** With the state in it. */
  readonly action: string;
  readonly owner: string | undefined;
}

export function formPage({ manifest, action, owner }: FormPage): Markup {
  const permissions = Object.entries(manifest.default_permissions);
  return page(
    "neutral",
    `Make the GitHub App ${manifest.name}`,
    html`<section>
<p>GitHub asks you to confirm, and the name can still be changed there: it has to be unique on all of GitHub.</p>
<form method="post" action="${action}">
<input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<button type="submit">Go on to GitHub</button>
</form>
</section>
<section>
<h2>What it will be</h2>
<table><tbody>
<tr><td>Owner</td><td>${owner ?? "your own account"}</td></tr>
<tr><td>Webhooks go to</td><td><code>${manifest.hook_attributes.url}</code></td></tr>
<tr><td>Permissions</td><td>${permissions.map(([name, level]) => html`<code>${name}: ${level}</code> `)}</td></tr>
<tr><td>Events</td><td>${manifest.default_events.map((event) => html`<code>${event}</code> `)}</td></tr>
<tr><td>Who may install it</td><td>${manifest.public ? "everybody" : "its owner"}</td></tr>
</tbody></table>
</section>`,
  );
}

export function madePage(name: string, installUrl: string): Markup {
  return page(
    "success",
    `The GitHub App ${name} is made`,
    html`<section>
<p>Its credentials are written. Next, install it on the repositories it is to check:</p>
<p><a href="${installUrl}">${installUrl}</a></p>
<p>The terminal says the rest. This page can be closed.</p>
</section>`,
  );
}

/** @param details one paragraph a line */
export function troublePage(headline: string, details: string): Markup {
  const lines = details.split("\n").filter((line) => line !== "");
  return page("failure", headline, html`<section>${lines.map((line) => html`<p>${line}</p>`)}</section>`);
}

function page(verdict: "success" | "failure" | "neutral", headline: string, content: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${headline}</title>
<style>${raw(OWN_STYLE)}</style>
</head>
<body>
<main class="${verdict}">
<header><h1>${headline}</h1></header>
${content}
</main>
</body>
</html>
`;
}
