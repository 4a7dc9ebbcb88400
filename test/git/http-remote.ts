/** A git server on this machine: git's own http-backend behind a server that wants a token, as GitHub does. */
import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

export const TOKEN = "ghs_123_token.with-all.kinds_of-signs";

export interface HttpRemote {
  /** Of a repository below `root`, without credentials. */
  url(name: string): string;
  /** Method and path of each request that had the token. */
  readonly requests: string[];
  /** Bytes of packs that were sent. */
  readonly sent: () => number;
  /** What the server does with each request instead of answering it; undefined: it answers. */
  fault: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/** @param root directory that holds bare repositories. */
export async function startHttpRemote(root: string): Promise<HttpRemote> {
  let sent = 0;
  const remote: HttpRemote = {
    url: (name) => `http://127.0.0.1:${(server.address() as AddressInfo).port}/${name}`,
    requests: [],
    sent: () => sent,
    fault: undefined,
  };
  const server = createServer((request, response) => {
    if (remote.fault?.(request, response) === true) return;
    const expected = `Basic ${Buffer.from(`x-access-token:${TOKEN}`).toString("base64")}`;
    if (request.headers.authorization !== expected) {
      response.writeHead(401, { "www-authenticate": 'Basic realm="GitHub"' }).end();
      return;
    }
    remote.requests.push(`${request.method} ${request.url}`);
    serve(root, request, response, (bytes) => {
      sent += bytes;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return remote;
}

function serve(
  root: string,
  request: IncomingMessage,
  response: ServerResponse,
  onBytes: (bytes: number) => void,
): void {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_PROJECT_ROOT: root,
      GIT_HTTP_EXPORT_ALL: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      PATH_INFO: url.pathname,
      QUERY_STRING: url.search.slice(1),
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
      GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
      REMOTE_USER: "x-access-token",
      REMOTE_ADDR: "127.0.0.1",
    },
  });
  request.pipe(child.stdin);
  child.stdin.on("error", () => undefined);
  let head: Buffer | undefined = Buffer.alloc(0);
  child.stdout.on("data", (chunk: Buffer) => {
    onBytes(chunk.length);
    if (head === undefined) {
      response.write(chunk);
      return;
    }
    head = Buffer.concat([head, chunk]);
    const end = head.indexOf("\r\n\r\n");
    if (end === -1) return;
    const headers = head
      .subarray(0, end)
      .toString()
      .split("\r\n")
      .map((line) => line.split(/: ?(.*)/s, 2) as [string, string]);
    const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1] ?? "200";
    response.writeHead(
      Number.parseInt(status, 10),
      Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== "status")),
    );
    response.write(head.subarray(end + 4));
    head = undefined;
  });
  child.stdout.on("end", () => response.end());
}
