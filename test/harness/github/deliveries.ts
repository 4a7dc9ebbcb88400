/**
 * Webhook deliveries: signed and sent as GitHub does, written down, lost on demand, made again.
 *
 * A delivery counts as made when the answer is 2xx within ten seconds; GitHub does not try again by itself
 * (https://docs.github.com/webhooks/using-webhooks/handling-failed-webhook-deliveries).
 */
import { createHmac, randomUUID } from "node:crypto";
import { APP } from "./emulator.ts";

const ANSWER_WITHIN_MS = 10_000;

export interface Delivery {
  readonly id: number;
  /** Stays the same when it is made again. */
  readonly guid: string;
  readonly event: string;
  readonly action: string | null;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly installationId: number | null;
  readonly repositoryId: number | null;
  readonly deliveredAt: string;
  readonly redelivery: boolean;
  /** 0 until answered; GitHub writes 502 where nobody answered and 504 for too late. */
  statusCode: number;
  status: string;
  seconds: number;
}

export interface Deliveries {
  readonly log: readonly Delivery[];
  /** Resolves when it was answered, refused or lost. */
  send(event: string, payload: Readonly<Record<string, unknown>>): Promise<Delivery>;
  sendAgain(delivery: Delivery): Promise<Delivery>;
  /** From now on nothing arrives. */
  lose(): void;
  stopLosing(): void;
  /** All that were sent have ended. */
  settled(): Promise<void>;
}

export interface DeliveryOptions {
  /** Where to; undefined while no App is listening. */
  readonly target: () => string | undefined;
  readonly secret: () => string;
}

export function createDeliveries({ target, secret }: DeliveryOptions): Deliveries {
  const log: Delivery[] = [];
  const underWay = new Set<Promise<unknown>>();
  let losing = false;

  const make = async (delivery: Delivery) => {
    log.push(delivery);
    const url = losing ? undefined : target();
    const started = performance.now();
    delivery.statusCode = url === undefined ? 502 : await post(url, delivery, secret());
    delivery.status = STATUS_TEXT[delivery.statusCode] ?? (isMade(delivery) ? "OK" : "Invalid HTTP Response");
    delivery.seconds = Math.round(performance.now() - started) / 1000;
    return delivery;
  };
  const track = (delivery: Delivery) => {
    const made = make(delivery);
    underWay.add(made);
    return made.finally(() => underWay.delete(made));
  };
  const fresh = (from: Pick<Delivery, "guid" | "event" | "payload">, redelivery: boolean): Delivery => ({
    ...from,
    id: 9_000_000_001 + log.length,
    action: typeof from.payload["action"] === "string" ? from.payload["action"] : null,
    installationId: idOf(from.payload["installation"]),
    repositoryId: idOf(from.payload["repository"]),
    deliveredAt: new Date().toISOString(),
    redelivery,
    statusCode: 0,
    status: "",
    seconds: 0,
  });

  return {
    log,
    send: (event, payload) => track(fresh({ guid: randomUUID(), event, payload }, false)),
    sendAgain: ({ guid, event, payload }) => track(fresh({ guid, event, payload }, true)),
    lose() {
      losing = true;
    },
    stopLosing() {
      losing = false;
    },
    async settled() {
      while (underWay.size > 0) await Promise.allSettled([...underWay]);
    },
  };
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  502: "failed to connect to host",
  504: "timed out",
};

export function isMade(delivery: Delivery): boolean {
  return delivery.statusCode >= 200 && delivery.statusCode < 300;
}

async function post(url: string, delivery: Delivery, secret: string): Promise<number> {
  const body = JSON.stringify(delivery.payload);
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: deliveryHeaders(delivery, body, secret),
      body,
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return error instanceof Error && error.name === "TimeoutError" ? 504 : 502;
  }
}

/** https://docs.github.com/webhooks/webhook-events-and-payloads#delivery-headers */
function deliveryHeaders(delivery: Delivery, body: string, secret: string): Record<string, string> {
  const sign = (algorithm: string) =>
    `${algorithm}=${createHmac(algorithm, secret).update(body).digest("hex")}`;
  return {
    accept: "*/*",
    "content-type": "application/json",
    "user-agent": "GitHub-Hookshot/044aadd",
    "x-github-delivery": delivery.guid,
    "x-github-event": delivery.event,
    "x-github-hook-id": "292430182",
    "x-github-hook-installation-target-id": String(APP.id),
    "x-github-hook-installation-target-type": "integration",
    "x-hub-signature": sign("sha1"),
    "x-hub-signature-256": sign("sha256"),
  };
}

function idOf(value: unknown): number | null {
  const id = typeof value === "object" && value !== null ? (value as { id?: unknown }).id : undefined;
  return typeof id === "number" ? id : null;
}
