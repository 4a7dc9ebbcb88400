import { randomUUID } from "node:crypto";
import { request } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { EnvironmentError } from "../../src/errors.ts";
import { eventShape } from "../../src/web/event-shape.ts";
import { BODY_LIMIT } from "../../src/web/read-body.ts";
import { EXAMPLES, example, PULL_REQUEST } from "./payloads.ts";
import { PREVIOUS, send, serve, sign } from "./serving.ts";

const OURS = [
  "pull_request",
  "issue_comment",
  "check_run",
  "check_suite",
  "installation",
  "installation_repositories",
];

describe("a webhook", () => {
  it("is stored with the hash of its body, then acknowledged", async () => {
    const { url, stored, counted } = await serve();

    const answer = await send(url, { headers: { "x-github-delivery": "guid-1" } });

    expect(answer).toMatchObject({ status: 202, body: { result: "accepted" } });
    expect(stored).toEqual([
      {
        guid: "guid-1",
        event: "pull_request",
        bodySha256: expect.stringMatching(/^[0-9a-f]{64}$/),
        payload: JSON.parse(PULL_REQUEST),
      },
    ]);
    expect(counted).toEqual(["pull_request accepted"]);
  });

  it.each([
    ["no signature", { headers: { "x-hub-signature-256": undefined } }, 401, "wrong-signature"],
    ["a signature of another secret", { secret: "development" }, 401, "wrong-signature"],
    [
      "a signature of another body",
      { headers: { "x-hub-signature-256": sign("{}") } },
      401,
      "wrong-signature",
    ],
    [
      "a malformed signature",
      { headers: { "x-hub-signature-256": "sha256=é".replace("é", "zz") } },
      401,
      "wrong-signature",
    ],
    [
      "the old signature alone",
      { headers: { "x-hub-signature-256": undefined, "x-hub-signature": "sha1=00" } },
      401,
      "wrong-signature",
    ],
    ["no body", { body: "" }, 401, "wrong-signature"],
    ["no GUID", { headers: { "x-github-delivery": undefined } }, 400, "wrong-headers"],
    ["a GUID with blanks", { headers: { "x-github-delivery": "a b" } }, 400, "wrong-headers"],
    ["no event", { headers: { "x-github-event": undefined } }, 400, "wrong-headers"],
    ["an event that is a path", { headers: { "x-github-event": "../x" } }, 400, "wrong-headers"],
    ["a form", { headers: { "content-type": "application/x-www-form-urlencoded" } }, 415, "wrong-type"],
    ["no type", { headers: { "content-type": "text/plain" } }, 415, "wrong-type"],
    ["another method", { method: "GET" }, 405, "wrong-method"],
    ["a body that is no JSON", { body: "{" }, 400, "wrong-body"],
    ["a body that is a list", { body: "[]" }, 400, "wrong-body"],
    ["a body of another event", { headers: { "x-github-event": "issue_comment" } }, 400, "wrong-event"],
    ["a comment as pull request", { body: example("issue_comment") }, 400, "wrong-event"],
    ["a review as pull request", { body: example("pull_request_review") }, 400, "wrong-event"],
    ["an event nobody acts on", { headers: { "x-github-event": "star" } }, 202, "ignored"],
    [
      "an event named as a part of every object",
      { headers: { "x-github-event": "constructor" } },
      202,
      "ignored",
    ],
    ["a ping", { body: '{"zen":"x","hook":{}}', headers: { "x-github-event": "ping" } }, 200, "pong"],
    ["the secret of before", { secret: PREVIOUS }, 202, "accepted"],
    [
      "a type with a charset",
      { headers: { "content-type": "application/json; charset=utf-8" } },
      202,
      "accepted",
    ],
  ])("with %s is answered as it should", async (_name, sent, status, result) => {
    const { url, stored } = await serve();

    const answer = await send(url, sent);

    expect(answer).toMatchObject({ status, body: { result } });
    expect(stored).toHaveLength(result === "accepted" ? 1 : 0);
  });

  it.each(["/api/github/webhooks/", "/api/github/webhooks?x=1"])("is taken at %s", async (path) => {
    const { url } = await serve();
    const headers = {
      "content-type": "application/json",
      "x-github-delivery": "g",
      "x-github-event": "pull_request",
      "x-hub-signature-256": sign(PULL_REQUEST),
    };

    const response = await fetch(url + path, { method: "POST", headers, body: PULL_REQUEST });

    expect(response.status).toBe(202);
  });

  it("is a duplicate under the same GUID, and under another one with the same body", async () => {
    const { url, stored } = await serve();
    const headers = { "x-github-delivery": randomUUID() };

    await send(url, { headers });
    const again = await send(url, { headers });
    const replayed = await send(url);

    expect(again).toMatchObject({ status: 202, body: { result: "duplicate" } });
    expect(replayed).toMatchObject({ status: 202, body: { result: "duplicate" } });
    expect(stored).toHaveLength(1);
  });

  it("is asked for again where the store is away", async () => {
    const accept = async () => {
      throw new EnvironmentError("database-unreachable", "PostgreSQL is away", "");
    };
    const { url, logged } = await serve({ accept });

    const answer = await send(url);

    expect(answer).toMatchObject({ status: 503, body: { result: "not-stored" } });
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(JSON.stringify(answer.body)).not.toContain("PostgreSQL");
    expect(logged).toMatchObject([{ message: "webhook not taken" }]);
  });

  it("leaves nothing of its payload in the log", async () => {
    const { url, logged } = await serve();
    const { title } = (JSON.parse(PULL_REQUEST) as { pull_request: { title: string } }).pull_request;

    await send(url, { headers: { "x-github-delivery": "guid-1" } });
    await send(url, { body: PULL_REQUEST.slice(1) });

    expect(logged[0]?.data).toMatchObject({ delivery: "guid-1", event: "pull_request", result: "accepted" });
    expect(JSON.stringify(logged)).not.toContain(title);
  });

  it.each(OURS)("of GitHub's collection for %s fits its own event and no other of ours", (event) => {
    const { examples } = EXAMPLES.find(({ name }) => name === event) ?? { examples: [] };

    expect(examples.length).toBeGreaterThan(0);
    for (const payload of examples as Record<string, unknown>[]) {
      expect(OURS.filter((other) => eventShape(other, payload) === "fits")).toEqual([event]);
    }
  });

  it("of an event that is not ours fits none of ours", () => {
    const others = EXAMPLES.filter(({ name }) => !OURS.includes(name) && name !== "pull_request_target");
    const taken = others.flatMap(({ name, examples }) =>
      (examples as Record<string, unknown>[]).flatMap((payload) =>
        OURS.filter((event) => eventShape(event, payload) === "fits").map((event) => `${name} as ${event}`),
      ),
    );

    expect([...new Set(taken)]).toEqual([]);
  });
});

describe("a body too large", () => {
  const post = (url: string, headers: Record<string, string>, chunks: readonly Buffer[]) =>
    new Promise<number | undefined>((resolve, reject) => {
      const sending = request(`${url}/api/github/webhooks`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-github-delivery": "g",
          "x-github-event": "pull_request",
          "x-hub-signature-256": "sha256=00",
          ...headers,
        },
      });
      sending.on("response", (response) => {
        resolve(response.statusCode);
        response.resume();
        sending.destroy();
      });
      sending.on("error", reject);
      sending.flushHeaders();
      void (async () => {
        for (const chunk of chunks) if (!sending.destroyed && !sending.write(chunk)) await pause(1);
      })();
    });

  it("is refused by its announced length, before a byte of it", async () => {
    const { url } = await serve();

    expect(await post(url, { "content-length": String(BODY_LIMIT + 1) }, [])).toBe(413);
  });

  it("is refused once it has grown too large", async () => {
    const { url } = await serve();
    const chunks = Array.from({ length: 27 }, () => Buffer.alloc(2 ** 20, " "));

    expect(await post(url, { "transfer-encoding": "chunked" }, chunks)).toBe(413);
  });

  it("is taken at the limit", async () => {
    const { url } = await serve();
    const body = PULL_REQUEST + " ".repeat(BODY_LIMIT - Buffer.byteLength(PULL_REQUEST));

    expect(await send(url, { body })).toMatchObject({ status: 202 });
  });
});
