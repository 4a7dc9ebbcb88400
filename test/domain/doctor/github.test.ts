import { describe, expect, it } from "vitest";
import {
  type AppLook,
  type DeliveryLook,
  type InstallationLook,
  judgeClock,
  judgeDeliveries,
  judgeInstallations,
  judgePermissions,
  judgeWebhookAddress,
  judgeWebhookSecret,
  type WebhookLook,
} from "../../../src/domain/doctor/github.ts";

const ASKED = {
  default_permissions: { checks: "write", contents: "read", metadata: "read" },
  default_events: ["check_run", "pull_request"],
} as const;
const SETTINGS_URL = "https://github.com/settings/apps/modprobot";
const APP: AppLook = {
  name: "modprobot",
  slug: "modprobot",
  pageUrl: "https://github.com/apps/modprobot",
  settingsUrl: SETTINGS_URL,
  permissions: ASKED.default_permissions,
  events: ASKED.default_events,
};
const { checks: _, ...WITHOUT_CHECKS } = ASKED.default_permissions;

describe("clock", () => {
  it.each([
    [0, "green", "as GitHub's"],
    [20, "green", "20 s ahead of"],
    [21, "yellow", "ahead of"],
    [-60, "yellow", "60 s behind"],
    [61, "red", "61 s ahead of"],
    [-61, "red", "61 s behind"],
  ] as const)("%i s: %s", (ahead, light, words) => {
    const judged = judgeClock(ahead);
    expect([judged.light, judged.seen.includes(words)]).toEqual([light, true]);
  });
});

describe("permissions and events", () => {
  it.each([
    ["as asked", {}, "green", "exactly"],
    ["one missing", { permissions: WITHOUT_CHECKS }, "red", "checks: write"],
    [
      "one too low",
      { permissions: { ...ASKED.default_permissions, checks: "read" } },
      "red",
      "checks: write",
    ],
    ["an event missing", { events: ["check_run"] }, "red", "event pull_request"],
    [
      "one too high",
      { permissions: { ...ASKED.default_permissions, contents: "write" } },
      "yellow",
      "contents: write",
    ],
    [
      "one too many",
      { permissions: { ...ASKED.default_permissions, actions: "read" } },
      "yellow",
      "actions: read",
    ],
    ["an event too many", { events: [...ASKED.default_events, "push"] }, "yellow", "event push"],
  ] as const)("%s", (_name, facts, light, words) => {
    const judged = judgePermissions({ ...APP, ...facts }, ASKED);
    expect([judged.light, judged.seen.includes(words)]).toEqual([light, true]);
    if (light !== "green") expect(judged.remedy).toContain(`${SETTINGS_URL}/permissions`);
  });
});

describe("installations", () => {
  const HERE: InstallationLook = {
    account: "NixOS",
    suspended: false,
    permissions: ASKED.default_permissions,
    events: ASKED.default_events,
    pageUrl: "https://github.com/organizations/NixOS/settings/installations/1",
  };
  it.each([
    ["none", [], "yellow", "nowhere"],
    ["one", [HERE], "green", "on NixOS"],
    ["suspended", [{ ...HERE, suspended: true }], "yellow", "NixOS has suspended it"],
    ["behind", [{ ...HERE, permissions: WITHOUT_CHECKS }], "yellow", "NixOS has not accepted checks: write"],
    ["deaf", [{ ...HERE, events: [] }], "yellow", "does not get check_run, pull_request"],
    ["seven", Array.from({ length: 7 }, () => HERE), "green", "and 2 more"],
  ] as const)("%s", (_name, installations, light, words) => {
    const judged = judgeInstallations(installations, APP, ASKED);
    expect([judged.light, judged.seen]).toEqual([light, expect.stringContaining(words)]);
  });

  it("says where that is mended", () => {
    expect(judgeInstallations([{ ...HERE, suspended: true }], APP, ASKED).remedy).toContain(HERE.pageUrl);
    expect(judgeInstallations([], APP, ASKED).remedy).toContain(`${APP.pageUrl}/installations/new`);
  });
});

describe("webhook", () => {
  const HOOK: WebhookLook = {
    url: "https://m.example.org/api/github/webhooks",
    contentType: "json",
    hasSecret: true,
    verifiesTls: true,
  };
  it.each([
    ["right", {}, "https://m.example.org", "green"],
    ["of nobody", { url: undefined }, "https://m.example.org", "red"],
    ["without the path", { url: "https://m.example.org/" }, "https://m.example.org", "red"],
    ["of another host", {}, "https://n.example.org", "red"],
    ["as a form", { contentType: "form" }, "https://m.example.org", "red"],
    ["without a look at certificates", { verifiesTls: false }, "https://m.example.org", "yellow"],
    ["that cannot be compared", {}, undefined, "not-checked"],
  ] as const)("address %s", (_name, facts, publicUrl, light) => {
    expect(judgeWebhookAddress({ ...HOOK, ...facts }, publicUrl, SETTINGS_URL).light).toBe(light);
  });

  it("has a secret on GitHub, or everything is refused", () => {
    expect(judgeWebhookSecret(HOOK, SETTINGS_URL).light).toBe("green");
    expect(judgeWebhookSecret({ ...HOOK, hasSecret: false }, SETTINGS_URL).light).toBe("red");
  });
});

describe("deliveries", () => {
  const sent = (statusCode: number): DeliveryLook => ({
    at: new Date(0),
    event: "pull_request",
    statusCode,
    status: statusCode === 202 ? "OK" : "Invalid HTTP Response",
  });
  it.each([
    ["none", [], "green", ""],
    ["good ones", [202, 200], "green", ""],
    ["a wrong secret", [202, 401, 502], "yellow", "WEBHOOK_SECRET"],
    ["nobody there", [502], "yellow", "modprobot serve"],
    ["a proxy", [404], "yellow", "proxy"],
    ["a store that is away", [503], "yellow", "/readyz"],
    ["anything else", [500], "yellow", "log"],
  ] as const)("%s", (_name, codes, light, words) => {
    const judged = judgeDeliveries(codes.map(sent), SETTINGS_URL);
    expect(judged.light).toBe(light);
    expect(judged.remedy ?? "").toContain(words);
  });
});
