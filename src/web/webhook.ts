/**
 * Receiving a webhook: nothing is believed before the signature, nothing is done before the answer.
 *
 * The delivery is stored and enqueued in one transaction, then acknowledged; a worker does the rest. GitHub gives ten
 * seconds, counts only 2xx as delivered and never repeats by itself, so a store that is away is told as 503 and the
 * delivery asked for again later (`workflow/app/reconcile.ts`). https://docs.github.com/webhooks/using-webhooks/best-practices-for-using-webhooks
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { verifyWithFallback } from "@octokit/webhooks-methods";
import type { StorePort } from "../workflow/app-ports.ts";
import { eventShape, isObject } from "./event-shape.ts";
import type { BodyReader } from "./read-body.ts";

/** For the answer, the log and the metrics. */
export type WebhookResult =
  | "accepted"
  | "duplicate"
  | "ignored"
  | "pong"
  | "wrong-method"
  | "wrong-type"
  | "too-large"
  | "busy"
  | "broken-off"
  | "wrong-headers"
  | "wrong-signature"
  | "wrong-body"
  | "wrong-event"
  | "not-stored";

export interface WebhookAnswer {
  readonly status: number;
  readonly result: WebhookResult;
  /** What is wrong, in a sentence: it stands under "Recent deliveries" on the App's page. */
  readonly message?: string;
  /** As far as they are known and well formed. */
  readonly guid?: string;
  readonly event?: string;
  /** Why the store refused; for the log alone. */
  readonly error?: unknown;
}

export interface WebhookWorld {
  readonly store: Pick<StorePort, "acceptDelivery">;
  /** The first is today's. */
  readonly secrets: readonly [string, ...string[]];
  readonly bodies: BodyReader;
}

export async function receiveWebhook(request: IncomingMessage, world: WebhookWorld): Promise<WebhookAnswer> {
  const headers = readHeaders(request);
  if ("status" in headers) return headers;
  const body = await world.bodies.read(request);
  switch (body.kind) {
    case "too-large":
      return { status: 413, result: "too-large", message: "A webhook has at most 25 MB." };
    case "busy":
      return { status: 503, result: "busy", message: "Too much arrives at once; deliver it again later." };
    case "broken-off":
      return { status: 400, result: "broken-off", message: "The body ended too early." };
  }
  const text = body.bytes.toString("utf8");
  if (!(await isSigned(text, headers.signature, world.secrets))) {
    const message =
      "The signature does not fit the body: is the webhook secret here the one on the App's page?";
    return { status: 401, result: "wrong-signature", message };
  }
  const named = { guid: headers.guid, event: headers.event };
  const sha256 = createHash("sha256").update(body.bytes).digest("hex");
  return { ...named, ...(await handle(headers, text, sha256, world)) };
}

interface WebhookHeaders {
  readonly guid: string;
  readonly event: string;
  readonly signature: string;
}

function readHeaders({ method, headers }: IncomingMessage): WebhookHeaders | WebhookAnswer {
  if (method !== "POST")
    return { status: 405, result: "wrong-method", message: "Webhooks are sent with POST." };
  // https://docs.github.com/webhooks/using-webhooks/creating-webhooks: the other type would be a form.
  if (!/^application\/json\s*(?:;|$)/i.test(headers["content-type"] ?? "")) {
    const message = "The content type has to be application/json; it is set on the App's page.";
    return { status: 415, result: "wrong-type", message };
  }
  const guid = single(headers["x-github-delivery"]);
  const event = single(headers["x-github-event"]);
  const signature = single(headers["x-hub-signature-256"]);
  if (signature === undefined)
    return { status: 401, result: "wrong-signature", message: "There is no X-Hub-Signature-256." };
  if (guid === undefined || !/^[\dA-Za-z-]{1,64}$/.test(guid))
    return { status: 400, result: "wrong-headers", message: "There is no proper X-GitHub-Delivery." };
  if (event === undefined || !/^[a-z_]{1,64}$/.test(event))
    return { status: 400, result: "wrong-headers", message: "There is no proper X-GitHub-Event." };
  return { guid, event, signature };
}

function single(header: string | string[] | undefined): string | undefined {
  return typeof header === "string" && header !== "" ? header : undefined;
}

async function isSigned(text: string, signature: string, secrets: WebhookWorld["secrets"]): Promise<boolean> {
  if (text === "") return false;
  const [now, ...before] = secrets;
  return verifyWithFallback(now, text, signature, before);
}

async function handle(
  { guid, event }: WebhookHeaders,
  text: string,
  bodySha256: string,
  { store }: WebhookWorld,
): Promise<WebhookAnswer> {
  const payload = parse(text);
  if (payload === undefined)
    return { status: 400, result: "wrong-body", message: "The body is no JSON object." };
  if (event === "ping") return { status: 200, result: "pong" };
  const shape = eventShape(event, payload);
  if (shape === "unknown-event") return { status: 202, result: "ignored" };
  if (shape === "does-not-fit")
    return { status: 400, result: "wrong-event", message: `The body is not one of ${event}.` };
  try {
    return { status: 202, result: await store.acceptDelivery({ guid, event, bodySha256, payload }) };
  } catch (error) {
    return { status: 503, result: "not-stored", message: "The delivery could not be stored.", error };
  }
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
