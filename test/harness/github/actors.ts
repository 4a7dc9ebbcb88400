/** Who sends a request: the App by its signed token, one of its installations, a person, or nobody. */
import { createPublicKey, verify } from "node:crypto";
import { isLogin, LOGINS, type Login, type Owner, personToken } from "./cast.ts";
import { APP } from "./emulator.ts";
import type { IssuedToken, World } from "./world.ts";

export type Actor =
  | { readonly kind: "app"; readonly jwt: string }
  | { readonly kind: "installation"; readonly owner: Owner; readonly token: IssuedToken }
  | { readonly kind: "person"; readonly login: Login }
  | { readonly kind: "anonymous" };

/** `undefined`: bad credentials. Also reads the Basic form that git uses. */
export function identify(
  authorization: string | undefined,
  world: World,
  privateKey: string,
  now: number,
): Actor | undefined {
  if (authorization === undefined) return { kind: "anonymous" };
  const token = tokenOf(authorization);
  const issued = world.tokens.get(token);
  if (issued !== undefined)
    return issued.expiresAt > now ? { kind: "installation", owner: issued.owner, token: issued } : undefined;
  const login = LOGINS.find((candidate) => personToken(candidate) === token);
  if (login !== undefined && isLogin(login)) return { kind: "person", login };
  return isAppToken(token, privateKey, now / 1000) ? { kind: "app", jwt: token } : undefined;
}

export function innerToken(actor: Actor): string | undefined {
  switch (actor.kind) {
    case "app":
      return actor.jwt;
    case "installation":
      return actor.token.inner;
    case "person":
      return personToken(actor.login);
    case "anonymous":
      return undefined;
  }
}

export function actorLogin(actor: Actor): string {
  return actor.kind === "person" ? actor.login : `${APP.slug}[bot]`;
}

function tokenOf(authorization: string): string {
  const basic = /^basic\s+(.+)$/i.exec(authorization)?.[1];
  if (basic === undefined) return authorization.replace(/^(bearer|token)\s+/i, "").trim();
  return Buffer.from(basic, "base64")
    .toString()
    .replace(/^[^:]*:/, "");
}

/** GitHub refuses tokens that live longer than ten minutes or come from the future. */
function isAppToken(token: string, privateKey: string, nowSeconds: number): boolean {
  const [header, payload, signature] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined) return false;
  const signed = verify(
    "sha256",
    Buffer.from(`${header}.${payload}`),
    createPublicKey(privateKey),
    Buffer.from(signature, "base64url"),
  );
  if (!signed) return false;
  const { iat, exp, iss } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<
    string,
    number
  >;
  const inTime =
    Number(iat) <= nowSeconds + 60 && Number(exp) > nowSeconds && Number(exp) <= nowSeconds + 660;
  return inTime && String(iss) === String(APP.id);
}
