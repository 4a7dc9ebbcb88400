import { describe, expect, it } from "vitest";
import { checkResult, foundingCase } from "../harness/results.ts";
import { aCheck, ID } from "./checks.ts";
import { serve } from "./serving.ts";

const UNKNOWN = "00000000-58a5-4c30-9f5b-0d3f3a6f2a11";

describe("the page of a check", () => {
  it.each([
    ["queued", aCheck(), "waits for a worker", true],
    ["running", aCheck({ state: "running", stage: "evaluate" }), "last finished stage", true],
    ["running, counted", aCheck({ state: "running", result: foundingCase() }), "It is running", true],
    ["waiting", aCheck({ state: "waiting", result: checkResult() }), "Somebody with write access", true],
    ["done", aCheck({ state: "done", result: foundingCase() }), "octo/kernels#7", false],
    ["failed", aCheck({ state: "failed", reason: "the disk is full" }), "the disk is full", false],
    ["superseded", aCheck({ state: "superseded", reason: "a newer push" }), "a newer push", false],
  ])(
    "that is %s says so, and looks again while there is more to come",
    async (_name, check, words, refreshes) => {
      const { url } = await serve({ checks: [check] });

      const response = await fetch(`${url}/checks/${ID}`);
      const text = await response.text();

      expect(response.status).toBe(200);
      expect(text).toContain(words);
      expect(text.includes('http-equiv="refresh"')).toBe(refreshes);
    },
  );

  it("lets nothing run, be framed, or be kept by others", async () => {
    const { url } = await serve({ checks: [aCheck({ state: "done", result: foundingCase() })] });

    const { headers } = await fetch(`${url}/checks/${ID}`);

    expect(headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; .*frame-ancestors 'none'$/,
    );
    expect(Object.fromEntries(headers)).toMatchObject({
      "cache-control": "private, no-cache",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-robots-tag": "noindex",
    });
  });

  it("escapes what a pull request named", async () => {
    const reason = "<script>alert(1)</script>";
    const { url } = await serve({ checks: [aCheck({ state: "failed", reason })] });

    expect(await (await fetch(`${url}/checks/${ID}`)).text()).not.toContain("<script");
  });

  it("is not sent again where it has not changed", async () => {
    const { url } = await serve({ checks: [aCheck({ state: "done", result: foundingCase() })] });
    const etag = (await fetch(`${url}/checks/${ID}`)).headers.get("etag") ?? "";

    const again = await fetch(`${url}/checks/${ID}`, { headers: { "if-none-match": etag } });

    expect(again.status).toBe(304);
  });

  it.each([
    `/checks/${UNKNOWN}`,
    "/checks/7",
    "/checks",
    "/",
    "/checks/..%2f..%2fetc",
    `/checks/${UNKNOWN}.json`,
  ])("is not to be found at %s", async (path) => {
    const { url } = await serve({ checks: [aCheck()] });

    expect((await fetch(url + path)).status).toBe(404);
  });

  it("has the report as JSON", async () => {
    const result = foundingCase();
    const { url } = await serve({ checks: [aCheck({ state: "done", result })] });

    const response = await fetch(`${url}/checks/${ID}.json`);

    expect(response.headers.get("x-modprobot-state")).toBe("done");
    expect(await response.json()).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it.each([
    ["is not known yet", aCheck(), 202],
    ["never will be", aCheck({ state: "cancelled" }), 404],
  ])("says as JSON where the report %s", async (_name, check, status) => {
    const { url } = await serve({ checks: [check] });

    const response = await fetch(`${url}/checks/${ID}.json`);

    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ state: check.state });
  });
});

describe("the logs of a check", () => {
  const name = "build-linux-6.12-0123abcd";
  const check = aCheck({ state: "failed", reason: "the disk is full" });

  it("stand on its page, also where it has no report, and open as plain text that nothing runs in", async () => {
    const { url } = await serve({ checks: [check], logs: { [name]: "<script>alert(1)</script>\n" } });

    const page = await (await fetch(`${url}/checks/${ID}`)).text();
    const [, href = ""] =
      /<section id="logs">.*?<a href="([^"]+)">build-linux-6\.12-0123abcd</s.exec(page) ?? [];
    const log = await fetch(new URL(href, `${url}/checks/${ID}`));

    expect(log.status).toBe(200);
    expect(await log.text()).toBe("<script>alert(1)</script>\n");
    expect(Object.fromEntries(log.headers)).toMatchObject({
      "content-type": expect.stringMatching(/^text\/plain; ?charset=utf-8$/i),
      "content-security-policy": expect.stringContaining("default-src 'none'"),
      "x-content-type-options": "nosniff",
      "cache-control": "private, no-cache",
    });
  });

  it("are left out of the page where there are none", async () => {
    const { url } = await serve({ checks: [check] });

    expect(await (await fetch(`${url}/checks/${ID}`)).text()).not.toContain("Logs");
  });

  it("say that they are elsewhere where another machine made them", async () => {
    const { url } = await serve({ checks: [check], logs: { [name]: null } });

    const log = await fetch(`${url}/checks/${ID}/logs/${name}`);

    expect(log.status).toBe(404);
    expect(await log.text()).toContain("on the machine of the worker");
  });

  it.each(["other", "..%2f..%2fetc%2fpasswd", ""])("are no way to anything else: %j", async (asked) => {
    const { url } = await serve({ checks: [check], logs: { [name]: "text" } });

    expect((await fetch(`${url}/checks/${ID}/logs/${asked}`)).status).toBe(404);
  });
});

describe("health", () => {
  it("is alive, says its version, and is ready where nothing is wrong", async () => {
    const { url } = await serve({ probes: [{ name: "database", look: async () => null }] });

    expect(await (await fetch(`${url}/livez`)).json()).toEqual({ status: "alive" });
    expect(await (await fetch(`${url}/version`)).json()).toMatchObject({ version: "1.2.3" });
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ status: "ready" });
  });

  it("says all that is wrong, and stays alive", async () => {
    const { url } = await serve({
      probes: [
        { name: "database", look: async () => Promise.reject(new Error("it is away")) },
        { name: "queue", look: async () => null },
        { name: "disk", look: async () => "1 GiB is left" },
      ],
    });

    const response = await fetch(`${url}/readyz`);

    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({
      status: "not-ready",
      reasons: { database: "it is away", disk: "1 GiB is left" },
    });
    expect((await fetch(`${url}/livez`)).status).toBe(200);
  });

  it("is not ready any more once it drains", async () => {
    const { url, readiness } = await serve();
    readiness.drain();

    const response = await fetch(`${url}/readyz`);

    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ reasons: { draining: expect.any(String) } });
  });

  it("looks once for many who ask at the same time", async () => {
    let looks = 0;
    const count = async () => {
      looks += 1;
      return null;
    };
    const { url } = await serve({ probes: [{ name: "nix", look: count }] });

    await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/readyz`)));

    expect(looks).toBe(1);
  });
});

describe("closing", () => {
  it("does not wait for connections that are kept open, and takes no more", async () => {
    const { url, close } = await serve();
    await fetch(`${url}/livez`);

    const started = performance.now();
    await close(5_000);

    expect(performance.now() - started).toBeLessThan(1_000);
    await expect(fetch(`${url}/livez`)).rejects.toThrow();
  });
});
