/**
 * The door of the fake GitHub: one loopback server for the interface and for git. It writes every request down,
 * plays the faults that a test ordered, and collects violations of the contract.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import type { Api } from "./api.ts";
import { appPage, isAppPage } from "./app-page.ts";
import type { Call } from "./call.ts";
import type { Answer } from "./emulator.ts";
import { type Fault, type Faults, faultAnswer } from "./faults.ts";
import { type GitDoor, openGitDoor } from "./git-door.ts";
import { type GitAddress, parseGitAddress } from "./git-server.ts";
import type { Moments } from "./moments.ts";
import { githubsTime, type World } from "./world.ts";

export interface RecordedRequest {
  readonly at: Date;
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** `issues/create-comment`, `git/fetch`, `git/push`, `unknown` */
  readonly operation: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
  readonly fault: Fault["kind"] | undefined;
  /** What the sender got; 0 while unanswered, and for ever where the connection was cut. */
  status: number;
}

export interface Server {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  readonly violations: readonly string[];
  close(): Promise<void>;
}

export interface Inside {
  readonly api: Api;
  readonly world: World;
  readonly door: GitDoor;
  readonly faults: Faults;
  readonly moments: Moments;
  /** What follows from a request that was done, whether or not its answer arrived. */
  readonly afterwards: (call: Call, answer: Answer) => void;
}

/** Listens at once; `inside` is made when the address is known. */
export async function startServer(makeInside: (url: string) => Promise<Inside>): Promise<Server> {
  const requests: RecordedRequest[] = [];
  const violations: string[] = [];
  let inside: Inside | undefined;
  const server = createServer((request, response) => {
    if (inside === undefined) return void response.writeHead(503).end();
    serve(inside, request, response, requests, violations).catch((error: unknown) => {
      violations.push(`the fake GitHub failed at ${request.method} ${request.url}: ${String(error)}`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500, { "content-type": "application/json" }).end('{"message":"Server Error"}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  inside = await makeInside(url);
  return {
    url,
    requests,
    violations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(
  inside: Inside,
  request: IncomingMessage,
  response: ServerResponse,
  requests: RecordedRequest[],
  violations: string[],
): Promise<void> {
  const body = await readBody(request);
  const url = new URL(request.url ?? "/", "http://localhost");
  const target = url.pathname + url.search;
  if (isAppPage(url)) {
    const { status, headers, html, problems } = appPage(inside.world, url, body.toString());
    violations.push(...problems);
    return void response.writeHead(status, headers).end(html);
  }
  const gitAddress = parseGitAddress(url);
  const operation = operationOf(inside, gitAddress, request, target);
  const fault = inside.faults.take(operation);
  const record: RecordedRequest = {
    at: new Date(),
    method: request.method ?? "GET",
    target,
    operation,
    authorization: request.headers.authorization,
    body: gitAddress === undefined ? parseJson(body) : undefined,
    fault: fault?.kind,
    status: 0,
  };
  requests.push(record);
  await inside.moments.meet(operation, "arrives");
  if (fault?.kind === "silent") return;
  if (fault?.kind === "slow") await sleep(fault.milliseconds);
  const instead = faultAnswer(fault, Math.floor(Date.now() / 1000));
  if (instead !== undefined) return send(inside.world, response, record, instead);
  if (gitAddress !== undefined) {
    await openGitDoor(inside.door, gitAddress, url, request, body, response);
    record.status = response.statusCode;
    return inside.moments.meet(operation, "is done");
  }

  const judged = await inside.api.handle(record);
  violations.push(...judged.violations);
  if (judged.call !== undefined) inside.afterwards(judged.call, judged.answer);
  await inside.moments.meet(operation, "is done");
  if (fault?.kind === "cut-after-success") return void response.destroy();
  if (fault?.kind === "502-after-success")
    return send(inside.world, response, record, {
      status: 502,
      headers: {},
      body: { message: "Server Error" },
    });
  send(inside.world, response, record, judged.answer);
}

function operationOf(
  inside: Inside,
  gitAddress: GitAddress | undefined,
  request: IncomingMessage,
  target: string,
): string {
  if (gitAddress !== undefined) return gitAddress.isPush ? "git/push" : "git/fetch";
  return inside.api.operationOf(request.method ?? "GET", target);
}

function send(world: World, response: ServerResponse, record: RecordedRequest, answer: Answer): void {
  record.status = answer.status;
  const text = answer.body === undefined ? undefined : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    ...(text === undefined ? {} : { "content-type": "application/json; charset=utf-8" }),
    date: new Date(githubsTime(world)).toUTCString(),
    "x-github-request-id": "0000:000000:0000000:0000000:00000000",
    "x-ratelimit-limit": "5000",
    "x-ratelimit-remaining": "4999",
    "x-ratelimit-reset": String(Math.floor(Date.now() / 1000) + 3600),
    "x-ratelimit-resource": "core",
    ...answer.headers,
  });
  response.end(text);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseJson(body: Buffer): unknown {
  if (body.length === 0) return undefined;
  try {
    return JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString());
  } catch {
    return body.toString();
  }
}
