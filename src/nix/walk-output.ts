/**
 * Reads what `walker.nix` says: one line of the evaluator's standard error at a time.
 *
 * What trips people up: the package set can trace lines of its own that look like the walker's. Only lines with the
 * nonce count, which the package set cannot know; even so every value in them was chosen by it, so paths are checked to be
 * store paths before they are believed.
 */
import type { AttrDerivation, AttrResult, SourcePosition } from "../domain/evaluation.ts";
import { CHECKOUT_INSIDE } from "./jail.ts";
import { isDrvPath, isStorePath } from "./store-path.ts";

/** An attribute, by the names on the way to it. */
export type AttrComponents = readonly string[];

/** What Nix calls a derivation. */
export interface DescribedDerivation {
  readonly drvPath: string;
  readonly name: string;
  readonly system: string;
  readonly outputs: readonly (readonly [name: string, path: string])[];
}

/** What a derivation says of itself, and is worth nothing for building it. */
export interface AboutDerivation {
  readonly position: string | null;
  readonly maintainers: readonly string[];
  readonly kernel?: true;
}

interface Placed {
  /** The place of the name at the root that it is in, among all of them. */
  readonly at: number;
  readonly path: AttrComponents;
}

export type PlacedStatement = Placed &
  (
    | { readonly kind: "begin" | "thrown" | "other" | "deep" }
    | { readonly kind: "set"; readonly size: number }
    | { readonly kind: "derivation"; readonly value: DescribedDerivation; readonly about?: AboutDerivation }
    | { readonly kind: "about"; readonly about: AboutDerivation }
    | { readonly kind: "type"; readonly type: string }
  );

export type WalkStatement =
  | PlacedStatement
  /** How many names the root has, and a hash of them. */
  | { readonly kind: "names"; readonly count: number; readonly digest: string }
  | WithheldStatement
  | { readonly kind: "end" };

/** See `withheld/`. */
export interface WithheldStatement {
  readonly kind: WithheldWord;
}

/** A withheld file was met; they were all read; something failed; it was tried once more. */
export type WithheldWord = "met" | "ready" | "tried" | "again";

/** Ours by its nonce, and not to be read: cut, since some value in it is larger than a line may be. */
export interface UnreadableStatement {
  readonly kind: "unreadable";
}

/** `undefined`: not a line of the walker. */
export function readStatement(nonce: string, line: string): WalkStatement | UnreadableStatement | undefined {
  const prefix = `trace: ${nonce} `;
  if (!line.startsWith(prefix)) return undefined;
  const space = line.indexOf(" ", prefix.length);
  const payload = parseJson(line.slice(space + 1));
  return (
    (isRecord(payload) ? asStatement(line.slice(prefix.length, space), payload) : undefined) ?? UNREADABLE
  );
}

const UNREADABLE: UnreadableStatement = { kind: "unreadable" };

// Checked by hand: a schema library takes ten times as long, and there are tens of thousands of these.
type Payload = Readonly<Record<string, unknown>>;

function asStatement(kind: string, payload: Payload): WalkStatement | undefined {
  if (kind === "end" || isWithheldWord(kind)) return { kind };
  if (kind === "names") return asNames(payload);
  const { at, path } = payload;
  if (!isCount(at) || !isTexts(path)) return undefined;
  switch (kind) {
    case "begin":
    case "thrown":
    case "other":
    case "deep":
      return { kind, at, path };
    case "set":
      return isCount(payload["size"]) ? { kind, at, path, size: payload["size"] } : undefined;
    case "type":
      return typeof payload["type"] === "string" ? { kind, at, path, type: payload["type"] } : undefined;
    case "about": {
      const about = asAbout(payload);
      return about && { kind, at, path, about };
    }
    case "derivation": {
      const { value } = payload;
      const about = asAbout(payload);
      return isDescribed(value) ? { kind, at, path, value, ...(about && { about }) } : undefined;
    }
    default:
      return undefined;
  }
}

export const isOfWithheld = <Said extends { readonly kind: string }>(
  said: Said,
): said is Extract<Said, WithheldStatement> => isWithheldWord(said.kind);

const isWithheldWord = (kind: string): kind is WithheldWord =>
  kind === "met" || kind === "ready" || kind === "tried" || kind === "again";

function asNames({ count, digest }: Payload): WalkStatement | undefined {
  return isCount(count) && typeof digest === "string" ? { kind: "names", count, digest } : undefined;
}

function asAbout({ position, maintainers, kernel }: Payload): AboutDerivation | undefined {
  if ((position !== null && typeof position !== "string") || !isTexts(maintainers)) return undefined;
  return { position, maintainers, ...(kernel === true && { kernel }) };
}

function isDescribed(value: unknown): value is DescribedDerivation {
  if (!isRecord(value)) return false;
  const { drvPath, name, system, outputs } = value;
  const texts = typeof drvPath === "string" && typeof name === "string" && typeof system === "string";
  return texts && Array.isArray(outputs) && outputs.every((one) => isTexts(one) && one.length === 2);
}

const isRecord = (value: unknown): value is Payload => typeof value === "object" && value !== null;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((one) => typeof one === "string");

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A derivation as the walker describes it, or the error that its description is. */
export function attrDerivation({ drvPath, name, system, outputs }: DescribedDerivation): AttrResult {
  if (!isDrvPath(drvPath)) return fault(`its drvPath ${JSON.stringify(drvPath)} is not that of a derivation`);
  const alien = outputs.find(([, path]) => !isStorePath(path));
  if (alien !== undefined) return fault(`its output ${JSON.stringify(alien[0])} is not a store path`);
  if (outputs.length === 0) return fault("it has no outputs");
  return { ok: true, drv: drvPath, outputs: Object.fromEntries(outputs), name, system };
}

const fault = (error: string): AttrResult => ({ ok: false, error, cause: "fatal" });

/** The same derivation, with where it is written and who looks after it. */
export function withAbout(attr: AttrDerivation, about: AboutDerivation): AttrDerivation {
  const position = sourcePosition(about.position);
  const maintainers = [...new Set(about.maintainers)].sort();
  return {
    ...attr,
    ...(position === undefined ? {} : { position }),
    ...(maintainers.length === 0 ? {} : { maintainers }),
    ...(about.kernel === true ? { kernel: true } : {}),
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
