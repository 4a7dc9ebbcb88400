/**
 * The one-time server of `modprobot setup`: shows the form that goes to GitHub, and takes the code that comes back.
 *
 * It listens on this machine alone, and its address holds a token nobody can guess. What comes back has to carry the
 * state that went out, so that nobody can slip us the code of an App of theirs; a wrong one changes nothing. The right
 * one is taken once.
 */
import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { AppManifest } from "../../domain/app-manifest.ts";
import { EnvironmentError, UserError } from "../../errors.ts";
import { listen } from "../../web/server.ts";
import { formPage, madePage, pageHeaders, troublePage } from "./setup-pages.ts";

export interface MadeApp {
  readonly name: string;
  readonly pageUrl: string;
}

export interface SetupServerOptions<T extends MadeApp> {
  /** GitHub's page; see `registrationAddress`. */
  readonly registration: string;
  readonly manifest: AppManifest;
  readonly owner: string | undefined;
  /** 0: any that is free. */
  readonly port: number;
  /** Makes an App of GitHub's code and keeps its credentials. */
  readonly complete: (code: string) => Promise<T>;
  /** Somebody came with the wrong state, or without a code. */
  readonly onRefused: (why: string) => void;
}

export interface SetupServer<T> {
  /** What a browser opens. */
  readonly url: string;
  readonly port: number;
  /** Settles once, with what `complete` gave or threw. */
  readonly outcome: Promise<T>;
  /** True from the moment a code is taken: from then on there may be an App on GitHub that has no other keeper. */
  isTaken(): boolean;
  /** Answers that are on their way still get there. */
  close(): Promise<void>;
}

/** Answers on their way when it closes. */
const CLOSE_MS = 2_000;

/** @throws EnvironmentError cannot-listen */
export async function startSetupServer<T extends MadeApp>(
  options: SetupServerOptions<T>,
): Promise<SetupServer<T>> {
  const token = secret();
  const state = secret();
  const { promise: outcome, resolve, reject } = Promise.withResolvers<T>();
  // Whoever waits for it gets it; nobody may be waiting yet.
  outcome.catch(() => undefined);
  let taken = false;
  let origin = "";
  const path = `/setup/${token}`;
  const headers = pageHeaders(new URL(options.registration).origin);

  const pages = new Hono();
  pages.use(async (context, next) => {
    await next();
    for (const [name, value] of Object.entries(headers)) context.header(name, value);
  });
  pages.get(path, (context) => {
    const action = `${options.registration}?state=${state}`;
    // Through `ssh -L` this leads the browser to its own machine, and so back here.
    const manifest = { ...options.manifest, redirect_url: `${origin}${path}/made` };
    return context.html(formPage({ manifest, action, owner: options.owner }));
  });
  pages.get(`${path}/made`, async (context) => {
    const given = context.req.query("state") ?? "";
    const code = context.req.query("code") ?? "";
    const wrong = isSame(given, state) ? codeProblem(code) : WRONG_STATE;
    if (wrong !== undefined) {
      options.onRefused(wrong);
      return context.html(troublePage("This is not what was asked for", wrong), 400);
    }
    if (taken)
      return context.html(troublePage("This was used already", "The terminal says how it ended."), 410);
    taken = true;
    try {
      const made = await options.complete(code);
      resolve(made);
      return context.html(madePage(made.name, `${made.pageUrl}/installations/new`));
    } catch (error) {
      reject(error);
      const { message, details } = inWords(error);
      return context.html(troublePage(message, details), 502);
    }
  });
  pages.notFound((context) =>
    context.html(
      troublePage("There is nothing here", "The address is the one the terminal shows, to the last letter."),
      404,
    ),
  );

  const server = createServer(getRequestListener(pages.fetch));
  const { url, close } = await listen(
    server,
    { host: "127.0.0.1", port: options.port },
    "choose another with --port, or leave it out.",
  );
  origin = url;
  return {
    url: url + path,
    port: Number(new URL(url).port),
    outcome,
    isTaken: () => taken,
    close: () => close(CLOSE_MS),
  };
}

const WRONG_STATE =
  "the answer does not belong to the form that was sent from here (its state is another one); start again from the address the terminal shows";

function codeProblem(code: string): string | undefined {
  if (code === "") return "the answer from GitHub has no code in it";
  return /^[\w-]{1,200}$/.test(code) ? undefined : "the answer from GitHub has a code that is none";
}

function secret(): string {
  return randomBytes(32).toString("base64url");
}

/** In a time that tells nothing about where they differ. */
function isSame(given: string, wanted: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(wanted)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/** Messages of ours hold no secrets; anything else stays in the terminal. */
function inWords(error: unknown): { message: string; details: string } {
  if (error instanceof EnvironmentError || error instanceof UserError) return error;
  return { message: "Something went wrong", details: "The terminal says what." };
}
