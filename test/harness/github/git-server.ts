/**
 * Git over http, by git's own `http-backend`: what `git fetch` and `git push` talk to. Who may is the caller's to
 * decide before; what a push changed is found by looking at the branches before and after.
 */
import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";

export interface GitRequest {
  /** Directory of the repository below the root. */
  readonly repository: string;
  /** `info/refs`, `git-upload-pack`, `git-receive-pack` */
  readonly service: string;
  readonly query: string;
  readonly root: string;
  /** Login of the one who pushes. */
  readonly user: string | undefined;
}

export interface GitAddress {
  readonly owner: string;
  readonly name: string;
  readonly service: string;
  readonly isPush: boolean;
}

/** `/owner/name.git/info/refs?service=…`; undefined for any other address. `.git` may be left out, as on GitHub. */
export function parseGitAddress(url: URL): GitAddress | undefined {
  const match = /^\/([^/]+)\/([^/]+?)(?:\.git)?\/(info\/refs|git-(?:upload|receive)-pack)$/.exec(
    url.pathname,
  );
  const [, owner, name, service] = match ?? [];
  if (owner === undefined || name === undefined || service === undefined) return undefined;
  const isPush = service === "git-receive-pack" || url.searchParams.get("service") === "git-receive-pack";
  return { owner, name, service, isPush };
}

/** Runs `git http-backend` for one request, as CGI (https://git-scm.com/docs/git-http-backend). */
export function serveGit(
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  options: GitRequest,
): Promise<void> {
  const child = spawn("git", ["http-backend"], {
    env: {
      PATH: process.env["PATH"],
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_PROJECT_ROOT: options.root,
      GIT_HTTP_EXPORT_ALL: "1",
      PATH_INFO: `/${options.repository}/${options.service}`,
      QUERY_STRING: options.query,
      REQUEST_METHOD: request.method,
      CONTENT_TYPE: request.headers["content-type"] ?? "",
      CONTENT_LENGTH: String(body.length),
      HTTP_CONTENT_ENCODING: header(request, "content-encoding"),
      GIT_PROTOCOL: header(request, "git-protocol"),
      ...(options.user === undefined ? {} : { REMOTE_USER: options.user }),
    },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(body);
  child.stderr.resume();
  response.on("close", () => child.kill());

  return new Promise((resolve, reject) => {
    let head = Buffer.alloc(0);
    let started = false;
    child.stdout.on("data", (chunk: Buffer) => {
      if (started) {
        response.write(chunk);
        return;
      }
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf("\r\n\r\n");
      if (end === -1) return;
      started = true;
      startResponse(response, head.subarray(0, end).toString("latin1"));
      response.write(head.subarray(end + 4));
    });
    child.on("error", reject);
    child.on("close", () => {
      if (!started) response.writeHead(500);
      resolve();
    });
  });
}

function startResponse(response: ServerResponse, head: string): void {
  const fields = head.split("\r\n").map((line) => line.split(/:\s*/, 2));
  const status = fields.find(([name]) => name?.toLowerCase() === "status")?.[1];
  const headers = fields.filter(([name]) => name?.toLowerCase() !== "status");
  response.writeHead(
    status === undefined ? 200 : Number.parseInt(status, 10),
    Object.fromEntries(headers.map(([name = "", value = ""]) => [name, value])),
  );
}

function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value : "";
}
