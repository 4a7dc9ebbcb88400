/**
 * The emulator behind the proxy: it keeps users, repositories, issues, comments, labels and check runs, and verifies
 * the App's signed tokens and permissions. Nothing reaches it but through `server.ts`, which knows the rest.
 */
import { createEmulator, type GeneratedSecret } from "emulate";
import { installationId, LOGINS, OWNERS, personToken } from "./cast.ts";

export const APP = { id: 421_337, slug: "modprobot", name: "modprobot" } as const;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; undefined where there is none. */
  readonly body: unknown;
}

export interface Emulator {
  /** PEM. */
  readonly privateKey: string;
  call(token: string | undefined, method: string, path: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export interface EmulatorOptions {
  readonly publicUrl: string;
  /** What an installation is granted. */
  readonly permissions: Readonly<Record<string, string>>;
  readonly events: readonly string[];
}

export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const { permissions, events } = options;
  const emulator = await createEmulator({ service: "github", port: 0, seed: seed(permissions, events) });
  // The port is only known now, so the addresses in answers are the emulator's and are rewritten.
  const ours = emulator.url.replace("localhost", "127.0.0.1");
  return {
    privateKey: privateKey(emulator.generatedSecrets),
    close: () => emulator.close(),
    async call(token, method, path, body) {
      const response = await fetch(ours + path, {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      const rewritten = text.replaceAll(emulator.url, options.publicUrl);
      return {
        status: response.status,
        headers: kept(response.headers, emulator.url, options.publicUrl),
        body: rewritten === "" ? undefined : JSON.parse(rewritten),
      };
    },
  };
}

function seed(permissions: Readonly<Record<string, string>>, events: readonly string[]) {
  return {
    tokens: Object.fromEntries(LOGINS.map((login) => [personToken(login), { login, scopes: ["repo"] }])),
    github: {
      users: LOGINS.map((login) => ({ login, name: login, email: `${login}@example.org` })),
      orgs: OWNERS.filter((owner) => owner !== "ann-admin").map((login) => ({
        login,
        members: [{ login: "ann-admin", role: "admin" }],
      })),
      apps: [
        {
          app_id: APP.id,
          slug: APP.slug,
          name: APP.name,
          permissions,
          events,
          installations: OWNERS.map((account) => ({
            installation_id: installationId(account),
            account,
            repository_selection: "all",
          })),
        },
      ],
    },
  };
}

function privateKey(secrets: readonly GeneratedSecret[]): string {
  const key = secrets.find((secret) => secret.kind === "github.app_private_key")?.value;
  if (key === undefined) throw new Error("emulate made no private key for the App");
  return key;
}

function kept(headers: Headers, from: string, to: string): Record<string, string> {
  const names = ["link", "location"];
  return Object.fromEntries(
    [...headers]
      .filter(([name]) => names.includes(name) || name.startsWith("x-ratelimit-"))
      .map(([name, value]) => [name, value.replaceAll(from, to)]),
  );
}
