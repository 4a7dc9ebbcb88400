/**
 * Reads what `walker.nix` says: one line of the evaluator's standard error at a time.
 *
 * What trips people up: the package set can trace lines of its own that look like the walker's. Only lines with the
 * nonce count, which the package set cannot know; even so every value in them was chosen by it, so paths are checked to be
 * store paths before they are believed.
 */
import { z } from "zod";
import type { AttrDerivation, AttrResult, SourcePosition } from "../domain/evaluation.ts";
import { CHECKOUT_INSIDE } from "./jail.ts";
import { isDrvPath, isStorePath } from "./store-path.ts";

/** An attribute's components as Nix's own `toJSON` wrote them; goes back into `known` unchanged. */
export type AttrIdentity = string;

const about = z.object({
  id: z.string(),
  position: z.string().nullable(),
  maintainers: z.array(z.string()),
});
const derivation = z.object({
  id: z.string(),
  value: z.object({
    drvPath: z.string(),
    name: z.string(),
    system: z.string(),
    outputs: z.array(z.tuple([z.string(), z.string()])),
  }),
});
const bare = z.object({ id: z.string() });
const PAYLOADS = {
  begin: bare,
  thrown: bare,
  other: bare,
  set: bare,
  deep: bare,
  derivation,
  about,
  type: z.object({ id: z.string(), type: z.string() }),
  end: z.object({}),
} as const;

export type WalkStatement = {
  [Kind in keyof typeof PAYLOADS]: { readonly kind: Kind } & z.infer<(typeof PAYLOADS)[Kind]>;
}[keyof typeof PAYLOADS];

/** Ours by its nonce, and not to be read: cut, since some value in it is larger than a line may be. */
export interface UnreadableStatement {
  readonly kind: "unreadable";
}

/** `undefined`: not a line of the walker. */
export function readStatement(nonce: string, line: string): WalkStatement | UnreadableStatement | undefined {
  const prefix = `trace: ${nonce} `;
  if (!line.startsWith(prefix)) return undefined;
  const space = line.indexOf(" ", prefix.length);
  const kind = line.slice(prefix.length, space);
  if (!isKind(kind)) return { kind: "unreadable" };
  const payload = PAYLOADS[kind].safeParse(parseJson(line.slice(space + 1)));
  return payload.success ? ({ kind, ...payload.data } as WalkStatement) : { kind: "unreadable" };
}

function isKind(word: string): word is keyof typeof PAYLOADS {
  return Object.hasOwn(PAYLOADS, word);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Components of an identity; `undefined` where it is none. */
export function componentsOf(id: AttrIdentity): string[] | undefined {
  const read = z.array(z.string()).safeParse(parseJson(id));
  return read.success ? read.data : undefined;
}

/** A derivation as the walker describes it, or the error that its description is. */
export function attrDerivation(statement: Extract<WalkStatement, { kind: "derivation" }>): AttrResult {
  const { drvPath, name, system, outputs } = statement.value;
  if (!isDrvPath(drvPath)) return fault(`its drvPath ${JSON.stringify(drvPath)} is not that of a derivation`);
  const alien = outputs.find(([, path]) => !isStorePath(path));
  if (alien !== undefined) return fault(`its output ${JSON.stringify(alien[0])} is not a store path`);
  if (outputs.length === 0) return fault("it has no outputs");
  return { ok: true, drv: drvPath, outputs: Object.fromEntries(outputs), name, system };
}

const fault = (error: string): AttrResult => ({ ok: false, error, cause: "fatal" });

/** The same derivation, with where it is written and who looks after it. */
export function withAbout(
  attr: AttrDerivation,
  statement: Extract<WalkStatement, { kind: "about" }>,
): AttrDerivation {
  const position = sourcePosition(statement.position);
  const maintainers = [...new Set(statement.maintainers)].sort();
  return {
    ...attr,
    ...(position === undefined ? {} : { position }),
    ...(maintainers.length === 0 ? {} : { maintainers }),
  };
}

/**
 * `/src/pkgs/a.nix:12` below the checkout, or `pkgs/a.nix:12` where a package set makes its positions relative to
 * itself; positions elsewhere (Nix's own files) are nobody's recipe.
 */
function sourcePosition(position: string | null): SourcePosition | undefined {
  const match = /^([^\n\0]+):([1-9][0-9]{0,8})$/.exec(position ?? "");
  const file = match?.[1];
  if (file === undefined) return undefined;
  const relative = file.startsWith(`${CHECKOUT_INSIDE}/`) ? file.slice(CHECKOUT_INSIDE.length + 1) : file;
  if (relative.startsWith("/") || relative.split("/").includes("..")) return undefined;
  return { file: relative, line: Number(match?.[2]) };
}
