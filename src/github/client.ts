/**
 * The Octokit we use: one for the App itself, one for each installation, one for a person's token.
 *
 * Octokit's retry plugin repeats any method, POST included, so creations turn it off (`call.ts`) and look first
 * for what the lost one may have made. Its throttle plugin spaces writes, but lets one begin while a slow one is under
 * way, which GitHub asks not to do; so they wait for one another here. Rate limits that hit all the same are handled in
 * `call.ts`, since the plugin waits the same time over and over and cannot be interrupted.
 */
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "octokit";
import PQueue from "p-queue";
import { EnvironmentError } from "../errors.ts";
import { operationOf } from "./operation.ts";
import type { Pace } from "./pace.ts";

/** The part of a pino logger that is used. */
export interface Log {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
}

/** For metrics: one per answer, `status` 0 where there was none. */
export interface SeenRequest {
  /** As GitHub's description calls it, see `operation.ts`. */
  readonly operation: string;
  /** Whose requests: `app`, `installation-7`, `token`. */
  readonly client: string;
  readonly status: number;
  /** The same was asked before, and came to nothing. */
  readonly isRetry: boolean;
  readonly ms: number;
  /** Of the primary limit; null where GitHub did not say. */
  readonly remaining: number | null;
}

export interface ClientOptions {
  /** `https://api.github.com`, or what an Enterprise host calls it; see `address.ts`. */
  readonly apiUrl: string;
  readonly pace: Pace;
  readonly log: Log;
  readonly onRequest?: (seen: SeenRequest) => void;
}

export interface AppCredentials {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
}

/** As the App: its installations and deliveries. */
export function appClient(credentials: AppCredentials, options: ClientOptions): Octokit {
  return client({ authStrategy: createAppAuth, auth: { ...credentials } }, "app", options);
}

export function installationClient(
  credentials: AppCredentials,
  installationId: number,
  options: ClientOptions,
): Octokit {
  return client(
    { authStrategy: createAppAuth, auth: { ...credentials, installationId } },
    `installation-${installationId}`,
    options,
  );
}

export function tokenClient(token: string, options: ClientOptions): Octokit {
  return client({ auth: token }, "token", options);
}

/** As nobody: for what GitHub tells everybody. */
export function anonymousClient(options: ClientOptions): Octokit {
  return client({}, "anonymous", options);
}

type Authentication = Pick<NonNullable<ConstructorParameters<typeof Octokit>[0]>, "auth" | "authStrategy">;

function client(authentication: Authentication, id: string, options: ClientOptions): Octokit {
  const { pace, log } = options;
  const octokit = new Octokit({
    ...authentication,
    baseUrl: options.apiUrl,
    userAgent: "modprobot",
    // Its debug lines hold whole bodies; what we want to know of a request is in `onRequest`.
    log: {
      debug: () => undefined,
      info: () => undefined,
      warn: (message: string) => log.warn({}, message),
      error: (message: string) => log.warn({}, message),
    },
    retry: { retryAfterBaseValue: pace.retryBaseMs },
    throttle: pace.throttle
      ? { id, onRateLimit: () => false, onSecondaryRateLimit: () => false }
      : { enabled: false },
  });
  const writes = new PQueue({ concurrency: 1 });
  // The last to be added is the outermost: one `fetch` for one request and all its repetitions. Every hook gets the same
  // object, whatever the one around it hands on, so it is changed in place.
  octokit.hook.wrap("request", (request, asked) => {
    const send = limitedFetch(id, options, asked.request["isRetry"] === true);
    asked.request.fetch = oneWriteAtATime(writes, send);
    return request(asked);
  });
  return octokit;
}

/** https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#avoid-concurrent-requests */
function oneWriteAtATime(writes: PQueue, send: typeof fetch): typeof fetch {
  return (input, init) => {
    const isRead = init?.method === undefined || init.method === "GET";
    // Whoever reads needs a token too.
    if (isRead || String(input).endsWith("/access_tokens")) return send(input, init);
    return writes.add(() => send(input, init));
  };
}

/** More than the longest page of a listing; an answer without end would fill the memory. */
const LONGEST_ANSWER_BYTES = 64 * 2 ** 20;

/**
 * `fetch` with a time limit that holds to the last byte. Octokit takes a body that breaks off for an empty one, so
 * it is read here, where breaking off is an error.
 */
function limitedFetch(
  client: string,
  { apiUrl, pace, onRequest }: ClientOptions,
  wasTried = false,
): typeof fetch {
  let tried = wasTried;
  return async (input, init) => {
    const isRetry = tried;
    tried = true;
    const started = performance.now();
    const limit = AbortSignal.timeout(pace.timeoutMs);
    const signal = init?.signal == null ? limit : AbortSignal.any([init.signal, limit]);
    const seen = (status: number, headers?: Headers) => {
      const remaining = headers?.get("x-ratelimit-remaining") ?? null;
      onRequest?.({
        operation: operationOf(init?.method ?? "GET", String(input), apiUrl),
        client,
        status,
        isRetry,
        ms: performance.now() - started,
        remaining: remaining === null ? null : Number(remaining),
      });
    };
    try {
      // Looked up at each call, so that tests can put their own in its place.
      const response = await globalThis.fetch(input, { ...init, signal });
      const body = await readAll(response);
      seen(response.status, response.headers);
      requireJson(response.status, body);
      return copyOf(response, body);
    } catch (error) {
      if (!(error instanceof UnreadableAnswer)) seen(0);
      throw error;
    }
  };
}

/** Octokit makes a request without an answer of it, which is tried again. */
class UnreadableAnswer extends Error {}

/** Octokit hands on whatever is no JSON as text, and everything behind it trips over that. */
function requireJson(status: number, body: Buffer): void {
  if (status !== 200 && status !== 201) return;
  try {
    JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new UnreadableAnswer("the answer is cut off or is no JSON", { cause });
  }
}

async function readAll(response: Response): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > LONGEST_ANSWER_BYTES) {
      throw new EnvironmentError(
        "github-refused",
        `an answer from GitHub has more than ${LONGEST_ANSWER_BYTES / 2 ** 20} MiB`,
        "Look for a proxy between here and GitHub.",
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function copyOf(response: Response, body: Buffer): Response {
  const { status, statusText, headers } = response;
  const hasBody = ![204, 205, 304].includes(status);
  const copy = new Response(hasBody ? new Uint8Array(body) : null, { status, statusText, headers });
  Object.defineProperty(copy, "url", { value: response.url });
  return copy;
}
