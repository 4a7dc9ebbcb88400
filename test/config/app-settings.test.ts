import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parseServeSettings, parseWorkerSettings, type Variables } from "../../src/config/app-settings.ts";
import { UserError } from "../../src/errors.ts";

const pkcs8 = { type: "pkcs8", format: "pem" } as const;
const pem = (type: "rsa" | "ed25519"): string => {
  const { privateKey } =
    type === "rsa" ? generateKeyPairSync("rsa", { modulusLength: 2048 }) : generateKeyPairSync("ed25519");
  return privateKey.export(pkcs8).toString();
};
const KEY = pem("rsa");
const GOOD: Variables = { APP_ID: "7", PRIVATE_KEY: KEY, WEBHOOK_SECRET: "0123456789abcdef" };

const directory = mkdtempSync(join(tmpdir(), "modprobot-settings-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(variables: Variables): string {
  try {
    parseServeSettings(variables);
    return "";
  } catch (error) {
    if (error instanceof UserError) return error.details;
    throw error;
  }
}

describe("settings of the App", () => {
  it("has defaults for everything but the three that GitHub gives", () => {
    const settings = parseServeSettings(GOOD);

    expect(settings).toMatchObject({
      github: { appId: 7, privateKey: KEY.trim(), host: undefined },
      webhookSecrets: ["0123456789abcdef"],
      host: "127.0.0.1",
      port: 3000,
      databaseUrl: undefined,
      logLevel: "info",
    });
  });

  it("tells everything that is missing at once, with how to get it", () => {
    const details = problemsOf({});

    expect(details).toMatch(/^APP_ID is missing\. .*"App ID"/m);
    expect(details).toMatch(/^PRIVATE_KEY is missing\. .*"Private keys"/m);
    expect(details).toMatch(/^WEBHOOK_SECRET is missing\. .*openssl rand/m);
  });

  it.each([
    ["a secret of 15 characters", { WEBHOOK_SECRET: "0123456789abcde" }, "fewer than 16"],
    ["Probot's default secret", { WEBHOOK_SECRET: "development" }, "is no secret"],
    ["a secret of blanks", { WEBHOOK_SECRET: " ".repeat(20) }, "WEBHOOK_SECRET is missing"],
    ["a weak previous secret", { WEBHOOK_SECRET_PREVIOUS: "short" }, "WEBHOOK_SECRET_PREVIOUS has fewer"],
    ["an App id that is a name", { APP_ID: "modprobot" }, "APP_ID is no number"],
    ["a key that is none", { PRIVATE_KEY: "secret" }, "holds no RSA private key"],
    ["a key GitHub does not take", { PRIVATE_KEY: pem("ed25519") }, "holds no RSA private key"],
    ["a key file that is not there", { PRIVATE_KEY_PATH: "/nonexistent" }, "cannot be read (ENOENT)"],
    ["a secret file that is not there", { WEBHOOK_SECRET_FILE: "/nonexistent" }, "cannot be read (ENOENT)"],
    ["a port too high", { PORT: "65536" }, "PORT is no port"],
    ["a database that is none of ours", { DATABASE_URL: "mysql://x/y" }, "DATABASE_URL cannot be used"],
    ["a password without a database", { DATABASE_PASSWORD: "p" }, "DATABASE_PASSWORD is set without"],
    ["an address that is a name", { PUBLIC_URL: "example.org" }, "PUBLIC_URL cannot be used"],
    ["a tracker that is no address", { FALSE_ALARM_URL: "issues" }, "FALSE_ALARM_URL cannot be used"],
    [
      "a tracker too long to link",
      { FALSE_ALARM_URL: `https://x.example/${"y".repeat(300)}` },
      "at most 300",
    ],
    ["a level nobody knows", { LOG_LEVEL: "loud" }, "LOG_LEVEL cannot be used"],
  ])("refuses %s", (_name, variables, words) => {
    expect(problemsOf({ ...GOOD, ...variables })).toContain(words);
  });

  it("never shows a value", () => {
    const details = problemsOf({
      ...GOOD,
      WEBHOOK_SECRET: "hunter2",
      PRIVATE_KEY: "hunter3",
      DATABASE_URL: "hunter4",
    });

    expect(details).not.toContain("hunter");
  });

  it.each([
    ["with \\n for its line ends", KEY.replaceAll("\n", "\\n")],
    ["in base64", Buffer.from(KEY).toString("base64")],
  ])("takes a key %s", (_name, PRIVATE_KEY) => {
    expect(parseServeSettings({ ...GOOD, PRIVATE_KEY }).github.privateKey).toBe(KEY.trim());
  });

  it("takes secrets from files, both webhook secrets while they are changed", () => {
    const settings = parseServeSettings({
      APP_ID: "7",
      PRIVATE_KEY_PATH: file("key.pem", KEY),
      WEBHOOK_SECRET_FILE: file("new", "new-secret-of-today\n"),
      WEBHOOK_SECRET_PREVIOUS_FILE: file("old", "old-secret-of-before\n"),
      DATABASE_URL_FILE: file("database", "postgresql://m:p@localhost/m\n"),
    });

    expect(settings.webhookSecrets).toEqual(["new-secret-of-today", "old-secret-of-before"]);
    expect(settings.databaseUrl).toBe("postgresql://m:p@localhost/m");
  });

  it("puts the database's password into its address, whatever is in it", () => {
    const settings = parseWorkerSettings({
      ...GOOD,
      DATABASE_URL: "postgresql://m@database/m",
      DATABASE_PASSWORD_FILE: file("password", "p%40/@:# \n"),
    });

    const url = new URL(settings.databaseUrl ?? "");
    expect(url.host).toBe("database");
    expect(decodeURIComponent(url.password)).toBe("p%40/@:#");
  });

  it.each([
    "postgresql://modprobot@/modprobot?host=/var/run/postgresql",
    "postgres://m:p@db.example.org:5432/m?sslmode=require",
    "postgresql:///modprobot?host=%2Frun%2Fpostgresql",
  ])("takes the database %s", (DATABASE_URL) => {
    expect(parseServeSettings({ ...GOOD, DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
  });

  it("asks a worker for no webhook secret", () => {
    expect(parseWorkerSettings({ APP_ID: "7", PRIVATE_KEY: KEY }).github.appId).toBe(7);
  });
});
