/**
 * The one server: webhooks by a handler of their own, everything else as pages.
 *
 * Time limits are for senders that never finish; GitHub sends a webhook within seconds. Closing answers what has begun,
 * takes nothing new, and after the grace ends connections that somebody keeps open.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { WEBHOOK_PATH } from "../domain/app-manifest.ts";
import { EnvironmentError } from "../errors.ts";
import type { StorePort } from "../workflow/app-ports.ts";
import type { Metrics } from "./metrics.ts";
import { addHealth, createPages } from "./pages.ts";
import { createBodyReader } from "./read-body.ts";
import type { Readiness } from "./readiness.ts";
import { receiveWebhook, type WebhookAnswer } from "./webhook.ts";

export interface WebLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

export interface WebWorld {
  readonly store: Pick<StorePort, "acceptDelivery" | "report">;
  /** The first is today's. */
  readonly webhookSecrets: readonly [string, ...string[]];
  readonly readiness: Readiness;
  readonly metrics: Pick<Metrics, "webhook">;
  readonly version: string;
  readonly log: WebLog;
}

export interface ListeningServer {
  /** `http://127.0.0.1:3000` */
  readonly url: string;
  close(graceMs: number): Promise<void>;
}

/** @throws EnvironmentError cannot-listen */
export async function startWebServer(
  world: WebWorld,
  place: { readonly host: string; readonly port: number },
): Promise<ListeningServer> {
  const { store, readiness, version, log, webhookSecrets: secrets } = world;
  const onError = (error: unknown, path: string) => log.error({ err: error, path }, "page failed");
  const pages = getRequestListener(createPages({ store, readiness, version, onError }).fetch);
  const hooks = { store, secrets, bodies: createBodyReader() };

  const server = createServer(
    {
      requestTimeout: 30_000,
      headersTimeout: 10_000,
      // Longer than proxies keep theirs (nginx: 60 s), or one would send into a connection we are closing.
      keepAliveTimeout: 75_000,
      connectionsCheckingInterval: 5_000,
    },
    (request, response) => {
      if (pathOf(request) !== WEBHOOK_PATH) return void pages(request, response);
      const started = performance.now();
      receiveWebhook(request, hooks).then(
        (answer) => {
          reply(request, response, answer);
          told(world, answer, (performance.now() - started) / 1000);
        },
        (error: unknown) => {
          log.error({ err: error }, "webhook failed");
          response.writeHead(500).end();
        },
      );
    },
  );
  return listen(server, place);
}

function pathOf({ url }: IncomingMessage): string {
  return (url ?? "").replace(/[?#].*$/s, "").replace(/\/$/, "");
}

function reply(request: IncomingMessage, response: ServerResponse, answer: WebhookAnswer): void {
  const { status, result, message } = answer;
  const body = Buffer.from(`${JSON.stringify({ result, ...(message === undefined ? {} : { message }) })}\n`);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": body.length,
    ...(status === 405 ? { allow: "POST" } : {}),
    ...(status === 503 ? { "retry-after": "60" } : {}),
    // Whoever still sends would be read to the end otherwise.
    ...(request.complete ? {} : { connection: "close" }),
  });
  response.end(body);
}

function told({ log, metrics }: WebWorld, answer: WebhookAnswer, seconds: number): void {
  const { guid: delivery, event, result, status, error } = answer;
  metrics.webhook(event ?? "other", result, seconds);
  const data = { delivery, event, result, ms: Math.round(seconds * 1000) };
  if (status >= 500) log.error({ ...data, err: error }, "webhook not taken");
  else if (status >= 400) log.warn(data, "webhook refused");
  else log.info(data, "webhook");
}

/**
 * For Prometheus and for whoever watches the process, on a port of its own, which need not be reachable from outside.
 * Workers have this one alone. @throws EnvironmentError cannot-listen
 */
export async function startMetricsServer(
  { metrics, readiness }: { readonly metrics: Pick<Metrics, "render">; readonly readiness: Readiness },
  place: { readonly host: string; readonly port: number },
): Promise<ListeningServer> {
  const pages = new Hono();
  addHealth(pages, readiness);
  pages.get("/metrics", async (context) => {
    const { text, type } = await metrics.render();
    return context.body(text, 200, { "content-type": type });
  });
  pages.onError((_error, context) => context.body(null, 503));
  return listen(createServer({ requestTimeout: 10_000 }, getRequestListener(pages.fetch)), place);
}

const PORTS = "choose one with PORT or METRICS_PORT, and the address with HOST.";

/** @param advice how to choose another port. @throws EnvironmentError cannot-listen */
export async function listen(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  advice = PORTS,
): Promise<ListeningServer> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen({ host, port }, resolve);
  try {
    await promise;
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? cause.code : cause;
    throw new EnvironmentError(
      "cannot-listen",
      `cannot listen on ${host} port ${port} (${why})`,
      `Another process may have that port: ${advice}`,
      { cause },
    );
  }
  server.removeListener("error", reject);
  const address = server.address() as AddressInfo;
  const name = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return { url: `http://${name}:${address.port}`, close: (graceMs) => close(server, graceMs) };
}

async function close(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), graceMs);
  await closed;
  clearTimeout(timer);
}
