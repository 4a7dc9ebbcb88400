/**
 * Does the App ask for exactly what it uses? The calls are those written in src/github/, each looked up in GitHub's own
 * description; the events are those src/app.ts really listens to.
 */
import { readdirSync, readFileSync } from "node:fs";
import { Octokit } from "octokit";
import type { Probot } from "probot";
import { describe, expect, it } from "vitest";
import { modprobotApp } from "../src/app.ts";
import { readAppManifest } from "../src/config/app-manifest.ts";
import { eventShape } from "../src/web/event-shape.ts";
import { findOperation } from "./harness/github/contract.ts";
import { description } from "./harness/github/description.ts";
import {
  ALWAYS_SENT,
  AS_ANYBODY,
  AS_APP,
  isListed,
  NEEDED,
  NEEDED_TO_HEAR,
  type Needed,
} from "./harness/github/permissions.ts";

const ADAPTER = new URL("../src/github/", import.meta.url);
const SOURCES = readdirSync(ADAPTER).map(
  (name) => [name, readFileSync(new URL(name, ADAPTER), "utf8")] as const,
);
const MANIFEST = readAppManifest();

/** `issues/create-comment`, for `rest.issues.createComment`. */
function operationOf(call: string): string {
  const [, space = "", method = ""] = call.split(".");
  const rest = new Octokit().rest as unknown as Record<
    string,
    Record<string, { endpoint: { DEFAULTS: { method: string; url: string } } }>
  >;
  const written = rest[space]?.[method]?.endpoint.DEFAULTS;
  if (written === undefined) throw new Error(`octokit has no ${call}`);
  const found = findOperation(written.method, written.url.replaceAll(/[{}]/g, ""));
  if (found === undefined) throw new Error(`GitHub describes no ${written.method} ${written.url}`);
  return found.id;
}

const OPERATIONS = [
  ...new Set(SOURCES.flatMap(([, text]) => text.match(/\brest\.\w+\.\w+/g) ?? []).map(operationOf)),
].sort();

function listenedTo(): string[] {
  const heard: string[] = [];
  const app = { on: (names: string | string[]) => heard.push(...[names].flat()) };
  modprobotApp({ requests: {} as never })(app as unknown as Probot);
  return [...new Set(heard.map((name) => name.split(".")[0] ?? ""))].sort();
}

const USED: readonly (readonly [string, Needed])[] = [
  ...OPERATIONS.flatMap((operation) => {
    const needed = NEEDED[operation];
    return needed === undefined ? [] : [[operation, needed] as const];
  }),
  ...Object.entries(NEEDED_TO_HEAR).filter(([event]) => listenedTo().includes(event)),
  ["git fetch", { anyOf: ["contents"], level: "read" }],
];

const unmet = (asked: Readonly<Record<string, string>>) =>
  USED.filter(([, needed]) => !isListed(needed, asked)).map(([what]) => what);

describe("the permissions of app.yml", () => {
  it("come from calls that can all be seen", () => {
    expect(OPERATIONS.length).toBeGreaterThan(20);
    for (const [name, text] of SOURCES)
      expect(text, `${name} calls GitHub by another way than octokit.rest`).not.toMatch(
        /octokit\.(request|graphql)\b/,
      );
    const unknown = OPERATIONS.filter(
      (operation) => !(operation in NEEDED || AS_APP.has(operation) || AS_ANYBODY.has(operation)),
    );
    expect(unknown, "what do they need? test/harness/github/permissions.ts").toEqual([]);
  });

  it("are enough for every call and every event", () => {
    expect(unmet(MANIFEST.default_permissions)).toEqual([]);
  });

  it.each(Object.entries(MANIFEST.default_permissions))("ask for no more than %s: %s", (name, level) => {
    const { [name]: _, ...without } = MANIFEST.default_permissions;
    const lowered = level === "write" ? { ...without, [name]: "read" } : without;

    expect(unmet(lowered)).not.toEqual([]);
  });

  it("are names that GitHub knows", () => {
    const path = "/app/installations/{installation_id}/access_tokens";
    const body = description().paths[path]?.["post"]?.requestBody?.content["application/json"]?.schema;
    const known = (body as { properties: { permissions: { properties: object } } }).properties.permissions
      .properties;

    expect(Object.keys(known)).toEqual(expect.arrayContaining(Object.keys(MANIFEST.default_permissions)));
  });
});

describe("the events of app.yml", () => {
  it("are those that are listened to", () => {
    expect([...MANIFEST.default_events, ...ALWAYS_SENT].sort()).toEqual(listenedTo());
  });

  it("are taken where they arrive", () => {
    for (const event of listenedTo()) expect(eventShape(event, {}), event).not.toBe("unknown-event");
  });
});

it("sends webhooks where they are listened for", () => {
  expect(MANIFEST.hook_attributes.url).toBe(`${MANIFEST.url}/api/github/webhooks`);
});
