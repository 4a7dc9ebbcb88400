/**
 * GitHub's page where an App is made from a manifest: a form that comes from somewhere else, a person who confirms, and a
 * code that goes back. https://docs.github.com/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
 *
 * Pages are not in GitHub's description; the permissions and events of a manifest are, and are held to it.
 */
import { randomBytes } from "node:crypto";
import { html } from "hono/html";
import { description } from "./description.ts";
import { isObject } from "./shapes.ts";
import type { World } from "./world.ts";

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
  /** What is wrong with the manifest; GitHub shows it, and here it fails the test too. */
  readonly problems: readonly string[];
}

const PAGE = /^(?:\/organizations\/([^/]+))?\/settings\/apps\/(new|manifest)$/;

export function isAppPage({ pathname }: URL): boolean {
  return PAGE.test(pathname);
}

export function appPage(world: World, url: URL, body: string): PageAnswer {
  const [, organization, step] = PAGE.exec(url.pathname) ?? [];
  const form = new URLSearchParams(body);
  const manifest = parse(form.get("manifest"));
  const owner = organization ?? "ann-admin";
  if (step === "manifest") return confirmed(world, manifest, owner, form);
  const problems = problemsOf(manifest);
  if (problems.length > 0) return page(422, problems.join("; "), problems);
  // Names and state go along in the form, as a session would keep them.
  return page(
    200,
    html`<form method="post" action="${url.pathname.replace(/new$/, "manifest")}">
<label>GitHub App name <input name="name" value="${String(manifest["name"] ?? "")}"></label>
<input type="hidden" name="manifest" value="${JSON.stringify(manifest)}">
<input type="hidden" name="state" value="${url.searchParams.get("state") ?? ""}">
<button type="submit">Create GitHub App for ${owner}</button>
</form>`,
  );
}

function confirmed(
  world: World,
  manifest: Readonly<Record<string, unknown>>,
  owner: string,
  form: URLSearchParams,
): PageAnswer {
  const code = randomBytes(20).toString("hex");
  world.registrations.set(code, { manifest: { ...manifest, name: form.get("name") }, owner });
  const back = new URL(String(manifest["redirect_url"]));
  back.searchParams.set("code", code);
  const state = form.get("state") ?? "";
  if (state !== "") back.searchParams.set("state", state);
  return { status: 302, headers: { location: back.href }, html: "", problems: [] };
}

function problemsOf(manifest: Readonly<Record<string, unknown>>): string[] {
  const { name, url, hook_attributes, redirect_url } = manifest;
  const hook = isObject(hook_attributes) ? hook_attributes["url"] : undefined;
  return [
    ...(String(name ?? "").length > 34 ? ["name is too long (maximum is 34 characters)"] : []),
    ...[url, hook, redirect_url].flatMap((one) =>
      URL.canParse(String(one)) ? [] : [`${String(one)} is no address`],
    ),
    ...permissionProblems(manifest["default_permissions"]),
    ...eventProblems(manifest["default_events"]),
  ].map((problem) => `manifest: ${problem}`);
}

function permissionProblems(permissions: unknown): string[] {
  const path = "/app/installations/{installation_id}/access_tokens";
  const schema = description().paths[path]?.["post"]?.requestBody?.content["application/json"]?.schema;
  const known = (
    schema as { properties: { permissions: { properties: Record<string, { enum: string[] }> } } }
  ).properties.permissions.properties;
  if (!isObject(permissions)) return ["it has no default_permissions"];
  return Object.entries(permissions).flatMap(([name, level]) =>
    known[name]?.enum.includes(String(level)) ? [] : [`${name}: ${String(level)} is no permission`],
  );
}

function eventProblems(events: unknown): string[] {
  const described = Object.keys(description()["x-webhooks"]);
  if (!Array.isArray(events)) return ["it has no default_events"];
  return events
    .filter((event) => !described.some((name) => name.startsWith(`${String(event).replaceAll("_", "-")}-`)))
    .map((event) => `${event} is no event`);
}

function parse(text: string | null): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text ?? "");
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}

function page(
  status: number,
  content: string | ReturnType<typeof html>,
  problems: readonly string[] = [],
): PageAnswer {
  const whole = html`<!doctype html><title>Create GitHub App</title><link rel="icon" href="data:,"><body>${content}</body>`;
  return { status, headers: { "content-type": "text/html; charset=utf-8" }, html: String(whole), problems };
}
