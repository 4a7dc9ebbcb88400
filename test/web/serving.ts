/** A web server on a free port with a store in memory, and signed webhooks to send to it. */
import { createHmac, randomUUID } from "node:crypto";
import { onTestFinished } from "vitest";
import type { CheckRecord } from "../../src/domain/check-record.ts";
import { createReadiness, type ReadinessProbe } from "../../src/web/readiness.ts";
import { startWebServer } from "../../src/web/server.ts";
import type { Delivery } from "../../src/workflow/app-ports.ts";
import { PULL_REQUEST } from "./payloads.ts";

export const SECRET = "the-secret-of-today";
export const PREVIOUS = "the-secret-of-before";

export interface Serving {
  readonly url: string;
  readonly stored: Delivery[];
  readonly logged: { readonly data: object; readonly message: string }[];
  readonly counted: string[];
  readonly readiness: ReturnType<typeof createReadiness>;
  close(graceMs: number): Promise<void>;
}

export async function serve(
  options: {
    readonly checks?: readonly CheckRecord[];
    /** Of every check; null: on another machine. */
    readonly logs?: Readonly<Record<string, string | null>>;
    readonly probes?: readonly ReadinessProbe[];
    readonly accept?: (delivery: Delivery) => Promise<"accepted" | "duplicate">;
  } = {},
): Promise<Serving> {
  const stored: Delivery[] = [];
  const logged: Serving["logged"] = [];
  const counted: string[] = [];
  const say = (data: object, message: string) => void logged.push({ data, message });
  const readiness = createReadiness(options.probes ?? []);
  const store = {
    async acceptDelivery(delivery: Delivery) {
      if (options.accept !== undefined) return options.accept(delivery);
      const isKnown = stored.some(
        ({ guid, bodySha256 }) => guid === delivery.guid || bodySha256 === delivery.bodySha256,
      );
      if (isKnown) return "duplicate" as const;
      stored.push(delivery);
      return "accepted" as const;
    },
    async report(id: string) {
      const check = options.checks?.find((one) => one.id === id);
      return check && { check, result: check.result };
    },
    async logs() {
      return Object.keys(options.logs ?? {}).map((name) => ({ name, path: `/logs/${name}`, bytes: 1 }));
    },
  };
  const server = await startWebServer(
    {
      store,
      logs: { read: async (_id, name) => options.logs?.[name] ?? undefined },
      webhookSecrets: [SECRET, PREVIOUS],
      readiness,
      metrics: { webhook: (event, result) => void counted.push(`${event} ${result}`) },
      version: "1.2.3",
      log: { info: say, warn: say, error: say },
    },
    { host: "127.0.0.1", port: 0 },
  );
  onTestFinished(() => server.close(0));
  return { url: server.url, close: server.close, stored, logged, counted, readiness };
}

export interface Sent {
  readonly method?: string;
  readonly body?: string;
  readonly secret?: string;
  /** Undefined leaves one out. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

export function sign(body: string, secret = SECRET): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

/** As GitHub sends them: `pull_request.opened` unless told otherwise. */
export async function send(
  url: string,
  { method = "POST", body = PULL_REQUEST, secret = SECRET, headers = {} }: Sent = {},
): Promise<{ readonly status: number; readonly body: unknown; readonly headers: Headers }> {
  const all = {
    "content-type": "application/json",
    "x-github-delivery": randomUUID(),
    "x-github-event": "pull_request",
    "x-hub-signature-256": sign(body, secret),
    ...headers,
  };
  const present = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const response = await fetch(`${url}/api/github/webhooks`, {
    method,
    headers: Object.fromEntries(present),
    ...(method === "GET" ? {} : { body }),
  });
  return { status: response.status, body: await response.json(), headers: response.headers };
}
