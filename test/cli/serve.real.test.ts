/**
 * `modprobot serve` as an operator runs it: a process of its own, webhooks over HTTP, ended with signals. GitHub is not
 * there: what is checked is what holds without it.
 */
import { createHmac, generateKeyPairSync, randomUUID } from "node:crypto";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { PROJECT, type Started, start, temporaryDirectory } from "../harness/modprobot.ts";
import { PULL_REQUEST } from "../web/payloads.ts";

/** One for all tests: making an embedded database takes seconds. */
const DATA = join(temporaryDirectory(), "data");
const SECRET = "a-secret-for-these-tests";
const KEY = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();

const ENVIRONMENT = {
  APP_ID: "7",
  PRIVATE_KEY: KEY,
  WEBHOOK_SECRET: SECRET,
  PORT: "0",
  METRICS_PORT: "0",
  // Nobody listens there.
  MODPROBOT_GITHUB_API_URL: "http://127.0.0.1:9",
};

interface Serving {
  readonly program: Started;
  readonly url: string;
  readonly metrics: string;
}

async function serve(args: readonly string[] = []): Promise<Serving> {
  const program = start(
    `${PROJECT}/bin/modprobot`,
    ["serve", "--data", DATA, "--grace", "1", ...args],
    ENVIRONMENT,
  );
  // Where a test fails in the middle, the next one needs the database.
  onTestFinished(() => {
    try {
      process.kill(program.pid, "SIGKILL");
    } catch {
      // It has ended, as it should.
    }
  });
  const line = await lineOf(program, '"message":"started"');
  const { url, metrics } = JSON.parse(line) as { url: string; metrics: string };
  return { program, url, metrics };
}

async function lineOf(program: Started, words: string): Promise<string> {
  await program.shows(words);
  const line = program
    .stderrSoFar()
    .split("\n")
    .find((one) => one.includes(words));
  if (line === undefined) throw new Error(`no line with ${words}`);
  return line;
}

function deliver(url: string, guid: string = randomUUID()): Promise<Response> {
  const body = PULL_REQUEST.replace('"action":', `"nonce":"${guid}","action":`);
  return fetch(`${url}/api/github/webhooks`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-github-delivery": guid,
      "x-github-event": "pull_request",
      "x-hub-signature-256": `sha256=${createHmac("sha256", SECRET).update(body).digest("hex")}`,
    },
    body,
  });
}

describe("modprobot serve", () => {
  it("tells all that is missing at once, and ends with 2", async () => {
    const empty = Object.fromEntries(Object.keys(ENVIRONMENT).map((name) => [name, ""]));

    const { status, stderr } = await start(`${PROJECT}/bin/modprobot`, ["serve"], empty).ended;

    expect(status).toBe(2);
    expect(stderr).toMatch(
      /3 settings are missing or wrong\n {2}APP_ID .*\n {2}PRIVATE_KEY .*\n {2}WEBHOOK_SECRET /,
    );
  });

  it("takes webhooks, says how it is, and on SIGTERM ends with 0", async () => {
    const { program, url, metrics } = await serve();

    const taken = await deliver(url, "guid-1");
    const again = await deliver(url, "guid-1");
    const ready = await fetch(`${url}/readyz`);
    const numbers = await (await fetch(`${metrics}/metrics`)).text();

    expect([taken.status, again.status]).toEqual([202, 202]);
    expect(await again.json()).toEqual({ result: "duplicate" });
    expect(await ready.json()).toEqual({ status: "ready" });
    expect(numbers).toContain('modprobot_webhook_deliveries_total{event="pull_request",result="accepted"} 1');
    expect(numbers).toMatch(/modprobot_queue_jobs\{queue="delivery",state="waiting"\} \d/);
    for (const page of ["livez", "readyz", "version"])
      expect((await fetch(`${metrics}/${page}`)).status, page).toBe(200);

    process.kill(program.pid, "SIGTERM");
    const { status, stderr } = await program.ended;
    expect(status).toBe(0);
    expect(stderr).toContain('"message":"shut down"');
    for (const line of stderr.trim().split("\n")) expect(() => JSON.parse(line), line).not.toThrow();
    expect(stderr).not.toContain(SECRET);
    expect(stderr).not.toContain(KEY.split("\n")[2]);
  });

  it("still knows after a restart what it had accepted before it was killed", async () => {
    const before = await serve();
    await deliver(before.url, "guid-2");
    process.kill(before.program.pid, "SIGKILL");
    await before.program.ended;

    const after = await serve();
    const again = await deliver(after.url, "guid-2");

    expect(await again.json()).toEqual({ result: "duplicate" });
    process.kill(after.program.pid, "SIGTERM");
    expect((await after.program.ended).status).toBe(0);
  });

  it("lets no second process at its database, and says what to do", async () => {
    const { program } = await serve();

    const second = await start(`${PROJECT}/bin/modprobot`, ["serve", "--data", DATA], ENVIRONMENT).ended;

    expect(second.status).toBe(3);
    expect(second.stderr).toContain("DATABASE_URL");
    process.kill(program.pid, "SIGTERM");
    await program.ended;
  });

  it("ends at once on a second signal", async () => {
    const { program } = await serve(["--grace", "60"]);

    process.kill(program.pid, "SIGTERM");
    await program.shows('"message":"shutting down"');
    process.kill(program.pid, "SIGTERM");
    const { status } = await Promise.race([program.ended, pause(5_000).then(() => ({ status: "late" }))]);

    // Without running work the first one may have been quicker.
    expect([0, 130]).toContain(status);
  });

  it("does not start a worker without a database to share", async () => {
    const { status, stderr } = await start(`${PROJECT}/bin/modprobot`, ["worker"], {
      ...ENVIRONMENT,
      DATABASE_URL: "",
    }).ended;

    expect(status).toBe(2);
    expect(stderr).toContain("a worker needs DATABASE_URL");
  });
});
