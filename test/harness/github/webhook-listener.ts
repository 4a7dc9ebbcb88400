/** An App that only listens: keeps what it was sent, for tests of the fake GitHub itself. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { Json } from "./shapes.ts";

export interface Received {
  readonly event: string;
  readonly guid: string;
  readonly signature: string;
  readonly text: string;
  readonly payload: Json;
}

export interface Listener {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it answers from now on. */
  answer: number;
}

export async function listenerForTest(): Promise<Listener> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const header = (name: string) => String(request.headers[name]);
    received.push({
      event: header("x-github-event"),
      guid: header("x-github-delivery"),
      signature: header("x-hub-signature-256"),
      text,
      payload: JSON.parse(text) as Json,
    });
    response.writeHead(listener.answer).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const listener: Listener = { url: `http://127.0.0.1:${port}/api/github/webhooks`, received, answer: 202 };
  return listener;
}
