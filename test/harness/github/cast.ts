/**
 * Who there is on the fake GitHub: the emulator takes its people when it starts, so they are the same in every story.
 * Each person's login says what they may do on a repository unless a test sets it otherwise.
 */
import { randomBytes } from "node:crypto";

/** GitHub's `role_name`: built-in roles, or the name of a custom one. */
export type Role = "none" | "read" | "triage" | "write" | "maintain" | "admin";

export const PEOPLE = {
  "ann-admin": "admin",
  "max-maintain": "maintain",
  "wim-write": "write",
  "tim-triage": "triage",
  "rob-read": "read",
  "eve-stranger": "none",
  "fay-forker": "none",
} as const satisfies Readonly<Record<string, Role>>;
export type Login = keyof typeof PEOPLE;
export const LOGINS = Object.keys(PEOPLE) as readonly Login[];

/** Owners that repositories can belong to and the App can be installed on; `ann-admin` is a person. */
export const OWNERS = ["kernel-org", "other-org", "ann-admin"] as const;
export type Owner = (typeof OWNERS)[number];

export function isLogin(login: string): login is Login {
  return login in PEOPLE;
}

/** GitHub's installation of the App on an owner, once it is installed. */
export function installationId(owner: Owner): number {
  return 40_000_001 + OWNERS.indexOf(owner);
}

/** Everybody's stable number, which the emulator would give differently to a bot and to whom it made first. */
export function userId(login: string): number {
  const person = LOGINS.indexOf(login as Login);
  if (person !== -1) return 800_001 + person;
  const owner = OWNERS.indexOf(login as Owner);
  return owner === -1 ? 700_001 : 900_001 + owner;
}

export function userType(login: string): "User" | "Bot" | "Organization" {
  if (login.endsWith("[bot]")) return "Bot";
  return !isLogin(login) && OWNERS.includes(login as Owner) ? "Organization" : "User";
}

export function personToken(login: Login): string {
  return `ghp_${login.replaceAll("-", "")}${"0".repeat(24)}`;
}

/**
 * An installation token of today's kind: about 520 characters with dots, dashes and underscores, so that what redacts
 * or stores tokens is tested on what GitHub really gives out.
 */
export function longToken(appId: number): string {
  const part = (bytes: number) => randomBytes(bytes).toString("base64url");
  return `ghs_${appId}_${part(48)}.${part(240)}-_.${part(64)}`.slice(0, 520);
}
