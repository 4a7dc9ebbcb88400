/**
 * Settings of the App from environment variables: read once, all mistakes told at once, each with how to get it right.
 *
 * Variables are handed in, so that this can be tested; `env.ts` hands in the real ones. A secret is given as it is or
 * as a file (`NAME_FILE`), which is how systemd, Docker and Kubernetes keep secrets out of the environment. Nothing here
 * is ever shown: a message names the variable and says what is wrong with it, never its value.
 */
import { createPrivateKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { z } from "zod";
import { UserError } from "../errors.ts";
import type { SecretName, VariableName } from "./variables.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export interface GitHubSettings {
  readonly appId: number;
  /** PEM. */
  readonly privateKey: string;
  /** Of an Enterprise host; undefined: github.com. */
  readonly host: string | undefined;
  /** Of a stand-in on this machine, for tests. */
  readonly apiUrl: string | undefined;
}

export interface WorkerSettings {
  readonly github: GitHubSettings;
  /** Of PostgreSQL; undefined: the embedded database. */
  readonly databaseUrl: string | undefined;
  /** Undefined: the command line's default. */
  readonly dataDirectory: string | undefined;
  /** Where people reach our pages, without a slash at its end; undefined: no links to them. */
  readonly publicUrl: string | undefined;
  /** Where people say that a finding is wrong; undefined: no link to it. */
  readonly falseAlarmUrl: string | undefined;
  readonly logLevel: LogLevel;
  readonly metricsHost: string;
  /** Undefined: the default; 0: any free port. */
  readonly metricsPort: number | undefined;
}

export interface ServeSettings extends WorkerSettings {
  /** The first is today's; deliveries signed with any of them are taken. */
  readonly webhookSecrets: readonly [string, ...string[]];
  readonly host: string;
  readonly port: number;
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** A comment has room for it (`report/comment-body.ts`). */
const LONGEST_LINK = 300;

/** Shorter ones can be guessed from one recorded delivery. */
const SHORTEST_SECRET = 16;

const DATABASE_URL =
  "Set it to postgresql://user:password@host/database, or leave it out for the embedded database.";
/** Sockets are addressed without a host, which `URL` refuses: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
const POSTGRES_URL = /^postgres(?:ql)?:\/\/[^\s/?#]*(?:[/?][^\s]*)?$/;

/** @throws UserError app-settings */
export function parseWorkerSettings(variables: Variables): WorkerSettings {
  const reader = createReader(variables);
  const settings = readWorker(reader);
  reader.finish();
  return settings;
}

/** @throws UserError app-settings */
export function parseServeSettings(variables: Variables): ServeSettings {
  const reader = createReader(variables);
  const settings = {
    ...readWorker(reader),
    webhookSecrets: readWebhookSecrets(reader),
    host: reader.text("HOST") ?? "127.0.0.1",
    port: reader.port("PORT") ?? 3000,
  };
  reader.finish();
  return settings;
}

/** Settings as far as they are right, for whoever goes on without the others. */
export interface InspectedSettings {
  /** One a line, as in the errors above. */
  readonly problems: readonly string[];
  /** False: nothing of the App is set, and nothing of it is to be expected here. */
  readonly isApp: boolean;
  /** Undefined where a part of them is missing or wrong. */
  readonly credentials: { readonly appId: number; readonly privateKey: string } | undefined;
  /** The file the key comes from, where it comes from one. */
  readonly privateKeyFile: string | undefined;
  /** Workers have none. */
  readonly webhookSecrets: readonly string[] | undefined;
  readonly webhookProblems: readonly string[];
  readonly settings: WorkerSettings;
}

const OF_THE_APP = [
  "APP_ID",
  "PRIVATE_KEY",
  "PRIVATE_KEY_FILE",
  "PRIVATE_KEY_PATH",
  "WEBHOOK_SECRET",
  "WEBHOOK_SECRET_FILE",
] as const satisfies readonly ReadName[];

/** Throws nothing. */
export function inspectSettings(variables: Variables): InspectedSettings {
  const reader = createReader(variables);
  const settings = readWorker(reader);
  const isApp = OF_THE_APP.some((name) => reader.text(name) !== undefined);
  const isComplete = !(["APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_PATH"] as const).some((name) =>
    reader.complainedAbout(name),
  );
  const hook = createReader(variables);
  const isGiven = [hook.text("WEBHOOK_SECRET"), hook.text("WEBHOOK_SECRET_FILE")].some(
    (text) => text !== undefined,
  );
  const webhookSecrets = isGiven ? readWebhookSecrets(hook) : undefined;
  const { appId, privateKey } = settings.github;
  return {
    problems: reader.problems(),
    isApp,
    credentials: isComplete ? { appId, privateKey } : undefined,
    privateKeyFile: reader.text("PRIVATE_KEY_PATH") ?? reader.text("PRIVATE_KEY_FILE"),
    webhookSecrets,
    webhookProblems: hook.problems(),
    settings,
  };
}

function readWorker(reader: Reader): WorkerSettings {
  return {
    github: {
      appId: readAppId(reader),
      privateKey: readPrivateKey(reader),
      host: reader.text("GHE_HOST"),
      apiUrl: reader.text("MODPROBOT_GITHUB_API_URL"),
    },
    databaseUrl: readDatabaseUrl(reader),
    dataDirectory: reader.parsed(
      "MODPROBOT_DATA",
      z.string().startsWith("/"),
      "Set it to the absolute path of a directory that modprobot may write to.",
    ),
    publicUrl: readPublicUrl(reader),
    falseAlarmUrl: reader.parsed(
      "FALSE_ALARM_URL",
      z.url({ protocol: /^https?$/ }).max(LONGEST_LINK),
      `Set it to the whole address, of at most ${LONGEST_LINK} characters, that opens a new issue in your tracker.`,
    ),
    logLevel:
      reader.parsed("LOG_LEVEL", z.enum(LOG_LEVELS), `Set it to one of ${LOG_LEVELS.join(", ")}.`) ?? "info",
    metricsHost: reader.text("METRICS_HOST") ?? "127.0.0.1",
    metricsPort: reader.port("METRICS_PORT"),
  };
}

/** The password may come by itself: one secret file then serves the database's container and ours. */
function readDatabaseUrl(reader: Reader): string | undefined {
  const url = reader.parsed(
    "DATABASE_URL",
    z.string().regex(POSTGRES_URL),
    DATABASE_URL,
    reader.secret("DATABASE_URL"),
  );
  const password = reader.secret("DATABASE_PASSWORD");
  if (password === undefined || url === undefined) {
    if (password !== undefined && !reader.complainedAbout("DATABASE_URL"))
      reader.problem("DATABASE_PASSWORD", "is set without DATABASE_URL", DATABASE_URL);
    return url;
  }
  const whole = URL.parse(url);
  if (whole === null) {
    reader.problem("DATABASE_PASSWORD", "cannot be put into an address without a host", DATABASE_URL);
    return url;
  }
  whole.password = encodeURIComponent(password);
  return whole.href;
}

function readAppId(reader: Reader): number {
  const advice =
    'It is the number called "App ID" on the App\'s page: GitHub → Settings → Developer settings → GitHub Apps.';
  const value = reader.required("APP_ID", advice);
  if (value === undefined) return 0;
  if (/^[1-9]\d{0,14}$/.test(value)) return Number(value);
  reader.problem("APP_ID", "is no number", advice);
  return 0;
}

const KEY_ADVICE =
  'Make one on the App\'s page under "Private keys" and name its file in PRIVATE_KEY_PATH, or put its text into PRIVATE_KEY.';

function readPrivateKey(reader: Reader): string {
  const path = reader.text("PRIVATE_KEY_PATH");
  const name = path === undefined ? "PRIVATE_KEY" : "PRIVATE_KEY_PATH";
  const value = path === undefined ? reader.secret("PRIVATE_KEY") : reader.file(name, path);
  if (value === undefined) {
    if (!reader.complainedAbout("PRIVATE_KEY")) reader.problem("PRIVATE_KEY", "is missing", KEY_ADVICE);
    return "";
  }
  const pem = asPem(value);
  if (isRsaKey(pem)) return pem;
  reader.problem(name, "holds no RSA private key", KEY_ADVICE);
  return "";
}

/** One line with `\n` in it and base64 are what people make of a PEM to get it into a variable. */
function asPem(value: string): string {
  const text = value.replaceAll("\\n", "\n").trim();
  return text.startsWith("-----BEGIN") ? text : Buffer.from(text, "base64").toString("utf8").trim();
}

function isRsaKey(pem: string): boolean {
  try {
    return createPrivateKey(pem).asymmetricKeyType === "rsa";
  } catch {
    return false;
  }
}

function readWebhookSecrets(reader: Reader): [string, ...string[]] {
  const advice =
    'Make one with `openssl rand -hex 32`; set it here and on the App\'s page under "Webhook secret".';
  const now = reader.secret("WEBHOOK_SECRET");
  const previous = reader.secret("WEBHOOK_SECRET_PREVIOUS");
  if (now === undefined) {
    if (!reader.complainedAbout("WEBHOOK_SECRET")) reader.problem("WEBHOOK_SECRET", "is missing", advice);
  } else complainOfWeakness("WEBHOOK_SECRET", now);
  if (previous !== undefined) complainOfWeakness("WEBHOOK_SECRET_PREVIOUS", previous);
  return previous === undefined ? [now ?? ""] : [now ?? "", previous];

  function complainOfWeakness(name: VariableName, secret: string) {
    // Probot's own default, which everybody knows.
    if (secret === "development") reader.problem(name, 'is "development", which is no secret', advice);
    else if (secret.length < SHORTEST_SECRET)
      reader.problem(name, `has fewer than ${SHORTEST_SECRET} characters`, advice);
  }
}

function readPublicUrl(reader: Reader): string | undefined {
  const advice =
    "Set it to what people's browsers reach this server under, such as https://modprobot.example.org.";
  const url = reader.parsed("PUBLIC_URL", z.url({ protocol: /^https?$/ }), advice);
  return url?.replace(/\/+$/, "");
}

type ReadName = VariableName | `${SecretName}_FILE`;

interface Reader {
  /** Empty is as good as missing: compose files and unit files set variables to nothing. */
  text(name: ReadName): string | undefined;
  /** From `NAME` or the file that `NAME_FILE` names. */
  secret(name: SecretName): string | undefined;
  file(name: ReadName, path: string): string | undefined;
  required(name: VariableName, advice: string): string | undefined;
  port(name: VariableName): number | undefined;
  /** @param value where it is not simply the text of the variable */
  parsed<T>(name: VariableName, schema: z.ZodType<T>, advice: string, value?: string): T | undefined;
  problem(name: ReadName, what: string, advice: string): void;
  complainedAbout(name: VariableName): boolean;
  problems(): readonly string[];
  finish(): void;
}

function createReader(variables: Variables): Reader {
  const problems: string[] = [];
  const names = new Set<string>();

  const problem: Reader["problem"] = (name, what, advice) => {
    names.add(name.replace(/_FILE$/, ""));
    problems.push(`${name} ${what}. ${advice}`);
  };
  const text: Reader["text"] = (name) => {
    const value = variables[name]?.trim();
    return value === "" ? undefined : value;
  };
  const file: Reader["file"] = (name, path) => {
    try {
      return readFileSync(path, "utf8").trim();
    } catch (error) {
      const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
      problem(name, `names a file that cannot be read${code}`, "Check the path and who may read it.");
      return undefined;
    }
  };
  const secret: Reader["secret"] = (name) => {
    const path = text(`${name}_FILE`);
    if (path === undefined) return text(name);
    const value = file(`${name}_FILE`, path);
    return value === "" ? undefined : value;
  };

  return {
    text,
    secret,
    file,
    problem,
    required(name, advice) {
      const value = text(name);
      if (value === undefined) problem(name, "is missing", advice);
      return value;
    },
    port(name) {
      const value = text(name);
      if (value === undefined || /^\d{1,5}$/.test(value)) {
        if (value === undefined || Number(value) <= 65_535)
          return value === undefined ? undefined : Number(value);
      }
      problem(name, "is no port", "Set it to a number from 0 to 65535; 0 takes any that is free.");
      return undefined;
    },
    parsed(name, schema, advice, value = text(name)) {
      if (value === undefined) return undefined;
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      problem(name, "cannot be used", advice);
      return undefined;
    },
    complainedAbout: (name) => names.has(name),
    problems: () => problems,
    finish() {
      if (problems.length === 0) return;
      const count = problems.length === 1 ? "one setting is" : `${problems.length} settings are`;
      throw new UserError("app-settings", `${count} missing or wrong`, problems.join("\n"));
    },
  };
}
